"""`make bench`: run a benchmark by name, or list them."""

import sys
from importlib import import_module
from pathlib import Path

BENCHES = {
    "mdrp": "days of the Grubhub meal delivery routing benchmark, by the official rules",
    "snapshots": "one plan of 30 to 2,000 open orders, beside other solvers in equal time",
    "fairness": "what evenness costs, and what it brings",
    "scaling": "time, memory and re-planning at 100, 500 and 2,000 open orders",
    "ledger": "entries posted per second, and what looking costs, at 10^4 to 10^6 entries",
    "texts": "from an offer's row to the text on its phone, in a real server by the real clock",
}


def main(words: list[str]) -> int:
    """The bench named first with the flags after it, imported only then; with none, the benches there are."""
    if not words or words[0] not in BENCHES:
        sys.stdout.write('make bench ARGS="NAME FLAGS", where NAME is one of:\n')
        for name, what in BENCHES.items():
            sys.stdout.write(f"  {name:10} {what}\n")
        data = Path("../shared/data/mdrplib")
        example = data / "0o50t100s1p100" if data.is_dir() else Path("DIR")
        sys.stdout.write(f'For example: make bench ARGS="mdrp {example} --workers 2"\n')
        return 0 if not words else 2
    return int(import_module(f"bench.{words[0]}").main(words[1:]) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
