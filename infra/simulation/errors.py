"""What can go wrong in a simulation; each says what did."""


class SimulationFailed(Exception):
    """The simulation did not come out as it must."""


class Refused(SimulationFailed):
    """The program answered a request with an error."""

    def __init__(self, method: str, path: str, status: int, detail: str) -> None:
        super().__init__(f"{method} {path} was answered {status}: {detail}")
        self.status = status
        self.detail = detail


class DoesNotAddUp(SimulationFailed):
    """What was sent in and what the program shows at the end do not agree."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("The evening does not add up:\n" + "\n".join(f"- {finding}" for finding in findings))
        self.findings = findings
