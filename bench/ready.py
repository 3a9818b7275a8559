"""Getting the solver ready before a clock runs."""

from importlib import import_module


def ready() -> bool:
    """Whether the compiled solver is ready in this process; loads it, and compiles it once where it has to."""
    try:
        kernel = import_module("routing.kernel")
        import_module("routing.solver.master").load()
    except ImportError:
        return False
    return bool(kernel.load())
