"""WHY in one text: what the choice cost, and who else was there."""

import pytest

from dispatch.facts import WhyFacts
from riders_app import wording
from tests.riders_app.examples import AT
from tests.riders_app.test_wording import HOST, one_segment


def test_why_names_the_cost_and_the_others() -> None:
    """WHY says by how much and what for this rider came first, out of how many, by which rules, with a link."""
    told = WhyFacts(
        number=12,
        reference="R-103",
        chosen=(("wait", 4.0), ("travel", 3.2)),
        others=(("rider 1", (("wait", 11.0),)), ("rider 2", (("wait", 15.1),))),
        decided_at=AT,
        rulebook="3-06ae9e7d9aaaa8c8",
        margin_min=3.8,
        because=(("wait", 3.0), ("fairness", 1.3), ("travel", -0.5)),
        riders_out=5,
    )
    text = wording.why(told, f"{HOST}/my/why/17")
    assert one_segment(text)
    for part in (
        "Job 12",
        "3.8 min ahead",
        "food sooner 3, your turn 1.3",
        "Riders out: 5",
        "Rules 3.",
        f"{HOST}/my/why/17",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("margin", "out", "words"),
    [
        (None, 1, "nobody else was out"),
        (None, 3, "nobody else could take it"),
        (0.0, 3, "as good by you as by the next best rider"),
        (-0.4, 3, "the next rider was 0.4 min better, which the search did not find"),
    ],
)
def test_why_says_so_when_nothing_decided(margin: float | None, out: int, words: str) -> None:
    """Alone, alone able, or as good as another: WHY says which, in one segment whatever the order is called."""
    told = WhyFacts(
        number=99,
        reference="R" * 200,
        chosen=(("wait", 4.0),),
        others=(),
        decided_at=AT,
        rulebook="12",
        margin_min=margin,
        riders_out=out,
    )
    text = wording.why(told, f"{HOST}/my/why/123456")
    assert one_segment(text)
    assert words in text
    assert text.endswith(f"{HOST}/my/why/123456")
