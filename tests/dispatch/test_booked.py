"""Why something was booked, told again in another language: every reason the program writes on a rider's account."""

import ast
from collections.abc import Iterator
from pathlib import Path

import dispatch
from dispatch.facts import english
from dispatch.web import booked
from riders_app.wording import voice

ROOT = Path(dispatch.__file__).parents[1]
# Where entries on riders' accounts are booked, or undone.
BOOKING = (
    *sorted((ROOT / "payments/pay").glob("*.py")),
    ROOT / "payments/runs/steps.py",
    ROOT / "payments/payouts/journey.py",
    *(ROOT / f"dispatch/{name}.py" for name in ("absences", "expenses", "rain", "shifts")),
)
# Booked beside, and on no rider's account.
ELSEWHERE = {"Order 1 cancelled 1: 1", "Not paid: 1"}


def _written(node: ast.expr) -> Iterator[str]:
    """The reason as it would stand in the books, its facts being ones."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            part.value
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
            else "2026-11-20"
            if "isoformat" in ast.dump(part)
            else "1"
            for part in node.values
        )


def _reasons(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.keyword) and node.arg == "why":
            yield from _written(node.value)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "why":
            yield from _written(node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Entry" and len(node.args) > 2:
            yield from _written(node.args[2])


def test_every_reason_the_program_books_is_known() -> None:
    """Whatever is written on a rider's account without a person's words is told in each language."""
    written = {each for path in BOOKING for each in _reasons(path)} - ELSEWHERE
    assert len(written) > 12
    for language in ("pt", "fr", "es"):
        say = voice(language).show
        told = {each: booked.why(say, language, each) for each in written}
        assert [each for each, words in told.items() if words == each] == []


def test_a_reason_keeps_its_facts_and_a_persons_words_stay() -> None:
    """Numbers and days go over; English reads the books as they are; what nobody foresaw is told as it was written."""
    french = voice("fr").show
    assert (
        booked.why(french, "fr", "Shift 7, 20 min of break unpaid") == "Service 7, 20 min de pause non payées"
    )
    assert booked.why(french, "fr", "Sick pay for 2026-11-20") == "Indemnité maladie du ven. 20 nov."
    assert booked.why(french, "fr", "Came back: no such account") == "Revenu : no such account"
    assert booked.why(french, "fr", "Paid up on joining") == "Paid up on joining"
    for written in ("Shift 7", "Leave taken from 2026-11-20", "Pay run 3: deductions", "Rain {number}"):
        assert booked.why(english, "en", written) == written
