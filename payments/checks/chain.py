"""Whether each entry says what it said when it was recorded, and follows the one before."""

from collections.abc import Iterator

from payments import ledger
from payments.books import GENESIS, Booked
from payments.checks.rules import Finding
from payments.errors import MoneyFault
from payments.ledger import Entry


class Chain:
    """Follows the hashes, over entries that can be read and entries that no longer can."""

    def __init__(self, last_id: int = 0, last_hash: str = GENESIS) -> None:
        self.last_id = last_id
        self.last_hash = last_hash

    def follow(self, each: Booked, entry: Entry | None) -> Iterator[Finding]:
        """What is wrong with the link to this entry, or with the entry itself; None where it can be read no more."""
        if each.id != self.last_id + 1:
            missing = f"{self.last_id + 1} to {each.id - 1}"
            yield Finding("chain", each.id, f"{each.key}: entries {missing} before it are gone")
        if each.prev_hash != self.last_hash:
            yield Finding(
                "chain",
                each.id,
                f"{each.key} does not follow entry {self.last_id} as it stands: one was changed",
            )
        if each.size != len(each.postings):
            yield Finding(
                "chain", each.id, f"{each.key} had {each.size} postings, and has {len(each.postings)}"
            )
        if entry is None or not _as_recorded(each, entry):
            yield Finding("chain", each.id, f"{each.key} is not as it was recorded")
        self.last_id, self.last_hash = each.id, each.hash


def intact(each: Booked) -> bool:
    """Whether an entry's digest and hash are those of what it says."""
    try:
        return _as_recorded(each, each.entry)
    except (MoneyFault, ValueError, TypeError):
        return False


def _as_recorded(each: Booked, entry: Entry) -> bool:
    body = ledger.digest(entry)
    try:
        return each.body == body and each.hash == ledger.chain(each.prev_hash, each.id, body, each.recorded)
    except (ValueError, TypeError):
        return False
