"""Names in the letters that paper has: nobody's is a row of question marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.letters import cell, latin


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Zoë Łukasz O’Brien", "Zoë Lukasz O'Brien"),
        ("Нина Петрова", "Nina Petrova"),
        ("Γιώργος", "Giorgos"),
        ("Nguyễn Thị Ánh", "Nguyen Thi Ánh"),
        ("تامر", "tamr"),
        ("3 € – “tube”", '3 EUR  - "tube"'),
        ("王小明", "WangXiaoMing"),
        ("أحمد إبراهيم", "ahmd ibrahym"),
        ("Ольга Подъячева", "Olga Podyacheva"),
        ("فاطمة", "fatma"),
        ("ʻOkina", "'Okina"),
        ("שלום 🚲", "slvm "),
        ("𒀀", "?"),
    ],
)
def test_a_name_is_told_by_its_letters_or_their_sound(written: str, told: str) -> None:
    """Western letters stay, accents that paper lacks are left off, other scripts go by their sound."""
    assert latin(written) == told


@given(st.text(max_size=40))
def test_anything_can_be_printed(words: str) -> None:
    """Whatever was typed ends up in Latin-1, and said again it stays as it is."""
    told = latin(words)
    told.encode("latin-1")
    assert latin(told) == told


@pytest.mark.parametrize("written", ["=cmd|' /C calc'!A0", " =1+1", "+44", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_name_is_a_formula(written: str) -> None:
    """What a spreadsheet would reckon has a mark in front, blanks before it or not; other words are as they are."""
    assert cell(written) == f"'{written}"
    assert cell("Ó Caoimh, Sam") == "Ó Caoimh, Sam"
