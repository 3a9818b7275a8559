"""A settlement's sums, from its lines alone: what was carried, what came and went, what is paid, what is invoiced."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from payments.rulebook import VatKind

KINDS_SAY: dict[VatKind, str] = {
    "commission": "Commission on food sold",
    "delivery": "Deliveries of orders paid to you",
    "service": "Services",
}


@dataclass(frozen=True, slots=True)
class BillLine:
    """One posting on a restaurant's account: positive is owed to the restaurant, minor units.

    `kind` and `rate_bp` stand on what the co-op charges for, and on its VAT (`is_vat`); `rate_bp` None: no VAT.
    `occasion` is what its entry was for, in a word.
    """

    entry_id: int
    posting: int
    at: datetime
    what: str
    subject: str
    amount_minor: int
    kind: VatKind | None = None
    rate_bp: int | None = None
    is_vat: bool = False
    occasion: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """All that one entry did to a restaurant's account, in minor units; `total_minor` is its parts and the rest."""

    entry_id: int
    at: datetime
    subject: str
    occasion: str
    food_minor: int
    charges_minor: int
    vat_minor: int
    tips_minor: int
    total_minor: int


def by_entry(lines: Iterable[BillLine]) -> tuple[Told, ...]:
    """The lines of each entry together, in the order they came: an order is one of them."""
    groups: dict[int, list[BillLine]] = defaultdict(list)
    for line in lines:
        groups[line.entry_id].append(line)

    def part(group: list[BillLine], *whats: str) -> int:
        return sum(line.amount_minor for line in group if line.what in whats)

    return tuple(
        Told(
            entry_id,
            group[0].at,
            group[0].subject,
            group[0].occasion,
            part(group, "food", "refund"),
            sum(line.amount_minor for line in group if line.kind is not None and not line.is_vat),
            sum(line.amount_minor for line in group if line.is_vat),
            part(group, "tip"),
            sum(line.amount_minor for line in group),
        )
        for entry_id, group in groups.items()
    )


@dataclass(frozen=True, slots=True)
class Bill:
    """What was owed at the beginning, each thing since, and what is owed at the end; minor units."""

    opening_minor: int
    lines: tuple[BillLine, ...]

    @property
    def closing_minor(self) -> int:
        """What the co-op owes the restaurant at the end; negative when the restaurant owes the co-op."""
        return self.opening_minor + sum(line.amount_minor for line in self.lines)

    @property
    def sums(self) -> dict[str, int]:
        """What the lines come to by what they are, in the order a statement tells it; no empty ones."""
        found: dict[str, int] = defaultdict(int)
        for line in self.lines:
            found[line.what] += line.amount_minor
        return {what: found[what] for what in sorted(found, key=_told_in_turn) if found[what]}


_TURN = (
    "food", "refund", "commission", "VAT on commission", "delivery fee", "VAT on delivery fee", "tip", "service",
    "VAT on service", "adjustment", "other", "payment",
)  # fmt: skip


def _told_in_turn(what: str) -> int:
    return _TURN.index(what) if what in _TURN else len(_TURN)


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """What the restaurant is charged for one kind of thing at one rate of VAT (None: none), in minor units."""

    words: str
    rate_bp: int | None
    net_minor: int
    vat_minor: int

    @property
    def gross_minor(self) -> int:
        """Net and VAT together."""
        return self.net_minor + self.vat_minor


def invoiced(lines: Iterable[BillLine]) -> tuple[InvoiceLine, ...]:
    """What the lines charge for, by kind and rate; what was given back is taken off."""
    net: dict[tuple[VatKind, int | None], int] = defaultdict(int)
    vat: dict[tuple[VatKind, int | None], int] = defaultdict(int)
    for line in lines:
        if line.kind is not None:
            (vat if line.is_vat else net)[line.kind, line.rate_bp] -= line.amount_minor
    keys = sorted({*net, *vat}, key=lambda each: (list(KINDS_SAY).index(each[0]), each[1] or 0))
    found = (InvoiceLine(KINDS_SAY[key[0]], key[1], net[key], vat[key]) for key in keys)
    return tuple(line for line in found if line.net_minor or line.vat_minor)


def payable(closing_minor: int, owed_now_minor: int, minimum_minor: int) -> tuple[int, int]:
    """(what is paid out, what the restaurant has to pay) of a closing balance, minor units; the rest is carried.

    Never more than is owed by now, what was given back or paid since then being known; nothing is paid out below
    the minimum.
    """
    out = max(0, min(closing_minor, owed_now_minor))
    due = max(0, min(-closing_minor, -owed_now_minor))
    return (out if out >= minimum_minor else 0), due


def next_lines(
    lines: Sequence[BillLine], taken: set[tuple[int, int]], until: datetime
) -> tuple[BillLine, ...]:
    """The lines of a settlement: all that happened before its end and no earlier one has, however late it was told."""
    return tuple(line for line in lines if line.at < until and (line.entry_id, line.posting) not in taken)


def seal(facts: dict[str, object], lines: Iterable[BillLine]) -> str:
    """SHA-256 (hex) of what was issued: a figure changed by hand is seen."""
    told = [
        [each.entry_id, each.posting, each.at.astimezone(UTC).isoformat(), each.what, each.subject,
         each.amount_minor, each.kind, each.rate_bp, each.is_vat, each.occasion]
        for each in lines
    ]  # fmt: skip
    body = json.dumps({"facts": facts, "lines": told}, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(body.encode()).hexdigest()
