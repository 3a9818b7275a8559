"""What the books owe each rider: every line no run has gathered yet, with what it is and the rate it was paid at."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from sqlmodel import Session, col, select

from payments import books, money, terms
from payments.ledger import HOLIDAY, MINUTES, Line, is_held
from payments.payslips import PAID_BEFORE, RunLine
from payments.runs.tables import PayRunLine
from payments.tables import ENTRIES

# The run's own entries: what it holds, pays, deducts and takes back is not earned again.
OWN = "pay-run:"
# Holiday pay that waits for the leave it is for: a run leaves it alone.
SET_ASIDE = str(getattr(terms, "SET_ASIDE", "holiday-pay"))
_NAMES = {"tips": "tips", "expenses": "expenses", "holiday-pay": "holiday pay"}


def gather(session: Session, *, until: datetime, run_id: int | None) -> list[RunLine]:
    """Every line of the riders' accounts before `until` that no other run has, by person, as it happened."""
    taken = _taken(session, run_id)
    lines: list[RunLine] = []
    for line in books.lines(session, "rider", until=until):
        if line.key.startswith(OWN) or line.account.endswith(f":{SET_ASIDE}"):
            continue
        if (line.entry_id, line.account, line.other) not in taken:
            lines.append(_line(session, line))
    merged = _merged(lines)
    return _rated(session, merged)


def _taken(session: Session, run_id: int | None) -> set[tuple[int, str, str]]:
    query = select(PayRunLine.entry_id, PayRunLine.account, PayRunLine.other)
    if run_id is not None:
        query = query.where(col(PayRunLine.run_id) != run_id)
    return {(entry_id, account, other) for entry_id, account, other in session.exec(query)}


def _line(session: Session, line: Line) -> RunLine:
    original = books.entry_by_key(session, line.reverses) if line.reverses else None
    return RunLine(
        person_id=int(line.account.split(":")[1]),
        account=line.account,
        other=line.other,
        unit=line.unit,
        what=what(line),
        why=line.why,
        subject=line.subject,
        at=line.at,
        amount=line.amount,
        entry_id=line.entry_id,
        correction_of=original.id if original else None,
    )


def what(line: Line) -> str:
    """What a line is for: wages, top-up, late, sick, tips, expenses, holiday pay; minutes; leave."""
    purse = line.account.split(":", 2)[2]
    if line.unit in (MINUTES, HOLIDAY):
        return "minutes" if line.unit == MINUTES else "leave"
    if is_held(line.other) or line.other == "outside:bank" or line.key.endswith(":returned"):
        return PAID_BEFORE
    if purse in _NAMES:
        return _NAMES[purse]
    source = line.other.split(":")
    return source[-1].replace("-", " ") if source[0] == "co-op" and len(source) > 1 else purse


def _merged(lines: Iterable[RunLine]) -> list[RunLine]:
    """One line for each entry, account and other side: a posting beside its twin is one sum."""

    def place(line: RunLine) -> tuple[int, datetime, int, str, str]:
        return line.person_id, line.at, line.entry_id, line.account, line.other

    merged = []
    for _, twins in groupby(sorted(lines, key=place), key=place):
        group = list(twins)
        amount = sum(each.amount for each in group)
        if amount:
            merged.append(replace(group[0], amount=amount))
    return merged


def _rated(session: Session, lines: list[RunLine]) -> list[RunLine]:
    """Minutes with the rates they were paid at, where the pay beside them says the same to the penny."""
    wages: dict[tuple[int, str, datetime, bool], int] = defaultdict(int)
    for line in lines:
        if line.other == terms.WAGES:
            wages[_beside(line)] += line.amount
    return [
        replace(line, rates=_rates(session, line, wages.get(_beside(line), 0)))
        if line.unit == MINUTES
        else line
        for line in lines
    ]


def _beside(line: RunLine) -> tuple[int, str, datetime, bool]:
    return line.person_id, line.subject, line.at, line.correction_of is not None


def _rates(session: Session, line: RunLine, paid: int) -> tuple[tuple[int | None, int], ...]:
    """A shift's minutes by rate, as they were booked; in one piece without a rate where it was not paid by the hour."""
    found = next(books.booked(session, ENTRIES.c.id == line.entry_id), None)
    parts = [amount for source, to, amount in found.postings if line.account in (source, to)] if found else []
    rules = books.rules(session, found.rulebook) if found else None
    sign = 1 if line.amount > 0 else -1
    for ended_at in _ends(session, line) if rules else ():
        ladder = rules.pay.ladder(rules.local(ended_at).date()) if rules else []
        # Where nothing of the last day was paid, its rate was not used.
        for used in (ladder, ladder[:-1]):
            pairs = list(zip(parts, used[-len(parts) :], strict=False))
            if len(used) >= len(parts) and money.wages(pairs) == abs(paid):
                return tuple((rate, sign * count) for count, rate in pairs)
    return ((None, line.amount),)


def _ends(session: Session, line: RunLine) -> Iterable[datetime]:
    """When the shift may have ended: when its line says, or, of a correction, when a line it puts right says."""
    yield line.at
    for each in books.about(session, line.subject):
        yield each.entry.at
