"""What the books owe each rider: every line no run has gathered yet, with what it is and the rate it was paid at."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from sqlmodel import Session, col, select

from payments import books, money, terms
from payments.errors import MoneyFault
from payments.ledger import HOLIDAY, MINUTES, Line, is_held
from payments.payslips import PAID_BEFORE, RunLine
from payments.runs.tables import PayRunLine
from payments.tables import ENTRIES
from payments.terms import ShiftMoney

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
    """The split of a shift's minutes by rate; in one piece without a rate where it was not paid by the hour."""
    minutes, sign = abs(line.amount), 1 if line.amount > 0 else -1
    whole: tuple[tuple[int | None, int], ...] = ((None, line.amount),)
    found = next(books.booked(session, ENTRIES.c.id == line.entry_id), None)
    if found is None:
        return whole
    rules = books.rules(session, found.rulebook)
    for ended_at in _ends(session, line):
        start = ended_at - timedelta(minutes=minutes)
        try:
            days = list(terms.worked(rules, ShiftMoney(0, 0, start, ended_at, 0, 0)))
            pairs = [(count, rules.pay.rate_on(day)) for day, count in days]
        except MoneyFault:
            continue
        if money.wages(pairs) == abs(paid):
            sums: dict[int | None, int] = defaultdict(int)
            for count, rate in pairs:
                sums[rate] += sign * count
            return tuple(sums.items())
    return whole


def _ends(session: Session, line: RunLine) -> Iterable[datetime]:
    """When the shift may have ended: when its line says, or, of a correction, when a line it puts right says."""
    yield line.at
    for each in books.about(session, line.subject):
        yield each.entry.at
