"""Reading the books from the first entry to the last, and saying everything that does not hold."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from payments import books, ledger, money, payouts, terms
from payments.books import GENESIS, Booked
from payments.errors import MoneyFault
from payments.ledger import Entry, Hold, Posting, holds
from payments.rulebook import Rulebook, digest

# What is owed to people can be nought, never less. A restaurant may owe the co-op: it holds the till.
_PAYABLE = ("rider:", "member:", f"{ledger.HELD}:")
# Of each of these an order or a shift has one that stands.
_ONCE = ("delivered", "cancelled", "ended", "minutes", "holiday")
# A hold that has run out is let go by a job; one still open after so long was forgotten.
_NOTICED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: the rule, the entry (None: no one entry), and what is wrong with it.

    Rules: rulebook, readable, chain, end, reversal, split, twice, payable, hold, payout, refund, balance.
    """

    rule: str
    entry_id: int | None
    message: str


@dataclass(slots=True)
class _Reading:
    """What has been seen on the way."""

    last_id: int = 0
    last_hash: str = GENESIS
    held: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    below_nought: set[tuple[str, str]] = field(default_factory=set)
    taken_back: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    standing: dict[tuple[str, str], str] = field(default_factory=dict)
    refunded: dict[str, int] = field(default_factory=dict)
    holds: dict[str, tuple[int, Hold]] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    latest: datetime | None = None


def findings(
    session: Session, *, head: tuple[int, str] | None = None, now: datetime | None = None
) -> list[Finding]:
    """Everything that does not hold in the books, in order; an empty list when they are sound.

    `head`, noted at an earlier time by `books.head`, shows also whether entries were cut off at the end. Holds
    are forgotten that ran out an hour before `now`, or before the last entry was recorded.
    """
    found = list(_versions(session))
    known = {row.version for row in books.versions(session)}
    reading, seen_head = _Reading(), head is None or head == (0, GENESIS)
    for each in books.booked(session):
        seen_head = seen_head or (each.id, each.hash) == head
        found += _chain(reading, each)
        if each.rulebook not in known:
            found.append(Finding("rulebook", each.id, f"{each.key} names no known rulebook: {each.rulebook}"))
        try:
            entry = each.entry
        except (MoneyFault, ValueError, TypeError) as fault:
            found.append(Finding("readable", each.id, f"{each.key} is no entry any more: {fault}"))
            continue
        found += _reversal(session, each, entry)
        found += _split(session, each, entry)
        found += _once(reading, each, entry)
        found += _payables(reading, each, entry)
        found += _holds(reading, each, entry)
    if not seen_head and head is not None:
        found.append(
            Finding("end", head[0], f"entry {head[0]} was the last once, and is not there as it was")
        )
    found += _never_made_good(reading)
    found += _forgotten(reading, now or reading.latest)
    found += (Finding("payout", entry_id, message) for entry_id, message in payouts.faults(session))
    found += _refunds(session, reading)
    found += _balance(reading.held.items())
    return found


def _versions(session: Session) -> Iterator[Finding]:
    for row in books.versions(session):
        if row.digest != digest(row.text):
            yield Finding("rulebook", None, f"the text of rulebook {row.version} is not what was adopted")
        if row.version != books.named(row.id, row.digest, row.effective_on, row.resolution):
            yield Finding("rulebook", None, f"the day or resolution of rulebook {row.version} was changed")


def _chain(reading: _Reading, each: Booked) -> Iterator[Finding]:
    """Whether the entry says what it said when it was recorded, and follows the one before."""
    if each.id != reading.last_id + 1:
        missing = f"{reading.last_id + 1} to {each.id - 1}"
        yield Finding("chain", each.id, f"{each.key}: entries {missing} before it are gone")
    if each.prev_hash != reading.last_hash:
        yield Finding(
            "chain",
            each.id,
            f"{each.key} does not follow entry {reading.last_id} as it stands: one was changed",
        )
    if each.size != len(each.postings):
        yield Finding("chain", each.id, f"{each.key} had {each.size} postings, and has {len(each.postings)}")
    try:
        intact = each.body == ledger.digest(each.entry) and each.hash == each.chained
    except (MoneyFault, ValueError, TypeError):
        intact = False
    if not intact:
        yield Finding("chain", each.id, f"{each.key} is not as it was recorded")
    reading.last_id, reading.last_hash = each.id, each.hash


def _reversal(session: Session, each: Booked, entry: Entry) -> Iterator[Finding]:
    if entry.reverses is None:
        return
    original = books.entry_by_key(session, entry.reverses)
    if original is None or original.id >= each.id:
        yield Finding(
            "reversal", each.id, f"{entry.key} undoes {entry.reverses}, which is not there before it"
        )
        return
    try:
        mirror = ledger.reversal(original.entry, key=entry.key, at=entry.at, why=entry.why)
    except (MoneyFault, ValueError, TypeError):
        mirror = None
    if mirror != entry:
        yield Finding("reversal", each.id, f"{entry.key} does not mirror {entry.reverses}")


def _split(session: Session, each: Booked, entry: Entry) -> Iterator[Finding]:
    """Whether orders were split, and holiday reckoned, as the rulebook the entry names says."""
    if entry.reverses is not None:
        return
    try:
        rulebook = books.rules(session, entry.rulebook)
    except MoneyFault:
        return  # told already
    if _kind(entry) == "delivered":
        if entry.postings != _split_again(entry, rulebook):
            yield Finding("split", each.id, f"{entry.key} is not split as rulebook {entry.rulebook} says")
    elif _kind(entry) == "ended":
        wages = sum(post.amount for post in entry.postings if post.destination.endswith(":wages"))
        leave = sum(post.amount for post in entry.postings if post.source == terms.HOLIDAY_PAY)
        if leave != money.percent_of(wages, rulebook.pay.holiday_bp):
            yield Finding("split", each.id, f"{entry.key} sets aside {leave} of holiday pay on {wages}")


def _split_again(entry: Entry, rulebook: Rulebook) -> tuple[Posting, ...]:
    sale = terms.read_sale(entry.postings)
    if sale.value_minor < 0:
        return ()
    order = terms.OrderMoney(
        order_id=0,
        restaurant_id=_number(sale.restaurant),
        rider_id=_number(sale.rider),
        value_minor=sale.value_minor,
        delivery_fee_minor=sale.delivery_fee_minor,
        tip_minor=sale.tip_minor,
        paid_by=sale.paid_by,
    )
    return terms.order_postings(rulebook, order)


def _number(account: str | None) -> int:
    part = (account or ":0").split(":")[1]
    return int(part) if part.isdigit() else 0


def _once(reading: _Reading, each: Booked, entry: Entry) -> Iterator[Finding]:
    kind = _kind(entry)
    if entry.reverses is not None:
        undone = (entry.subject, entry.reverses.split(":")[2] if entry.reverses.count(":") > 1 else "")
        reading.standing.pop(undone, None)
    elif kind in _ONCE:
        other = reading.standing.get((entry.subject, kind))
        if other is not None:
            yield Finding(
                "twice", each.id, f"{entry.key} stands beside {other}: {entry.subject} is booked twice"
            )
        reading.standing[entry.subject, kind] = entry.key
    elif kind == "refunded":
        reading.refunded[entry.subject] = each.id


def _payables(reading: _Reading, each: Booked, entry: Entry) -> Iterator[Finding]:
    """Whether an entry spends what is not there; what a correction takes back may be gone until it is made good."""
    for posting in entry.postings:
        reading.held[posting.source, entry.unit] -= posting.amount
        reading.held[posting.destination, entry.unit] += posting.amount
    for posting in entry.postings:
        account = (posting.source, entry.unit)
        if not posting.source.startswith(_PAYABLE) or account in reading.below_nought:
            continue
        if reading.held[account] < 0 and entry.reverses is not None:
            reading.taken_back.setdefault(account, (each.id, entry.key))
        elif reading.held[account] < 0:
            reading.below_nought.add(account)
            yield Finding("payable", each.id, f"{entry.key} takes {posting.source} below nought")
    for posting in entry.postings:
        account = (posting.destination, entry.unit)
        if reading.held[account] >= 0:
            reading.taken_back.pop(account, None)


def _never_made_good(reading: _Reading) -> Iterator[Finding]:
    for (account, unit), (entry_id, key) in reading.taken_back.items():
        if (account, unit) not in reading.below_nought:
            yield Finding(
                "payable", entry_id, f"{key} takes {account} below nought, and it was never made good"
            )


def _holds(reading: _Reading, each: Booked, entry: Entry) -> Iterator[Finding]:
    """Whether what is held comes there by a hold, and goes by its one end."""
    recorded = _recorded(each)
    reading.latest = max(filter(None, (reading.latest, recorded)), default=None)
    if not ledger.touches(entry):
        return
    if all(ledger.is_held(posting.destination) for posting in entry.postings) and not entry.reverses:
        try:
            reading.holds[entry.key] = each.id, holds.read(entry)
        except MoneyFault as fault:
            yield Finding("hold", each.id, f"{fault}, and moves what is held")
        return
    key = entry.reverses or holds.holds_key(entry.key) or entry.key.rpartition(":")[0]
    if key in reading.ended:
        yield Finding("hold", each.id, f"{entry.key} ends {key} again: {reading.ended[key]} ended it")
        return
    if key not in reading.holds:
        yield Finding("hold", each.id, f"{entry.key} moves what is held, and there is no hold it ends")
        return
    _, hold = reading.holds.pop(key)
    reading.ended[key] = entry.key
    taken = -ledger.balances([entry]).get((holds.held(hold.source), entry.unit), 0)
    if taken > hold.amount:
        yield Finding("hold", each.id, f"{entry.key} posts {taken} of {key}, which holds {hold.amount}")
        return
    try:
        holds.resolution(hold, entry)
    except MoneyFault:
        yield Finding("hold", each.id, f"{entry.key} does not end {key} as a hold may end")


def _recorded(each: Booked) -> datetime | None:
    try:
        return each.recorded
    except ValueError:
        return None  # told already


def _forgotten(reading: _Reading, now: datetime | None) -> Iterator[Finding]:
    for key, (entry_id, hold) in reading.holds.items():
        if now is not None and hold.expires_at + _NOTICED <= now:
            until = hold.expires_at.isoformat(timespec="minutes")
            yield Finding("hold", entry_id, f"{key} ran out at {until} and was never let go")


def _refunds(session: Session, reading: _Reading) -> Iterator[Finding]:
    for subject, entry_id in reading.refunded.items():
        try:
            standing = books.standing(session, subject)
            paid = [terms.read_sale(each.entry.postings) for each in standing if ":delivered:" in each.key]
            given = sum(
                terms.refunded_minor(each.entry.postings) for each in standing if ":refunded:" in each.key
            )
        except (MoneyFault, ValueError, TypeError):
            continue  # told already
        limit = sum(sale.refundable_minor for sale in paid)
        if given > limit:
            yield Finding("refund", entry_id, f"{subject}: {given} was given back, of {limit} that could be")


def _balance(held: Iterable[tuple[tuple[str, str], int]]) -> Iterator[Finding]:
    sums: dict[str, int] = defaultdict(int)
    for (_, unit), amount in held:
        sums[unit] += amount
    for unit, amount in sorted(sums.items()):
        if amount:
            yield Finding("balance", None, f"all accounts together hold {amount} {unit}, not nought")


def _kind(entry: Entry) -> str:
    """delivered, refunded, ended ...: the third part of a key like `order:17:delivered:1`."""
    parts = entry.key.split(":")
    return parts[2] if len(parts) > 2 and ":".join(parts[:2]) == entry.subject else ""
