"""The books' own audit: a hand that got past the triggers is named, with the entry it touched."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from payments import books, checks, ledger, pay
from payments.books import holds
from payments.errors import BooksUnsound
from payments.kept import append_only_tables
from payments.ledger import Entry, Posting
from payments.pay import OrderMoney, ShiftMoney


def by_hand(session: Session, *statements: str) -> None:
    """What someone with the database's password and no scruples might do."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for constraint in ("ck_posting_amount", "ck_posting_moves"):
            connection.exec_driver_sql(f"ALTER TABLE posting DROP CONSTRAINT IF EXISTS {constraint}")
    for statement in statements:
        connection.execute(text(statement))


def found(session: Session, head: tuple[int, str] | None = None) -> set[tuple[str, int | None]]:
    told = checks.findings(session, head=head)
    assert all(each.message for each in told)
    return {(each.rule, each.entry_id) for each in told}


def test_sound_books_have_no_findings(evening: Session) -> None:
    """Nothing is found in books nobody touched, and the head noted at any time is still there."""
    heads = [(each.id, each.hash) for each in books.booked(evening)]
    assert checks.findings(evening) == []
    assert all(checks.findings(evening, head=head) == [] for head in [(0, books.GENESIS), *heads])


def test_empty_books_are_sound(session: Session) -> None:
    """Before anything happened there is nothing to find."""
    assert found(session) == set()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posting SET amount = amount + 1 WHERE entry_id = 4 AND position = 3",
        "UPDATE posting SET amount = -5 WHERE entry_id = 4 AND position = 1",
        "UPDATE posting SET destination = 'rider:4:tips' WHERE entry_id = 4 AND position = 2",
        "UPDATE posting SET destination = source WHERE entry_id = 4 AND position = 2",
        "UPDATE posting SET position = 9 WHERE entry_id = 4 AND position = 0",
        "DELETE FROM posting WHERE entry_id = 4 AND position = 3",
        "DELETE FROM posting WHERE entry_id = 4",
        "INSERT INTO posting VALUES (4, 4, 'co-op:wages', 'rider:3:wages', 1)",
        "UPDATE entry SET why = 'Order 2 Delivered' WHERE id = 4",
        "UPDATE entry SET key = 'order:2:delivered:3' WHERE id = 4",
        "UPDATE entry SET subject = 'order:1' WHERE id = 4",
        "UPDATE entry SET unit = 'EUR' WHERE id = 4",
        "UPDATE entry SET unit = '' WHERE id = 4",
        "UPDATE entry SET rulebook = '9-none' WHERE id = 4",
        "UPDATE entry SET size = 3 WHERE id = 4",
        "UPDATE entry SET body = 'x' WHERE id = 4",
        "UPDATE entry SET hash = 'x' WHERE id = 4",
        "UPDATE entry SET prev_hash = 'x' WHERE id = 4",
        "UPDATE entry SET at = '2026-11-20 18:00:00.000001' WHERE id = 4",
        "UPDATE entry SET recorded_at = '2026-11-20 18:00:00.000001' WHERE id = 4",
        "UPDATE entry SET reverses = 'order:1:delivered:1' WHERE id = 4",
    ],
)
def test_a_changed_byte_is_found_and_its_entry_named(evening: Session, change: str) -> None:
    """Any one thing changed in one entry is found by the chain, at that entry."""
    by_hand(evening, change)
    rules = found(evening)
    assert ("chain", 4) in rules
    assert {number for _, number in rules if number is not None and number < 4} == set()


def test_a_garbled_instant_is_found_too(evening: Session) -> None:
    """An instant that cannot even be read names its entry instead of stopping the audit."""
    if evening.connection().dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps instants as instants")
    by_hand(evening, "UPDATE entry SET at = '2o26-11-20' WHERE id = 4")
    assert {("chain", 4), ("readable", 4)} <= found(evening)


def test_a_forger_who_mends_the_entry_breaks_the_chain(evening: Session, now: datetime) -> None:
    """An entry rewritten with its own digest and hash made good no longer fits the one after."""
    entry = next(each for each in books.booked(evening) if each.id == 9)
    forged = Entry(
        entry.key, entry.entry.at, entry.why, (Posting("outside:capital", "member:9:shares", 900),),
        entry.unit, entry.rulebook, entry.subject,
    )  # fmt: skip
    body = ledger.digest(forged)
    new = ledger.chain(entry.prev_hash, 9, body, now)
    by_hand(
        evening,
        "UPDATE posting SET amount = 900 WHERE entry_id = 9",
        f"UPDATE entry SET body = '{body}', hash = '{new}' WHERE id = 9",
    )
    assert found(evening) == {("chain", 10), ("sum", None)}


def test_an_entry_taken_out_is_missed(evening: Session) -> None:
    """An entry deleted from the middle leaves a gap that the next one tells of."""
    by_hand(evening, "DELETE FROM posting WHERE entry_id = 9", "DELETE FROM entry WHERE id = 9")
    assert found(evening) == {("chain", 10), ("sum", None)}
    assert any("entries 9 to 9 before it are gone" in each.message for each in checks.findings(evening))


def test_an_end_cut_off_is_missed(evening: Session) -> None:
    """Entries deleted from the end are missed by whoever noted the head, by number and by hash, and by the sums."""
    head = books.head(evening)
    by_hand(evening, "DELETE FROM posting WHERE entry_id > 8", "DELETE FROM entry WHERE id > 8")
    assert found(evening) == {("sum", None)}
    assert found(evening, head) == {("end", 10), ("sum", None)}
    books.sums.rebuild(evening)
    assert found(evening) == set()
    assert found(evening, head) == {("end", 10)}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rulebook_version SET text = replace(text, '1480', '1380')",
        "UPDATE rulebook_version SET effective_on = '2026-05-02'",
        "UPDATE rulebook_version SET resolution = 'Another meeting'",
        "UPDATE rulebook_version SET digest = replace(digest, substr(digest, 1, 1), 'z')",
    ],
)
def test_a_changed_rulebook_is_found(evening: Session, change: str) -> None:
    """The text, the day and the resolution of a rulebook cannot be changed unseen."""
    by_hand(evening, change)
    assert ("rulebook", None) in found(evening)


def test_a_rulebook_taken_away_is_missed_by_its_entries(evening: Session) -> None:
    """An entry whose rulebook is gone says so."""
    by_hand(evening, "DELETE FROM rulebook_version")
    assert {("rulebook", number) for number in range(1, 11)} <= found(evening)


def entered(session: Session, *entries: tuple[str, str, tuple[Posting, ...]]) -> None:
    """Post well-formed entries that the domain would have refused."""
    version = books.versions(session)[0].version
    at = datetime.fromisoformat("2026-11-20T20:00:00+00:00")
    for key, subject, postings in entries:
        books.post(session, Entry(key, at, "by hand", postings, "GBP", version, subject), now=at)


def test_a_payable_below_nought_is_found(evening: Session, now: datetime) -> None:
    """A tip undone after it was paid out is found, once, at the entry that took the rider below nought."""
    until = now + timedelta(hours=1)
    payout = {"source": "rider:3:tips", "destination": "outside:bank", "subject": "rider:3"}
    holds.hold(evening, key="payout:1", amount=350, expires_at=until, why="Payday", now=now, **payout)  # 11
    holds.post(evening, "payout:1", why="Paid", now=now)  # 12
    pay.undelivered(evening, 2, 2, why="wrong door", now=now)  # 13
    entered(
        evening,
        ("x:1", "rider:3", (Posting("co-op:delivery", "rider:3:tips", 1),)),
        ("x:2", "restaurant:7", (Posting("restaurant:7", "co-op:delivery", 9999),)),
    )
    assert found(evening) == {("taken back", 13), ("tips", None)}  # and the penny is no customer's


def test_a_correction_made_good_is_sound(evening: Session, now: datetime) -> None:
    """A shift made longer, and a delivery marked anew, after they were paid out leave nothing to find for ever."""
    end = now + timedelta(hours=5)
    for account in ("wages", "tips"):
        source = f"rider:3:{account}"
        owed = books.balance(evening, source)
        key, until = f"payout:{account}", end + timedelta(hours=1)
        facts = {"key": key, "source": source, "destination": "outside:bank", "subject": "rider:3"}
        holds.hold(evening, amount=owed, expires_at=until, why="Payday", now=end, **facts)
        holds.post(evening, key, why="Paid", now=end)
    short, longer = (ShiftMoney(5, 3, now, end + timedelta(hours=more), more, 2) for more in (0, 1))
    pay.shift_corrected(evening, short, longer, why="Went on", now=end + timedelta(hours=1))
    pay.undelivered(evening, 2, 2, why="wrong door", now=end)
    assert {rule for rule, _ in found(evening)} == {"taken back"}
    pay.delivered(evening, OrderMoney(2, 7, 3, 1500, 400, 100, "account", 3), now=end)
    assert found(evening) == set()


def test_an_order_split_by_other_rules_is_found(evening: Session) -> None:
    """A delivery whose commission or card cost is not what its rulebook says is found."""
    short = (
        Posting("outside:card", "restaurant:7", 1000),
        Posting("restaurant:7", "co-op:commission", 149),
        Posting("co-op:card-cost", "outside:card", 35),
    )
    entered(evening, ("order:44:delivered:1", "order:44", short))
    assert found(evening) == {("split", 11)}


def test_holiday_pay_withheld_is_found(evening: Session) -> None:
    """A shift whose holiday pay is not its rulebook's share of the wages is found."""
    entered(evening, ("shift:6:ended:0", "shift:6", (Posting("co-op:wages", "rider:3:wages", 7400),)))
    assert found(evening) == {("split", 11)}


def test_an_order_booked_twice_is_found(evening: Session) -> None:
    """Two deliveries of one order that both stand are found at the second."""
    again = (
        Posting("outside:card", "restaurant:8", 900),
        Posting("outside:card", "co-op:delivery", 350),
        Posting("restaurant:8", "co-op:commission", 135),
        Posting("co-op:card-cost", "outside:card", 39),
    )
    entered(evening, ("order:3:delivered:2", "order:3", again))
    assert found(evening) == {("twice", 11)}


def test_a_shift_whose_first_end_is_written_after_its_second_is_found(evening: Session) -> None:
    """Which of two was named first does not matter: both stand, and the later one is found."""
    pay_ = (
        Posting("co-op:wages", "rider:3:wages", 7400),
        Posting("co-op:holiday", "rider:3:holiday-set-aside", 893),
    )
    for revision in (1, 0):
        entered(evening, (f"shift:6:ended:{revision}", "shift:6", pay_))
    assert found(evening) == {("twice", 12)}


def test_too_much_given_back_is_found(evening: Session) -> None:
    """Refunds beyond what the customer paid without the tip are found at the last of them."""
    entered(evening, ("order:1:refunded:2", "order:1", (Posting("co-op:refunds", "outside:card", 2101),)))
    assert found(evening) == {("refund", 11)}
    entered(evening, ("order:77:refunded:1", "order:77", (Posting("co-op:refunds", "outside:card", 1),)))
    assert found(evening) == {("refund", 11), ("refund", 12)}


def test_the_audit_covers_every_table_of_the_books() -> None:
    """The tables that triggers protect are those the audit reads."""
    books_ = {"rulebook_version", "entry", "posting"}
    assert append_only_tables() == books_ | {"settlement_line", "settlement_adjustment", "remittance"}


def test_any_finding_stops_what_pays(evening: Session, now: datetime) -> None:
    """Sound books let a payment go ahead; wrong ones stop it, with every finding named."""
    checks.stop_if_wrong(evening, now=now)
    by_hand(evening, "UPDATE posting SET amount = amount + 1 WHERE entry_id = 4 AND position = 3")
    with pytest.raises(BooksUnsound) as stopped:
        checks.stop_if_wrong(evening, now=now)
    assert {(rule, number) for rule, number, _ in stopped.value.findings} == found(evening)
    assert "nothing is paid" in str(stopped.value)
