"""The deepest range of a point against the table itself, read line by line."""

from importlib.resources import files

import pytest

from myotome.knowledge.acupoints import acupoints
from myotome.science.needling.asks import deepest_range


@pytest.mark.parametrize("point", list(acupoints()))
def test_the_deepest_range_is_the_deepest_line_of_the_table_and_names_everybody_who_says_so(point):
    deepest, sources = None, []
    text = files("myotome.knowledge.acupoints").joinpath("depths.csv").read_text(encoding="utf-8")
    for line in text.splitlines()[1:]:
        name, _low, high, source = line.split(",")
        if name != point:
            continue
        mm = round(float(high) * 25)
        if deepest is None or mm > deepest:
            deepest, sources = mm, []
        if mm == deepest and source not in sources:
            sources.append(source)
    assert deepest_range(point) == (None if deepest is None else (deepest, tuple(sources)))
