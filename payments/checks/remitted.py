"""Whether what is said to be paid on for others is what the books say."""

from collections.abc import Iterable
from datetime import datetime

from payments import remittances
from payments.checks.rules import Finding, Rule


class Remitted(Rule):
    """Every remittance beside its entry, whenever it was made."""

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """The remittances the books do not bear out."""
        return (
            Finding("remittance", entry_id, words) for entry_id, words in remittances.faults(self.session)
        )
