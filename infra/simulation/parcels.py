"""Orders as the simulator sent them: what a simulated rider finds out by asking for a reference."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

Point = tuple[float, float]  # latitude, longitude


@dataclass(slots=True)
class Kitchen:
    """A restaurant of the simulation: its name, where it is, and its key once it has one."""

    name: str
    label: str
    address: str
    where: Point
    id: int = 0
    key: str = ""


@dataclass(slots=True)
class Parcel:
    """One order: what was sent, and what only the simulation knows (when the food is truly ready)."""

    reference: str
    kitchen: Kitchen
    drop: Point
    address: str
    placed_at: datetime
    ready_at: datetime
    truly_ready_at: datetime
    value_minor: int
    tip_minor: int
    paid_by: str
    flat: str = ""
    note: str = ""
    items: str = ""
    customer: str = ""
    phone: str | None = None
    size: int = 1
    online: bool = False  # its customer pays it by card on a page of ours
    id: str = ""
    fee_minor: int = 0
    delivered_at: datetime | None = None
    cancelled: bool = False
    ended: str = ""  # what a person made of food nobody took: returned or abandoned


@dataclass(slots=True)
class Parcels:
    """Every order sent so far, by its reference."""

    sent: dict[str, Parcel] = field(default_factory=dict)

    def add(self, parcel: Parcel) -> None:
        """An order was sent."""
        self.sent[parcel.reference] = parcel

    def find(self, reference: str) -> Parcel | None:
        """The order of that reference; None for one cut short in a text."""
        return self.sent.get(reference)

    def __iter__(self) -> Iterator[Parcel]:
        return iter(self.sent.values())

    def __len__(self) -> int:
        return len(self.sent)
