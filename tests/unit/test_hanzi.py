"""The typeface that goes with the pages has every hanzi of the acupoint names, so that no device needs one of its own."""

from pathlib import Path

from fontTools.ttLib import TTFont

from myotome.knowledge.acupoints import acupoints

FONT = Path(__file__).parents[2] / "frontend" / "fonts" / "noto-sans-sc-points.woff2"


def test_every_hanzi_of_a_point_is_in_the_typeface():
    has = TTFont(FONT).getBestCmap()
    missing = {char for point in acupoints().values() for char in point.hanzi if ord(char) not in has}
    assert missing == set(), "run python frontend/convert/hanzi.py"
