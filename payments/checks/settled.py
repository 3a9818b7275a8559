"""Whether what was settled with restaurants is as it was issued, and is what the books say."""

from collections.abc import Iterable
from datetime import datetime

from payments import settlements
from payments.checks.rules import Finding, Rule


class Settled(Rule):
    """Every settlement beside the lines of its restaurant, whenever it was made."""

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """The settlements the books do not bear out."""
        return (Finding("settlement", None, words) for words in settlements.faults(self.session))
