"""Any life of a co-op's money, with failures in its way: books balance, tips arrive, nothing is paid twice."""

import os
import random
from collections import Counter
from zlib import crc32

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from infra.database import Database
from tests.payments.machine.rules import Machine
from tests.payments.machine.world import REACHED
from tests.payments.rulebooks import BY_THE_DROP, FINSBURY_PARK
from tests.payments.taxed import TAXED
from tests.payments.test_premiums import PREMIUMS

EVERYTHING = TAXED.replace('tips = "own"', 'tips = "pooled"') + PREMIUMS + "[pay.sick]\nshare_bp = 8000\n"
BY_STRIPE = EVERYTHING.replace("[settlement]", '[settlement]\nmethod = "stripe"')
SEQUENCES = int(os.environ.get("PANNIER_SEQUENCES") or 20)
RULES = {"everything": EVERYTHING, "by Stripe": BY_STRIPE, "hourly": FINSBURY_PARK, "per drop": BY_THE_DROP}


def run(empty: Database, rules: str, *, sequences: int, steps: int) -> Counter[str]:
    """Run the machine from a seed that is printed: the same lives each time, others by PANNIER_SEED=N or =random."""
    said = os.environ.get("PANNIER_SEED") or str(crc32(rules.encode()))
    number = random.SystemRandom().randrange(2**32) if said == "random" else int(said)
    print(f"PANNIER_SEED={number} {empty.dialect} {rules}")
    done: Counter[str] = Counter()

    @seed(number)
    class Lived(Machine):
        database, text, counted = empty, RULES[rules], done

    run_state_machine_as_test(
        Lived, settings=settings(max_examples=sequences, stateful_step_count=steps, print_blob=True)
    )
    print(
        ", ".join(f"{done[name]} {name}" for name in ("sequences", "steps", "failures", "refusals")), end="; "
    )
    print("sequences with " + ", ".join(f"{name} {done[name]}" for name in REACHED))
    return done


def test_a_short_life(empty: Database) -> None:
    """A few short lives, with everything a rulebook can want and Stripe, on either database."""
    done = run(empty, "by Stripe", sequences=2, steps=8)
    assert done["sequences"] >= 2
    assert done["steps"] > 0


@pytest.mark.deep
def test_a_life_reaches_every_end(empty: Database) -> None:
    """One life led on purpose comes to everything a life may come to: what the machine does can be done by it."""

    class Led(Machine):
        database, text, counted = empty, RULES["by Stripe"], Counter()

    life, luck = Led(), random.Random(1)
    try:
        life.trade(3)
        life.order_online(value=900, fee=300, tip=0, card="disputed", fail=None)
        life.hear(luck=luck, share=1.0, fail=None)
        life.monday(fail=None)
        life.refund(pick=0, amount=700, restaurant=True, fail=None)
        life.refund(pick=0, amount=2560, restaurant=True, fail=None)  # asked for again, more than is left
        life.refund(
            pick=0, amount=900, restaurant=False, fail=None
        )  # of food, fee and VAT: one entry, three lines
        life.end(minutes=90, drops=3, odd=False, fail=None)
        life.pay_out(rider=3, parts=1, fail=None)
        life.go_on(pick=0, state="paid", fail=None)
        life.go_on(pick=0, state="returned", fail=None)
        life.call(fail=None)
        life.pay_on(quarters=4, reclaimed=50, employer=333, fail=None)
        life.take_back_what_was_paid_on(pick=0, fail=None)
        life.pay_on(quarters=2, reclaimed=0, employer=0, fail=None)
        life.holds()
        assert life.world.reached() == set(REACHED)
        life.teardown()
    finally:
        life.world.close()


@pytest.mark.deep
@pytest.mark.parametrize("rules", list(RULES))
def test_any_life_leaves_sound_books(empty: Database, rules: str) -> None:
    """Many long lives: replayed from the log after every step, with a failure before, within or after half of them."""
    done = run(empty, rules, sequences=SEQUENCES, steps=30)
    assert done["failures"] > done["steps"] / 10
    if SEQUENCES >= 20:
        assert done["closed settlements"] > 0
        assert done["closed runs"] > 0
