"""The curve of what evenness costs: its table, its picture, and the weight a lambda means."""

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench import fairness
from bench.fairness import Point, markdown, picture
from bench.mdrp.ridden import Setting
from routing.fairness import marginal

DATA = Path(os.environ.get("PANNIER_TEST_DATA", "/nowhere"))
HALF = DATA / "mdrplib" / "0o50t100s2p100"


def point(name: str, gini: float, minutes: float) -> Point:
    """A point of a curve."""
    return Point(
        name, {key: 0.0 for key, _, _ in fairness.MEANS} | {"gini_pay_per_h": gini, "ctd_mean_min": minutes}
    )


CURVE = [point("0", 0.2, 30.0), point("1", 0.15, 30.3), point("10", 0.12, 33.0)]


def test_lambda_is_minutes_per_order_an_hour() -> None:
    """With lambda 3 an order given to who has one order an hour more costs three minutes more."""
    weight = Setting(fairness=3).rules().weights.fairness
    assert weight * (marginal(had=6, hours=3) - marginal(had=3, hours=3)) == pytest.approx(3 * 60)


def test_the_table_says_what_it_costs() -> None:
    """Click-to-door stands in per cent of the first lambda's."""
    assert [line.split("|")[-2].strip() for line in markdown(CURVE, []).splitlines()[2:]] == [
        "+0.00",
        "+1.00",
        "+10.00",
    ]


def test_the_picture_has_a_dot_for_every_point() -> None:
    """The picture is well-formed, has every lambda and peer, and puts fairer points to the left."""
    root = ET.fromstring(picture(CURVE, [point("foodmatch", 0.25, 31.6)]))  # noqa: S314 - our own
    dots = [float(dot.attrib["cx"]) for dot in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert len(dots) == 4
    assert dots[2] < dots[1] < dots[0] < dots[3]
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"lambda 0", "lambda 1", "lambda 10", "foodmatch"} <= set(words)


@pytest.mark.skipif(not HALF.is_dir(), reason="PANNIER_TEST_DATA has no mdrplib")
def test_weight_on_evenness_evens(tmp_path: Path) -> None:
    """On a real day, three minutes of lambda make pay more even than none."""
    words = [str(HALF), "--lambdas", "0,3", "--epoch-min", "5", "--iterations", "20", "--per-order", "4"]
    words += ["--workers", "1", "--json", str(tmp_path / "curve.json"), "--svg", str(tmp_path / "curve.svg")]
    assert fairness.main(words) == 0
    none, some = json.loads((tmp_path / "curve.json").read_text())["curve"]
    assert some["gini_pay_per_h"] < none["gini_pay_per_h"]
    assert (tmp_path / "curve.svg").read_text().startswith("<svg")
