"""What other rules would have made of the past."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from payments import books, pay
from payments.pay import Drop, OrderMoney, ShiftMoney, Spell
from payments.resolutions import PastOrder, Reckoning, as_of, reckon
from payments.rulebook import Rulebook, parse
from tests.payments.rulebooks import BY_THE_DROP, FINSBURY_PARK, adopted

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
INSIDE, OUTSIDE = (51.5685, -0.1168), (51.5, -0.2)
HOURLY, PER_DROP = parse(FINSBURY_PARK), parse(BY_THE_DROP)
RATES = "rates = [{ from = 2026-05-01, per_hour_minor = 1480 }, { from = 2027-05-01, per_hour_minor = 1525 }]"


@st.composite
def pasts(draw: st.DrawFn) -> tuple[list[PastOrder], list[ShiftMoney]]:
    """Orders and shifts of a few riders and restaurants."""
    orders = []
    for number in range(draw(st.integers(0, 8))):
        paid_by: Literal["card", "account"] = draw(st.sampled_from(["card", "account"]))
        who = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        value, tip, metres = draw(st.integers(0, 5000)), draw(st.integers(0, 500)), draw(st.integers(0, 5000))
        fee = pay.fee(HOURLY, "Finsbury Park", metres, AT.date())
        money = OrderMoney(number + 1, *who, value, fee, tip, paid_by)
        orders.append(PastOrder(money, AT + timedelta(minutes=number), *INSIDE, metres))
    shifts = []
    for number in range(draw(st.integers(0, 5))):
        ended_at, drops = AT + timedelta(minutes=draw(st.integers(0, 600))), draw(st.integers(0, 20))
        shifts.append(ShiftMoney(number + 1, draw(st.integers(1, 3)), AT, ended_at, 0, drops))
    return orders, shifts


def reckoned(past: tuple[list[PastOrder], list[ShiftMoney]], rules: Rulebook) -> Reckoning:
    return reckon(*past, lambda _: rules, fees_anew=True)


@given(pasts())
def test_the_same_rules_make_the_same_past(past: tuple[list[PastOrder], list[ShiftMoney]]) -> None:
    """Reckoned anew by the rules that held, riders, restaurants and the co-op have what they had."""
    orders, shifts = past
    held = reckon(orders, shifts, lambda _: HOURLY, fees_anew=False)
    assert reckoned(past, HOURLY) == held


@given(pasts())
def test_the_sums_are_those_of_their_parts(past: tuple[list[PastOrder], list[ShiftMoney]]) -> None:
    """By any rules, what riders get is what the co-op pays them, and its commission is what restaurants give."""
    for rules in (HOURLY, PER_DROP):
        made = reckoned(past, rules)
        assert sum(each.pay_minor for each in made.riders.values()) == (
            made.co_op.wages_minor + made.co_op.top_up_minor
        )
        assert sum(each.holiday_minor for each in made.riders.values()) == made.co_op.holiday_minor
        assert sum(made.restaurants.values()) == made.co_op.commission_minor
        assert made.co_op.beyond == 0


def test_it_agrees_with_the_books(session: Session) -> None:
    """By the rules that held, the reckoning is what was booked: wages, holiday, commission, fees and cards."""
    adopted(session)
    order = OrderMoney(1, 7, 3, 2005, 440, 250, "card")
    shift = ShiftMoney(5, 3, AT - timedelta(hours=3, minutes=7), AT, 0, 4)
    pay.delivered(session, order, now=AT)
    pay.delivered(session, replace(order, order_id=2, paid_by="account", value_minor=1999), now=AT)
    pay.shift_ended(session, shift, now=AT)
    orders = [
        PastOrder(order, AT, *INSIDE, 1500),
        PastOrder(replace(order, order_id=2, paid_by="account", value_minor=1999), AT, *INSIDE, 1500),
    ]
    made = reckon(orders, [shift], lambda _: books.in_force(session, at=AT)[1], fees_anew=False).co_op
    held = books.balances(session, "co-op")
    assert held["co-op:commission"] == made.commission_minor
    assert held["co-op:delivery"] == made.delivery_minor
    assert held["co-op:card-cost"] == -made.card_minor
    assert held["co-op:wages"] == -made.wages_minor
    assert held["co-op:holiday"] == -made.holiday_minor
    money = sum(
        amount for account, amount in held.items() if account not in ("co-op:minutes", "co-op:holiday-hours")
    )
    assert money == made.left_minor


def test_other_rules_make_another_past() -> None:
    """Five hours and 11 drops by the drop: 60.50 and 13.50 to the floor; 20.00 of food at 12 % is 2.40."""
    order = PastOrder(OrderMoney(1, 7, 3, 2000, 440, 0, "account"), AT, *INSIDE, 1500)
    shift = ShiftMoney(5, 3, AT - timedelta(hours=5), AT, 0, 11)
    made = reckon([order], [shift], lambda _: PER_DROP, fees_anew=True)
    assert (made.riders[3].wages_minor, made.riders[3].top_up_minor) == (6_050, 1_350)
    assert (made.restaurants[7], made.co_op.delivery_minor, made.co_op.card_minor) == (240, 400, 0)
    assert made.co_op.left_minor == 240 + 400 - 7_400 - 893


def test_premiums_are_reckoned_where_their_facts_are_known() -> None:
    """A proposal to pay for long ways and rain is tried on the ways that were ridden and the rain that was marked."""
    text = BY_THE_DROP + "[pay.distance]\nper_km_minor = 100\n[pay.rain]\nper_hour_minor = 60\n"
    rain = (Spell(AT, AT + timedelta(hours=1)),)
    shift = ShiftMoney(1, 3, AT, AT + timedelta(hours=5), 0, 2, (Drop("Town", 1500), Drop("Town", 500)), rain)
    was, becomes = (reckoned(([], [shift]), rules) for rules in (PER_DROP, parse(text)))
    assert (was.co_op.premiums_minor, becomes.co_op.premiums_minor) == (0, 260)
    assert becomes.riders[3].pay_minor == was.riders[3].pay_minor + 260
    # Holiday is on the premiums, too.
    assert was.co_op.left_minor - becomes.co_op.left_minor == 260 + 32


def test_an_order_beyond_the_proposed_zones_brings_nothing() -> None:
    """Where the proposed zones do not reach there is no order: no fee, no commission, and it is counted."""
    order = PastOrder(OrderMoney(1, 7, 3, 2000, 440, 0, "card"), AT, *OUTSIDE, 1500)
    made = reckon([order], [], lambda _: HOURLY, fees_anew=True)
    assert (made.co_op.beyond, made.co_op.left_minor, dict(made.restaurants)) == (1, 0, {7: 0})


def test_next_years_rate_can_be_tried_on_last_year() -> None:
    """Each day has its own rate; a day can lend its rates to all; before the first rate the first holds."""
    rulebook = parse(BY_THE_DROP.replace('basis = "per_drop"', f'basis = "hourly"\n{RATES}'))
    shift = ShiftMoney(5, 3, AT - timedelta(hours=1), AT, 0, 0)
    early = replace(
        shift,
        started_at=datetime(2025, 1, 1, 11, 0, tzinfo=UTC),
        ended_at=datetime(2025, 1, 1, 12, 0, tzinfo=UTC),
    )

    def paid(on: date | None, worked: ShiftMoney) -> int:
        return reckon([], [worked], lambda _: as_of(rulebook, on), fees_anew=True).riders[3].pay_minor

    assert paid(None, shift) == paid(None, early) == 1_480
    assert paid(date(2027, 6, 1), shift) == paid(date(2027, 6, 1), early) == 1_525
    assert paid(date(2026, 6, 1), shift) == paid(date(2020, 1, 1), early) == 1_480
