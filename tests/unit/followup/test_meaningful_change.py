"""Meaningful change is a share of the first score and points of the scale, both where sources give both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.knowledge.measures import MEASURES_VERSION, change_versions, definitions, measure, measures, slots
from myotome.knowledge.tables import source_keys
from myotome.pages.followup.drawing import change_words
from myotome.science.followup.scoring import is_meaningful_change, meaningful_line

ALL = {**measures(), **slots()}
PAIN = "pain_nrs_average_7d"


@pytest.mark.parametrize(
    ("code", "first", "line"),
    [
        (PAIN, 10, 7),  # two points are a fifth: the share decides
        (PAIN, 7, 4.9),
        (PAIN, 6, 4),  # 30 % are 1.8 points: the points decide
        (PAIN, 3, 1),
        (PAIN, 2, 0),
        (PAIN, 1, None),  # there is no room for two points
        (PAIN, 0, None),
        ("pain_vas", 80, 56),
        ("pain_vas", 40, 25),
        ("peg", 8, 7),
        ("rmdq", 20, 14),
        ("rmdq", 10, 5),
        ("rmdq", 4, None),
        ("psfs", 3, 5),
        ("psfs", 9, None),
        ("headache_days", 20, 10),
        ("ppt_kpa", 200, 250),
        ("odi", 50, 35),
        ("odi", 20, 10),
        ("hit6", 60, None),  # not defined
        ("pgic", 4, 6),  # what is a change already is read as it was said, not from what was said first
        ("pgic", 2, 6),
        ("pgic", 7, 6),
        ("groc", 0, 5),
        ("groc", -4, 5),
    ],
)
def test_the_line_is_the_farther_of_the_share_and_the_points(code, first, line):
    found = meaningful_line(measure(code), first)
    assert found == (None if line is None else pytest.approx(line))


@pytest.mark.parametrize(
    ("first", "now", "expected"),
    [(7, 4, True), (7, 5, False), (3, 2, False), (3, 1, True), (10, 8, False), (10, 7, True), (1, 0, False)],
)
def test_a_point_less_of_three_is_a_third_and_no_meaningful_change(first, now, expected):
    assert is_meaningful_change(measure(PAIN), first, now) is expected


@pytest.mark.parametrize(
    ("code", "first", "now", "expected"),
    [
        ("pgic", 4, 5, False),  # a little better
        ("pgic", 6, 6, True),  # much better, and still
        ("pgic", 7, 6, True),
        ("pgic", 1, 2, False),  # much worse is no change for the better
        ("groc", -5, -2, False),
        ("groc", 3, 4, False),
        ("groc", 5, 5, True),
    ],
)
def test_a_rating_of_change_is_a_change_already_and_not_compared_with_the_first(code, first, now, expected):
    assert is_meaningful_change(measure(code), first, now) is expected


def test_a_rating_of_change_that_is_meaningful_is_that_of_a_responder():
    assert measure("pgic").change.line == definitions()["responder"].thresholds["change_at_least"]


@pytest.mark.parametrize("code", ["phq2", "gad2"])
def test_no_source_is_named_for_a_figure_that_it_does_not_give(code):
    assert measure(code).change.sources == ("judgement",)
    assert measure(code).sources != ("judgement",), "the line of 3 has its source"


@pytest.mark.parametrize(
    ("code", "words"), [(PAIN, "30 % and 2 points"), ("psfs", "2 points"), ("pgic", "6 or more"), ("hit6", "")]
)
def test_each_rule_has_its_words(code, words):
    assert change_words(code) == words


def test_function_that_grows_by_two_points_has_changed():
    assert is_meaningful_change(measure("psfs"), 3, 5)
    assert not is_meaningful_change(measure("psfs"), 3, 4.9)


@given(st.sampled_from(sorted(code for code, rule in ALL.items() if rule.change)), st.floats(0, 1))
def test_who_is_at_the_line_has_changed_by_every_figure_of_the_rule(code, where):
    rule = ALL[code]
    first = rule.low + where * (rule.high - rule.low)
    line = meaningful_line(rule, first)
    if line is None or rule.change.rule == "line":
        return
    moved = abs(line - first) + 1e-9
    assert moved >= (rule.change.points or 0)
    assert moved >= abs(first) * (rule.change.percent or 0) / 100


def test_a_rule_has_the_figures_that_it_combines_and_no_others():
    for version in change_versions():
        assert set(version.of) <= set(ALL)
        for code, change in version.of.items():
            has = {name for name in ("percent", "points", "line") if getattr(change, name) is not None}
            assert has == ({"percent", "points"} if change.rule == "both" else {change.rule}), code
            assert set(change.sources) <= {*source_keys(), "judgement"}, code
            assert change.sources


def test_what_was_said_under_the_first_version_can_still_be_read():
    first, second, now = change_versions()
    assert (first.version, first.measures_version) == ("change-1", "2026.11.2")
    assert (now.version, now.measures_version) == ("change-3", MEASURES_VERSION)
    assert (second.version, second.measures_version) == ("change-2", "2026.11.3")
    assert is_meaningful_change(measure("pgic"), 3, 4, by=second.of["pgic"])
    assert not is_meaningful_change(measure("pgic"), 3, 4)
    assert is_meaningful_change(measure(PAIN), 3, 2, by=first.of[PAIN])
    assert not is_meaningful_change(measure(PAIN), 3, 2)
    assert meaningful_line(measure("peg"), 8, by=first.of["peg"]) == pytest.approx(5.6)
    assert measure(PAIN).change is now.of[PAIN]
