"""Whether what the payouts say is what the books say."""

from collections.abc import Iterable
from datetime import datetime

from payments import payouts
from payments.checks.rules import Finding, Rule


class Paid(Rule):
    """Every payout beside its holds, whenever it was made."""

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """The payouts the books do not bear out."""
        return (Finding("payout", entry_id, words) for entry_id, words in payouts.faults(self.session))
