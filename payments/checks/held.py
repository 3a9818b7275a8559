"""Whether what is held comes there by a hold, goes by its one end, and is not forgotten."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session

from payments import books, ledger
from payments.books import Booked
from payments.checks.rules import Finding, Rule, Since
from payments.errors import MoneyFault
from payments.ledger import Entry, Hold, holds

# A hold that has run out is let go by a job; one still open after so long was forgotten.
NOTICED = timedelta(hours=1)


class Held(Rule):
    """The holds that are open as the entries are read."""

    def __init__(self, session: Session, since: Since) -> None:
        super().__init__(session, since)
        self._open: dict[str, tuple[int, Hold]] = {}
        self._ended: dict[str, str] = {}
        self._latest: datetime | None = None

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Whether this entry, where it moves what is held, opens a hold or is the one end of one."""
        self._latest = max(filter(None, (self._latest, _recorded(booked))), default=None)
        if not ledger.touches(entry):
            return
        if all(ledger.is_held(posting.destination) for posting in entry.postings) and not entry.reverses:
            try:
                self._open[entry.key] = booked.id, holds.read(entry)
            except MoneyFault as fault:
                yield Finding("hold", booked.id, f"{fault}, and moves what is held")
            return
        yield from self._end(booked, entry)

    def _end(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        key = entry.reverses or holds.holds_key(entry.key) or entry.key.rpartition(":")[0]
        if key in self._ended:
            yield Finding("hold", booked.id, f"{entry.key} ends {key} again: {self._ended[key]} ended it")
            return
        if key not in self._open and not self._before(key, booked):
            yield Finding("hold", booked.id, f"{entry.key} moves what is held, and there is no hold it ends")
            return
        _, hold = self._open.pop(key)
        self._ended[key] = entry.key
        taken = -ledger.balances([entry]).get((holds.held(hold.source), entry.unit), 0)
        if taken > hold.amount:
            yield Finding("hold", booked.id, f"{entry.key} posts {taken} of {key}, which holds {hold.amount}")
            return
        try:
            holds.resolution(hold, entry)
        except MoneyFault:
            yield Finding("hold", booked.id, f"{entry.key} does not end {key} as a hold may end")

    def _before(self, key: str, ending: Booked) -> bool:
        """Whether a hold was open when this reading began, which `ending` is to end; then it is noted as such."""
        opening = books.entry_by_key(self.session, key)
        if opening is None or opening.id > self.since.entry_id:
            return False
        other = books.entry_by_key(self.session, holds.resolved_key(key))
        try:
            hold = holds.read(opening.entry)
        except (MoneyFault, ValueError, TypeError):
            return False
        if other is not None and other.id < ending.id:
            return False
        self._open[key] = opening.id, hold
        return True

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """The holds that ran out an hour before `now`, or before the last entry was recorded."""
        now = now or self._latest
        if self.since.entry_id:
            standing = books.holds.open_holds(self.session)
            self._open |= {
                each.hold.key: (each.entry_id, each.hold)
                for each in standing
                if each.entry_id <= self.since.entry_id
            }
        for key, (entry_id, hold) in self._open.items():
            if now is not None and hold.expires_at + NOTICED <= now:
                until = hold.expires_at.isoformat(timespec="minutes")
                yield Finding("hold", entry_id, f"{key} ran out at {until} and was never let go")


def _recorded(each: Booked) -> datetime | None:
    try:
        return each.recorded
    except ValueError:
        return None  # told already
