"""What is owed for others is paid on by a named person, once, never more than is owed, and may be taken back."""

from datetime import date, datetime

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, text

from payments import books, checks, remittances, remitting, settling, vat
from payments.errors import BadAmount, MoneyFault, RemittanceRefused
from payments.ledger import Entry, Posting
from tests.conftest import FRIDAY_SIX
from tests.payments.rulebooks import adopted
from tests.payments.taxed import TAXED

TAX, STUDENT, VAT = "payroll:income-tax", "payroll:student-loan", "vat:output"
FRIDAY = date(2026, 11, 20)


@pytest.fixture
def owing(session: Session, now: datetime) -> Session:
    """A co-op that withheld 70.00 of a rider's pay, and charged a restaurant 50.00 and 10.00 of VAT on it."""
    version = adopted(session, TAXED)
    for number, (source, destination, amount) in enumerate(
        (
            ("co-op:wages", "rider:3:wages", 10_000),
            ("rider:3:wages", TAX, 5_000),
            ("rider:3:wages", STUDENT, 2_000),
        )
    ):
        entry = Entry(
            f"pay:{number}", now, "Pay", (Posting(source, destination, amount),), "GBP", version, "x"
        )
        books.post(session, entry, now=now)
    settling.adjust(session, 7, kind="service", amount_minor=5_000, reason="a sign", by=1, now=now)
    return session


def pay(session: Session, amounts: dict[str, int], **more: object) -> remittances.RemittanceRow:
    facts: dict[str, object] = {"paid_on": FRIDAY, "reference": "HMRC 123PA0012", "by": 9, "now": FRIDAY_SIX}
    return remitting.pay_on(session, amounts, **(facts | more))  # type: ignore[arg-type]


def test_what_is_owed_is_each_account_with_something_on_it(owing: Session) -> None:
    """Deductions by kind, and VAT as one; what is owed to riders and restaurants is not among them."""
    assert [(each.account, each.amount_minor) for each in remittances.owed(owing)] == [
        (TAX, 5_000),
        (STUDENT, 2_000),
        (VAT, 1_000),
    ]


def test_vat_given_back_is_set_off_against_other_vat(owing: Session, now: datetime) -> None:
    """What was given back of a supply whose VAT was paid on lowers what is owed in all, and one payment clears it."""
    pay(owing, {VAT: 1_000})
    version = books.in_force(owing, at=now)[0]
    for key, source, destination, amount in (
        ("back", "vat:output:service", "restaurant:7", 1_000),
        ("sold", "restaurant:7", "vat:output:commission", 1_500),
        ("too", "restaurant:7", "vat:output:delivery", 600),
    ):
        postings = (Posting(source, destination, amount),)
        books.post(owing, Entry(key, now, "A supply", postings, "GBP", version, "x"), now=now)
    assert remittances.owed(owing)[-1].amount_minor == 1_100
    with pytest.raises(RemittanceRefused, match=r"£11\.00 is owed, and £11\.01 of it cannot"):
        pay(owing, {VAT: 1_101})
    pay(owing, {VAT: 100}, reclaimed_minor=40)
    assert books.balances(owing, VAT) == {
        "vat:output:commission": 400,
        "vat:output:delivery": 600,
        "vat:output:service": 0,
    }
    pay(owing, {VAT: 1_000}, reclaimed_minor=1_000)
    assert set(books.balances(owing, VAT).values()) == {0}
    assert books.balance(owing, "outside:bank") == 1_000 + 60
    assert books.balance(owing, "outside:vat-reclaimed") == 40 + 1_000
    assert checks.findings(owing) == []


def test_one_payment_is_one_entry_and_the_bank_shows_what_left_it(owing: Session) -> None:
    """VAT reclaimed did not leave the bank, the employer's own contributions did; the books stay sound."""
    row = pay(owing, {TAX: 5_000, STUDENT: 500, VAT: 1_000}, reclaimed_minor=300, employer_minor=700)
    assert books.balance(owing, "outside:bank") == 5_000 + 500 + 700 + 700
    assert books.balance(owing, "outside:vat-reclaimed") == 300
    assert books.balance(owing, "co-op:employer-costs") == -700
    assert [(each.account, each.amount_minor) for each in remittances.owed(owing)] == [(STUDENT, 1_500)]
    entry = books.entry_by_id(owing, row.entry_id)
    assert entry is not None
    assert (entry.key, entry.entry.at.date()) == ("remittance:1", FRIDAY)
    assert checks.findings(owing) == []


def test_vat_paid_on_is_no_supply(owing: Session) -> None:
    """The quarter's return says the same before and after its VAT was paid, and after that was taken back."""
    since, until = (
        datetime(2026, 10, 1, tzinfo=FRIDAY_SIX.tzinfo),
        datetime(2027, 1, 1, tzinfo=FRIDAY_SIX.tzinfo),
    )
    before = vat.reported(owing, since=since, until=until)
    assert before.box_1_minor == 1_000
    pay(owing, {VAT: 1_000})
    assert vat.reported(owing, since=since, until=until) == before
    remitting.take_back(owing, 1, "another quarter's", by=9, now=FRIDAY_SIX)
    assert vat.reported(owing, since=since, until=until) == before


def test_a_form_sent_twice_is_one_payment(owing: Session) -> None:
    """The same number with the same facts is answered as it stands; with others it is refused, and nothing moves."""
    first = pay(owing, {TAX: 2_000}, number=1)
    assert pay(owing, {TAX: 2_000}, number=1).id == first.id
    for amounts, more in (
        ({TAX: 2_001}, {}),
        ({TAX: 2_000}, {"reference": "HMRC again"}),
        ({TAX: 1}, {"number": 3}),
    ):
        with pytest.raises(RemittanceRefused, match="look before you go on"):
            pay(owing, amounts, **({"number": 1} | more))
    assert pay(owing, {TAX: 2_000}, number=2).number == 2
    assert books.balance(owing, TAX) == 1_000


def test_a_command_typed_twice_is_one_payment(owing: Session) -> None:
    """Without a number the same sums of a day under one reference are the payment that stands, until taken back."""
    first = pay(owing, {TAX: 2_000})
    assert pay(owing, {TAX: 2_000}).id == first.id
    assert pay(owing, {TAX: 2_000}, reference="HMRC, the other half").number == 2
    remitting.take_back(owing, 1, "by mistake", by=8, now=FRIDAY_SIX)
    assert pay(owing, {TAX: 2_000}).number == 4
    assert books.balance(owing, TAX) == 1_000


@pytest.mark.parametrize(
    ("amounts", "more", "told"),
    [
        ({TAX: 5_001}, {}, "payroll:income-tax: £50.00 is owed, and £50.01 of it cannot be paid on."),
        ({"rider:3:wages": 1}, {}, "rider:3:wages: £0.00 is owed"),
        ({"vat:output:service": 1}, {}, "vat:output:service: £0.00 is owed"),
        ({TAX: 100}, {"reclaimed_minor": 1}, "More VAT is reclaimed than is settled"),
        ({TAX: 0}, {}, "Say how much of what was paid on"),
        ({TAX: 100}, {"reference": " "}, "what stands on the bank's statement"),
        ({TAX: 100}, {"paid_on": date(2026, 11, 21)}, "That day is still to come"),
        (
            {TAX: 100},
            {"paid_on": date(2026, 4, 30)},
            "before these books: their first rules are of 2026-05-01",
        ),
        ({TAX: -1}, {}, "no amount"),
        ({TAX: True}, {}, "no amount"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    owing: Session, amounts: dict[str, int], more: dict[str, object], told: str
) -> None:
    """More than is owed, another's money, nothing at all, a day to come: nothing is written."""
    head = books.head(owing)
    with pytest.raises((RemittanceRefused, BadAmount), match=told):
        pay(owing, amounts, **more)
    assert books.head(owing) == head
    assert list(remittances.made(owing)) == []


def test_a_mistake_is_taken_back_once_by_a_named_person(owing: Session) -> None:
    """What it moved moves back, both stand in the list with their reason, and a taking back is final."""
    pay(owing, {TAX: 5_000}, employer_minor=50)
    with pytest.raises(RemittanceRefused, match="why"):
        remitting.take_back(owing, 1, " ", by=8, now=FRIDAY_SIX)
    back = remitting.take_back(owing, 1, "It was last year's", by=8, now=FRIDAY_SIX)
    assert remitting.take_back(owing, 1, "It was last year's", by=8, now=FRIDAY_SIX).id == back.id
    assert books.balance(owing, TAX) == 5_000
    assert books.balance(owing, "outside:bank") == 0
    for number in (2, 3):
        with pytest.raises(RemittanceRefused, match=f"no remittance {number}"):
            remitting.take_back(owing, number, "again", by=8, now=FRIDAY_SIX)
    assert [(row.number, row.takes_back, row.by_person_id) for row in remittances.made(owing)] == [
        (1, None, 9),
        (2, 1, 8),
    ]
    assert checks.findings(owing) == []
    with pytest.raises(RemittanceRefused, match="look before you go on"):  # its form, sent once more
        pay(owing, {TAX: 5_000}, employer_minor=50, number=1)
    assert pay(owing, {TAX: 5_000}).number == 3


def test_the_employers_own_contributions_may_go_alone(owing: Session) -> None:
    """A pension provider is paid the co-op's part by itself."""
    assert pay(owing, {}, employer_minor=123).left_minor == 123
    assert books.balance(owing, "outside:bank") == 123


def test_deductions_cannot_be_spent_twice(owing: Session, now: datetime) -> None:
    """Whoever posts, what was withheld is never taken below nought."""
    version = books.in_force(owing, at=now)[0]
    entry = Entry("any:1", now, "Any", (Posting(TAX, "outside:bank", 5_001),), "GBP", version, "x")
    with pytest.raises(MoneyFault, match=TAX):
        books.post(owing, entry, now=now)


def test_the_audit_finds_a_remittance_without_its_entry(owing: Session, now: datetime) -> None:
    """A row that points at another entry, or was never written down, is found; and no row can be changed."""
    pay(owing, {TAX: 100})
    with pytest.raises(DatabaseError), owing.begin_nested():
        owing.connection().execute(text("UPDATE remittance SET reference = 'other'"))
    facts = {"paid_on": FRIDAY, "reference": "made up", "by_person_id": 1, "at": now, "entry_id": 1}
    sums = {"amounts": {TAX: 100}, "reclaimed_minor": 0, "employer_minor": 0}
    for number, told in (
        (3, ["remittance 3 is there and 2 is not"]),
        (2, ["remittance 2 has no entry of its own", "remittance 3 has no entry of its own"]),
    ):
        owing.add(remittances.RemittanceRow(number=number, **facts, **sums))
        owing.flush()
        assert [each.message for each in checks.findings(owing) if each.rule == "remittance"] == told


def test_the_audit_finds_an_entry_without_its_remittance(owing: Session, now: datetime) -> None:
    """Somebody posts past the form, or a row says another sum than its entry moved."""
    version = books.in_force(owing, at=now)[0]
    postings = (Posting(TAX, "outside:bank", 100),)
    entry_id = books.post(owing, Entry("remittance:1", now, "Paid", postings, "GBP", version, "x"), now=now)
    assert [each.message for each in checks.findings(owing)] == [
        "remittance:1 is an entry, and no remittance"
    ]
    owing.add(
        remittances.RemittanceRow(
            number=1, paid_on=FRIDAY, reference="made up", by_person_id=1, at=now, entry_id=entry_id,
            amounts={TAX: 99}, reclaimed_minor=0, employer_minor=0,
        )
    )  # fmt: skip
    owing.flush()
    assert [each.message for each in checks.findings(owing)] == [
        f"remittance 1 says another sum than its entry {entry_id}"
    ]
