"""Whether what undoes an entry is its mirror image."""

from collections.abc import Iterable

from payments import books, ledger
from payments.books import Booked
from payments.checks.rules import Finding, Rule
from payments.errors import MoneyFault
from payments.ledger import Entry


class Reversals(Rule):
    """A reversal undoes an entry before it, exactly."""

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Whether this entry, where it is a reversal, mirrors what it names."""
        if entry.reverses is None:
            return
        original = books.entry_by_key(self.session, entry.reverses)
        if original is None or original.id >= booked.id:
            yield Finding(
                "reversal", booked.id, f"{entry.key} undoes {entry.reverses}, which is not there before it"
            )
            return
        try:
            mirror = ledger.reversal(original.entry, key=entry.key, at=entry.at, why=entry.why)
        except (MoneyFault, ValueError, TypeError):
            mirror = None
        if mirror != entry:
            yield Finding("reversal", booked.id, f"{entry.key} does not mirror {entry.reverses}")
