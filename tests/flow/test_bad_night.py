"""A bad night: every text may be late, lost, doubled or garbled, and every order is still brought once or in hands."""

from pathlib import Path

import pytest

from infra import rest
from infra.settings import Settings
from infra.simulation import evening
from infra.simulation.chaos import BadNight
from infra.simulation.client import Server
from infra.simulation.outcome import of_evening
from infra.simulation.stage import example, stage, with_rules
from payments import checks
from payments.rulebook import parse


def play(folder: Path, *, rate: float, seed: int, orders: int, hours: float) -> BadNight:
    """Play a bad night on a fresh database, and hold it to everything that must be true of it."""
    text = with_rules(example("finsbury-park.toml"), solve_budget_ms=15)
    with (
        stage(
            Settings(data=folder),
            rulebook=text,
            effective_on=evening.DAY.replace(day=1),
            start=evening.OPENS,
            administrator=evening.ADMINISTRATOR,
        ) as staged,
        Server(staged.url) as server,
    ):
        played = BadNight(server, parse(text), seed=seed, orders=orders, hours=hours, rate=rate)
        played.set_up()
        played.play()
        outcome = of_evening(played, parse(text), 0.0)
        with staged.program.database.reading() as session:
            assert checks.findings(session) == []
            assert rest.broken(session) == ()
    assert outcome.sums.findings == ()
    assert played.doubled == 0
    left = [p.reference for p in played.parcels if not p.cancelled and p.delivered_at is None]
    assert set(left) <= played.in_hands
    assert outcome.sums.in_minor == outcome.sums.out_minor
    return played


@pytest.mark.deep
@pytest.mark.parametrize(("rate", "seed"), [(0.05, 1)])
def test_a_bad_night_at_stated_rates(tmp_path: Path, rate: float, seed: int) -> None:
    """At each rate and seed forty orders are brought once or settled by a person."""
    print(f"pannier demo --chaos {rate} --seed {seed} --orders 40 --hours 1.5")
    play(tmp_path, rate=rate, seed=seed, orders=40, hours=1.5)
