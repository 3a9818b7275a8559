"""VAT: parted exactly, given back with what it was on, reported to the penny, and absent where there is none."""

from datetime import date
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import terms
from payments.errors import BadAmount, NoVatRate, RulebookFault
from payments.ledger import Posting
from payments.pay import OrderMoney
from payments.rulebook import STAGES, Rulebook, Stage, parse
from payments.terms import CARD, CUSTOMERS, GivenBack, tax
from tests.payments.taxed import TAXED, UNTAXED, VAT

ON = date(2026, 11, 20)
REGISTERED, UNREGISTERED = parse(TAXED), parse(UNTAXED)
INCLUDED = parse(TAXED.replace("included = false", "included = true"))
MONEY = st.integers(0, 9_999)
PAID: st.SearchStrategy[Literal["account", "card"]] = st.sampled_from(["card", "account"])
LIABLE = st.sampled_from(["restaurant", "co-op"])


def sums(postings: tuple[Posting, ...]) -> dict[str, int]:
    """What each account is left with."""
    held: dict[str, int] = {}
    for each in postings:
        held[each.source] = held.get(each.source, 0) - each.amount
        held[each.destination] = held.get(each.destination, 0) + each.amount
    return {account: amount for account, amount in held.items() if amount}


def test_an_order_of_a_registered_co_op() -> None:
    """Food 20.00, fee 4.40, tip 2.50 by card: 60p of VAT on the commission, 73p in the fee, none on food or tip."""
    order = OrderMoney(17, 7, 3, 2000, 440, 250, "card")
    assert sums(terms.order_postings(REGISTERED, order, ON)) == {
        "outside:card": -2690 + 60,
        "restaurant:7": 2000 - 300 - 60,
        "co-op:commission": 300,
        "vat:output:commission": 60,
        "co-op:delivery": 367,
        "vat:output:delivery": 73,
        "rider:3:tips": 250,
        "co-op:card-cost": -60,
    }


def test_a_fee_without_vat_in_it_has_it_on_top() -> None:
    """Where the zone's prices leave VAT out, the customer pays it on top, and the books part it the same way."""
    net = parse(TAXED.replace("included = true", "included = false"))
    assert terms.fee(REGISTERED, "Finsbury Park", 1500, ON) == 440
    assert terms.fee(net, "Finsbury Park", 1500, ON) == 528
    assert tax.gross(net, "delivery", 528, ON) == tax.Taxed(440, 88)


@given(gross=st.integers(0, 10**7), rate_bp=st.integers(0, 5000))
def test_a_price_parts_exactly(gross: int, rate_bp: int) -> None:
    """The VAT in a price is within half a penny of exact, and leaves something of every price above nought."""
    vat = tax.within(gross, rate_bp)
    assert abs(2 * vat * (10_000 + rate_bp) - 2 * gross * rate_bp) <= 10_000 + rate_bp
    assert vat < gross or gross == 0


@given(
    value=MONEY, fee=MONEY, tip=MONEY, by=PAID, included=st.booleans(),
    backs=st.lists(st.tuples(st.integers(1, 9_999), st.integers(0, 9_999), LIABLE), max_size=5),
)  # fmt: skip
def test_refunds_give_back_their_vat_and_never_more_than_was_paid(
    value: int,
    fee: int,
    tip: int,
    by: Literal["account", "card"],
    included: bool,
    backs: list[tuple[int, int, str]],
) -> None:
    """After any refunds what stands has exactly its own VAT, no kind is below nought, and no tip was touched."""
    rulebook = INCLUDED if included else REGISTERED
    sold = terms.order_postings(rulebook, OrderMoney(1, 7, 3, value, fee, tip, by), ON)
    sale = terms.read_sale(sold)
    before: list[Posting] = []
    left = sale.refundable_minor if sold else 0
    for amount, of_fee, liable in backs:
        amount = min(amount, left)
        if amount == 0 or (sale.restaurant is None and liable == "restaurant"):
            continue
        part = min(of_fee, amount, terms.fee_standing([*sold, *before]))
        made = terms.refund_postings(rulebook, sold, before, GivenBack(amount, part, liable), ON)
        assert terms.refunded_minor(made) == amount
        assert not any(":tips" in each.source for each in made)
        before += made
        left -= amount
    standing = tax.taxed([*sold, *before])
    assert tax.untaxed(rulebook, standing, ON) == []
    assert all(each.net_minor >= 0 and each.vat_minor >= 0 for each in standing.values())
    given_back = sum(each.amount for each in before if each.destination in (CARD, CUSTOMERS))
    assert given_back <= value + fee


@given(value=MONEY, fee=MONEY, tip=MONEY, by=PAID, stage=st.sampled_from(STAGES), registered=st.booleans())
def test_a_cancelled_order_costs_no_rider(
    value: int, fee: int, tip: int, by: Literal["account", "card"], stage: Stage, registered: bool
) -> None:
    """Cancelled at any stage: no rider's account moves, the customer has back all but a kept fee, and VAT is right."""
    rulebook = REGISTERED if registered else UNREGISTERED
    order = OrderMoney(1, 7, 3, value, fee, tip, by)
    moved = terms.cancel_postings(rulebook, order, stage, ON)
    held = sums(moved)
    assert not any(account.startswith("rider:") for account in held)
    assert tax.untaxed(rulebook, tax.taxed(moved), ON) == []
    back = terms.cancel_gives_back(rulebook, order, stage)
    assert back == order.total_minor - (fee if stage == "ready" else 0)
    restaurant = held.get("restaurant:7", 0)
    if stage == "before_kitchen":
        assert held == {}
    elif stage == "cooking":
        assert restaurant == (value + 1) // 2 == -held.get("co-op:refunds", 0)
    elif stage == "ready":
        assert restaurant == value - (fee if by == "account" else 0)
    else:
        assert restaurant == -fee


@given(value=MONEY, fee=MONEY, tip=MONEY, by=PAID, liable=LIABLE, part=st.integers(0, 9_999))
def test_without_registration_there_is_no_vat(
    value: int, fee: int, tip: int, by: Literal["account", "card"], liable: str, part: int
) -> None:
    """A co-op that is not registered has no posting of VAT, whatever is sold, given back or cancelled."""
    order = OrderMoney(1, 7, 3, value, fee, tip, by)
    sold = terms.order_postings(UNREGISTERED, order, ON)
    every = [
        *sold,
        *(each for stage in STAGES for each in terms.cancel_postings(UNREGISTERED, order, stage, ON)),
    ]
    amount = value + fee
    if amount and terms.read_sale(sold).restaurant is not None:
        back = GivenBack(amount, min(part, amount, terms.fee_standing(sold)), liable)
        every += terms.refund_postings(UNREGISTERED, sold, (), back, ON)
    assert not any("vat:" in account for each in every for account in (each.source, each.destination))


def test_commission_on_refunded_food_goes_back_where_the_rules_say_so() -> None:
    """The restaurant bears 5.00 of food: its 75p of commission and 15p of VAT come back, or nothing does."""
    sold = terms.order_postings(REGISTERED, OrderMoney(1, 7, 3, 2000, 440, 0, "card"), ON)
    back = GivenBack(500, 0, "restaurant")
    assert sums(terms.refund_postings(REGISTERED, sold, (), back, ON)) == {
        "outside:card": 500, "restaurant:7": -500 + 90, "co-op:commission": -75, "vat:output:commission": -15,
    }  # fmt: skip
    kept = parse(TAXED.replace("refund_commission = true", "refund_commission = false"))
    assert sums(terms.refund_postings(kept, sold, (), back, ON)) == {
        "outside:card": 500,
        "restaurant:7": -500,
    }


def test_a_fee_the_co_op_gives_back_takes_its_vat_with_it() -> None:
    """4.40 of delivery given back by the co-op is 3.67 of income and 73p of VAT it has not had."""
    sold = terms.order_postings(REGISTERED, OrderMoney(1, 7, 3, 2000, 440, 0, "card"), ON)
    moved = terms.refund_postings(REGISTERED, sold, (), GivenBack(440, 440, "co-op"), ON)
    assert sums(moved) == {"outside:card": 440, "co-op:delivery": -367, "vat:output:delivery": -73}
    with pytest.raises(BadAmount, match="delivery fee"):
        terms.refund_postings(REGISTERED, sold, moved, GivenBack(1, 1, "co-op"), ON)


def test_rates_are_dated() -> None:
    """Each day has the rate that had begun by then; before the first there is none, which is said."""
    dated = TAXED.replace(
        "[[vat.delivery]]",
        "[[vat.delivery]]\nfrom = 2026-05-01\nrate_bp = 500\nincluded = true\n[[vat.delivery]]",
    ).replace(
        "[[vat.delivery]]\nfrom = 2026-05-01\nrate_bp = 2000",
        "[[vat.delivery]]\nfrom = 2026-12-01\nrate_bp = 2000",
    )
    rulebook = parse(dated)
    assert [tax.gross(rulebook, "delivery", 420, on).vat_minor for on in (ON, date(2026, 12, 1))] == [20, 70]
    with pytest.raises(NoVatRate):
        tax.gross(rulebook, "delivery", 420, date(2026, 4, 30))


def faults(text: str) -> str:
    """What is said of a rulebook."""
    with pytest.raises(RulebookFault) as refused:
        parse(text)
    return str(refused.value)


def test_faults_are_told_in_sentences() -> None:
    """A registered co-op without number, rates or address, and a restaurant paid for what it bears, are told so."""
    said = faults(UNTAXED.replace("address =", "# address =") + "[vat]\nregistered = true\n")
    assert "vat.number: a registered co-op writes its VAT number" in said
    assert "vat.delivery: a registered co-op says what VAT its delivery has" in said
    assert "settlement.address: a VAT invoice names its supplier's address" in said
    assert (
        "revenue.cancelled.picked_up.food_bp: a restaurant that bears the food is paid none of it"
        in faults(
            UNTAXED.replace('borne_by = "restaurant"\nfood_bp = 0', 'borne_by = "restaurant"\nfood_bp = 100')
        )
    )
    assert "settlement.day: a week begins on a weekday" in faults(
        UNTAXED.replace('day = "monday"', "day = 3")
    )
    assert "vat.number: must be a VAT number with its country" in faults(
        TAXED.replace("GB 123 4567 89", "twelve")
    )
    assert "vat.commission" in faults(UNTAXED + VAT.replace("[[vat.delivery]]", "[[vat.commission]]", 1))


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 3))
def test_every_day_is_in_one_quarter(on: date, first: int) -> None:
    """A quarter begins in its stagger's months, holds its day, and the next begins where it ends."""
    vat = REGISTERED.vat.model_copy(update={"quarter_begins": first})
    since, until = vat.quarter(on)
    assert since <= on < until
    assert (since.month - first) % 3 == 0
    assert since.day == 1
    assert vat.quarter(until)[0] == until


PERIODS = (
    'period = "week"\nday = "monday"',
    'period = "month"\nday = 28',
    'period = "fortnight"\nfirst_on = 2026-05-04',
)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(PERIODS))
def test_settlement_periods_follow_each_other(on: date, period: str) -> None:
    """A day is in one settlement period, and the next begins where it ends."""
    rulebook: Rulebook = parse(UNTAXED.replace(PERIODS[0], period))
    since, until = rulebook.settlement.around(on)
    assert since <= on < until
    assert rulebook.settlement.around(until)[0] == until
