"""Riders are told about their money by text: once, in their language, and only what still stands."""

from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from dispatch import absences, expenses, paydays, people
from dispatch.tables import known
from infra import rounds
from payments import bank, books, payouts, runs
from riders_app import outbox
from riders_app.tables import Text
from tests import factories
from tests.house import House
from tests.marks import SQLITE_FIRST
from tests.payments.rulebooks import FINSBURY_PARK

pytestmark = SQLITE_FIRST

BOSS = 2
SICK = FINSBURY_PARK + "[pay.sick]\nshare_bp = 8000\n"


def rider_of(house: House) -> int:
    """A rider who speaks French, and a treasurer."""
    with house.database.writing() as session:
        rider = factories.person(session, house.now, 1, "rider", name="Zoé Lukasz")
        factories.person(session, house.now, 2, "treasurer", name="Tina Till")
        rider.language = "fr"
        session.add(rider)
        session.flush()
        assert rider.id is not None
        return rider.id


def texts(house: House) -> list[tuple[str, str | None]]:
    """What was written down to be sent, in order."""
    with house.database.writing() as session:
        outbox.spread(session, now=house.now, public_url="https://p.example")
    with house.reading() as session:
        rows = session.exec(select(Text).order_by(col(Text.id))).all()
        return [(row.kind, row.body) for row in rows]


def test_a_claim_answered_and_time_off_are_told(house: House) -> None:
    """Approved twice is told once; refused with the reason; taken back before it was told is told as taken back."""
    rider = rider_of(house)
    facts: dict[str, Any] = {"by": BOSS, "now": house.now}
    today = house.now.date()
    with house.database.writing() as session:
        books.adopt(session, SICK, effective_on=today, resolution="Sick pay", now=house.now)
        for minor, what in ((1250, "Inner tube"), (300, "Lamp"), (999, "Bell")):
            expenses.claim(
                session, rider, spent_on=today, what=what, amount_minor=minor, today=today, now=house.now
            )
        expenses.approve(session, 1, **facts)
        expenses.approve(session, 1, **facts)
        expenses.refuse(session, 2, "Ask first", **facts)
        expenses.approve(session, 3, **facts)
        later = house.now + timedelta(seconds=1)
        expenses.take_back(session, 3, "Twice", by=BOSS, now=later)
        absences.record(session, rider, "sick", on=today, minutes=300, reason="Rang in", **facts)
        absences.take_back(session, 1, why="Wrong day", by=BOSS, now=later)
    assert texts(house) == [
        (
            "expense_answered",
            "Votre dépense de £12.50 est acceptée : Inner tube. Elle vient avec votre prochaine paie.",
        ),
        (
            "expense_answered",
            "Votre dépense de £3 (Lamp) n'est pas acceptée. Tina Till : Ask first. Pas juste ? Demandez-lui.",
        ),
        (
            "expense_answered",
            "Votre dépense de £9.99 (Bell) est annulée : acceptée par erreur. Tina Till : Twice",
        ),
        ("absence_noted", "Tina Till a annulé 5h 00m d'absence du 20 nov. : Wrong day"),
    ]


def test_pay_on_its_way_is_told_once_a_payment(house: House) -> None:
    """Marked paid by a person, or paid by Stripe: told once, and again only when it came back and was paid again."""
    rider = rider_of(house)
    text = FINSBURY_PARK.replace('starts_on = "monday"', 'starts_on = "monday"\npaid_by = "stripe"')
    with house.database.writing() as session:
        books.adopt(session, text, effective_on=house.now.date(), resolution="R", now=house.now)
        expenses.claim(
            session, rider, spent_on=house.now.date(), what="Tube", amount_minor=1250, today=house.now.date(),
            now=house.now,
        )  # fmt: skip
        expenses.approve(session, 1, by=BOSS, now=house.now)
    texts(house)
    over = house.now + timedelta(days=14)
    with house.database.writing() as session:
        run = runs.draft(session, on=house.now, by=BOSS, now=over)
        runs.approve(session, run, (), by=BOSS, now=over)
        paydays.mark_paid(session, run, by=BOSS, now=over)  # Stripe says so itself
        assert (run.state, paydays.to_follow(session)) == ("approved", [])
        (payout,) = runs.payouts_of(session, run, rider)
        payouts.paid(session, payout, by=None, vendor_id="tr_1", now=over)
        assert rounds.settle_due(session, over) == over
        number = run.number
    assert rounds.settle(house.program, over)
    with house.database.writing() as session:
        run = runs.get(session, number)
        assert (run.state, paydays.follow(session, now=over)) == ("paid", 0)
        payouts.returned(session, runs.payouts_of(session, run, rider)[0], reason="?", now=over)
        runs.look(session, run, by=None, now=over)
        again = runs.again(session, run, rider, by=BOSS, now=over)
        later = over + timedelta(hours=1)
        payouts.paid(session, again, by=None, vendor_id="tr_2", now=later)
        assert [paydays.follow(session, now=later) for _ in range(2)] == [1, 0]
    told = [body for kind, body in texts(house) if kind == "pay_sent"]
    assert (
        told
        == [
            "Votre paie du 16 nov. au 22 nov. : £12.50 est en route. Bulletin : https://p.example/my/payslips/1"
        ]
        * 2
    )


def test_a_restaurants_people_hear_that_its_account_was_changed(house: House) -> None:
    """Each of them, in their language, once a change: by whom, how it ends, no more of it; that it is gone, too."""
    rider_of(house)
    with house.database.writing() as session:
        luna = known(factories.restaurant(session, house.now).id)
        for number, language in ((11, "en"), (12, "pt")):
            who = factories.person(session, house.now, number, name=f"Luna {number}")
            who.language = language
            people.grant(session, known(who.id), "restaurant", now=house.now, by=None, restaurant_id=luna)
        facts = {"legal_name": "Luna Ltd", "address": "1 Road", "vat_number": ""}
        held = {"account_name": "Luna Ltd", "sort_code": "089999", "account_number": "66374958"}
        assert paydays.enter_billing(session, luna, facts | held, by=BOSS, now=house.now)
        later = house.now + timedelta(minutes=1)
        moved = facts | held | {"address": "2 Road"}
        assert not paydays.enter_billing(session, luna, moved, by=BOSS, now=later)
    assert texts(house) == [
        ("bank_changed", "Pizza Luna is paid to the account ending 4958: Tina Till entered it, 20 Nov 18:00. "
         "Did you not ask for that? Ring the desk at once."),
        ("bank_changed", "Pizza Luna é pago na conta que termina em 4958: Tina Till escreveu-a, 20 nov. 18:00. "
         "Nao pediu isso? Ligue ja para a central."),
    ]  # fmt: skip
    with house.database.writing() as session:
        none = dict.fromkeys(held, "")
        assert paydays.enter_billing(session, luna, facts | none, by=BOSS, now=house.now)
    assert [body for _, body in texts(house)][2] == (
        "Tina Till removed the bank account Pizza Luna is paid to, 20 Nov 18:00. "
        "Did you not ask for that? Ring the desk at once."
    )


def test_a_rider_hears_how_the_account_ends_that_their_pay_goes_to(house: House) -> None:
    """Entered and at once entered otherwise, the last is told; the same again tells nobody."""
    rider = rider_of(house)
    with house.database.writing() as session:
        for number, seconds in (("66374958", 0), ("12345678", 1), ("12345678", 2)):
            at = house.now + timedelta(seconds=seconds)
            paydays.enter_account(session, rider, bank.account("Zoé", "08-99-99", number), now=at)
    ((kind, body),) = texts(house)
    assert kind == "bank_changed"
    assert body is not None
    assert "5678" in body
    assert "1234" not in body
