"""The evening as it happens, on the terminal: its clock, its orders, its riders, and what went otherwise."""

from datetime import datetime
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from infra.simulation.evening import BEGINS, Evening
from infra.simulation.reading import Collect
from infra.simulation.riders import Rider

FRAMES_S = 0.25
# No faster than this, so that it can be watched: five hours in about twenty seconds.
SIMULATED_MIN_A_SECOND = 15.0
PROMISED_MIN = 45


class Scene:
    """Draws the evening while it is played; `each_step` is called after every move of the clock."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._evening: Evening | None = None
        self._drawn_at = 0.0
        self._since: tuple[float, datetime] | None = None

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, fault, trace)

    def show(self, evening: Evening) -> None:
        """This is the evening to draw."""
        self._evening = evening

    def each_step(self) -> None:
        """Draw now and then, and hold the clock back where it runs too fast to be watched."""
        evening = self._evening
        if evening is None:
            return
        if self._since is None:
            self._since = (monotonic(), evening.world.now)
        began, first = self._since
        ahead_s = (evening.world.now - max(first, BEGINS)).total_seconds() / 60 / SIMULATED_MIN_A_SECOND
        if (wait := began + ahead_s - monotonic()) > 0:
            sleep(min(wait, 0.5))
        if monotonic() - self._drawn_at >= FRAMES_S:
            self._drawn_at = monotonic()
            self._live.update(picture(evening), refresh=True)


def picture(evening: Evening) -> RenderableType:
    """One frame."""
    placed = list(evening.parcels)
    delivered = sum(parcel.delivered_at is not None for parcel in placed)
    late = sum(_late(parcel.placed_at, parcel.delivered_at, evening.world.now) for parcel in placed)
    head = Text(f"Finsbury Park, Friday {evening.world.now:%H:%M}", style="bold")
    counts = Text(
        f"{len(placed)} of {len(evening.plans)} orders placed, {delivered} delivered, "
        f"{late} over {PROMISED_MIN} min, {evening.world.texts_landed} texts"
    )
    bar = ProgressBar(total=len(evening.plans), completed=delivered, width=60)
    gauge = Table.grid()
    gauge.add_row(bar)  # a bar by itself ends no line
    grid = Table.grid(padding=(0, 2))
    for rider in evening.riders:
        grid.add_row(rider.name, doing(rider), _tally(rider))
    news = [Text(f"  {said}", style="yellow") for said in evening.happened[-4:]]
    return Group(head, counts, gauge, grid, *news)


def doing(rider: Rider) -> str:
    """What a rider is about, in a few words."""
    if rider.on_at is None:
        return "not on yet"
    if rider.off_at is not None:
        return f"home since {rider.off_at:%H:%M}"
    if not rider.tasks:
        return "waiting"
    stop = rider.tasks[0].next
    if stop is None:
        return f"job {rider.tasks[0].number}"
    if isinstance(stop, Collect):
        return f"job {stop.number}: collecting {' '.join(stop.references)}"
    return f"job {stop.number}{stop.letter}: bringing {stop.reference}"


def _tally(rider: Rider) -> str:
    count = sum(len(task.delivered) for task in [*rider.past, *rider.tasks])
    return f"{count} brought"


def _late(placed_at: datetime, delivered_at: datetime | None, now: datetime) -> bool:
    return ((delivered_at or now) - placed_at).total_seconds() > PROMISED_MIN * 60
