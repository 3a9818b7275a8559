"""What can go wrong before any planning starts."""


class BadProblem(ValueError):
    """The routing problem contradicts itself."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        """Keep every finding, a sentence each; the message is all of them."""
        self.findings = findings
        super().__init__("; ".join(findings) or self.__doc__)
