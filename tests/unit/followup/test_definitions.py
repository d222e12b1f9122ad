"""Responder, recovered, plateau and relapse are computed by the thresholds of their definitions; missing tells nothing."""

from datetime import date, timedelta

import pytest

from myotome.knowledge.measures import all_definitions, definitions
from myotome.science.followup.definitions import Outcome, held_by, is_latently_recovered, is_responder

DAY = date(2026, 9, 1)


def on(*rows):
    """Points as (days since the start, value)."""
    return [(DAY + timedelta(days=days), value) for days, value in rows]


GOOD = {"pain": on((0, 7), (60, 1), (90, 0)), "function": on((60, 9), (90, 9.5)), "worst_sign": on((58, 1), (91, 0))}


def holds(code, **outcome):
    held = held_by(Outcome(**outcome))[code]
    assert held.version == definitions()[code].version
    assert (held.holds is True) == (not held.against)
    return held.holds


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"pain": on((0, 10), (30, 7)), "change": on((30, 6))}, True),
        ({"pain": on((0, 10), (30, 8)), "change": on((30, 7))}, False),
        ({"pain": on((0, 10), (30, 7)), "change": on((30, 5))}, False),
        ({"pain": on((0, 10), (30, 7)), "change": on((23, 6))}, True),
        ({"pain": on((0, 10), (30, 7)), "change": on((22, 7))}, None),  # more than a week before
        ({"pain": on((0, 10), (30, 7)), "change": on((22, 1))}, None),
        ({"pain": on((0, 10), (30, 7)), "change": on((37, 6))}, True),
        ({"pain": on((0, 10), (30, 7)), "change": on((38, 6))}, None),  # more than a week after
        ({"pain": on((0, 10), (30, 7)), "change": on((30, 6), (60, 2))}, None),  # what came later has no pain beside it
        ({"pain": on((0, 10), (30, 8)), "change": on((2, 7))}, False),  # pain alone says no
        ({"pain": on((0, 3), (30, 2)), "change": on((30, 7))}, False),  # a third, and one point
        ({"pain": on((0, 3), (30, 1)), "change": on((30, 7))}, True),
        ({"pain": on((0, 10), (30, 7))}, None),
        ({"pain": on((0, 10), (30, 8))}, False),
        ({"pain": on((0, 10)), "change": on((30, 7))}, None),
        ({}, None),
    ],
)
def test_a_responder_has_clearly_less_pain_by_share_and_by_points_and_says_much_better(outcome, expected):
    assert holds("responder", **outcome) is expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"pain": on((0, 7), (60, 1), (90, 2))}, False),
        ({"pain": on((0, 7), (60, 2), (90, 1))}, None),
        ({"pain": on((0, 7), (63, 1), (90, 0)), "worst_sign": on((63, 1), (91, 0))}, None),  # 27 days apart
        ({"pain": on((0, 7), (62, 1), (90, 0)), "worst_sign": on((62, 1), (91, 0))}, True),  # 28 days apart
        ({"function": on((60, 9), (90, 8.9))}, False),
        ({"function": on((60, 9))}, None),
        ({"worst_sign": on((58, 1), (91, 2))}, False),
        ({"worst_sign": on((58, 2), (91, 1))}, None),
        ({"worst_sign": on((58, 1), (82, 0))}, None),  # not examined within a week of the last review
        ({"pain": []}, None),
    ],
)
def test_recovered_is_good_pain_function_and_signs_at_two_reviews_four_weeks_apart(change, expected):
    assert holds("recovered", **(GOOD | change)) is expected


def test_what_stands_against_recovered_is_said():
    held = held_by(Outcome(pain=on((0, 7), (30, 3)), function=on((30, 6))))["recovered"]
    assert [str(sentence) for sentence in held.against] == [
        "Average pain was 3 on 2026-10-01.",
        "Function was 6 around 2026-10-01.",
        "The segmental signs were not examined around 2026-10-01.",
        "There is no such review at least 4 weeks before the last.",
    ]


@pytest.mark.parametrize(
    ("pain", "expected"),
    [([7, 5, 5, 6, 5], True), ([5, 7, 5, 6], False), ([5, 5, 5], None), ([], None)],
)
def test_a_plateau_is_pain_within_a_point_over_four_visits(pain, expected):
    assert holds("plateau", pain=on(*((7 * k, value) for k, value in enumerate(pain)))) is expected


def test_who_is_recovered_is_on_no_plateau():
    pain = on((0, 1), (30, 1), (60, 1), (90, 0))
    assert holds("plateau", pain=pain) is True
    assert holds("plateau", **(GOOD | {"pain": pain})) is False


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"pain": on((0, 8), (30, 2), (200, 6))}, True),
        ({"pain": on((0, 8), (30, 2), (200, 5.6))}, False),
        ({"pain": on((0, 8), (30, 7), (200, 8))}, False),
        ({"pain": on((0, 8), (30, 2)), "began_again": True}, True),
        ({"pain": on((0, 8))}, None),
        ({"pain": on((0, 0), (30, 0), (60, 0))}, False),
    ],
)
def test_a_relapse_is_pain_back_near_the_beginning_or_treatment_begun_again(outcome, expected):
    assert holds("relapse", **outcome) is expected


def test_the_words_of_a_definition_name_its_thresholds():
    said = {"days_of_one_occasion": "within 7 days", "pain_percent": "30 %", "pain_points": "2 points", "change_at_least": "much better", "pain_at_most": "0 or 1", "function_at_least": "9 or more",
            "sign_below": "grade 2 or more", "reviews": "two reviews", "weeks_apart": "4 weeks", "visits": "four visits",
            "pain_within": "within 1 point", "within_percent": "within 30 %"}  # fmt: skip
    for row in all_definitions().values():
        for name in set(row.thresholds) - {"days_of_one_review"}:
            assert said[name] in row.text


@pytest.mark.parametrize(
    ("now", "first", "expected"),
    [(1.5, 4, True), (1.6, 4, False), (2.0, 8, True), (2.1, 8, False), (None, 8, None), (1, None, None)],
)
def test_latently_recovered_is_the_line_of_the_forecast(now, first, expected):
    assert is_latently_recovered(now, first) is expected


def test_a_version_that_was_replaced_can_be_read_and_says_what_it_said_then():
    rows = all_definitions()
    assert rows["responder-1"].replaced_by == definitions()["responder"].version == "responder-2"
    assert {row.version for row in rows.values() if not row.replaced_by} == {r.version for r in definitions().values()}
    assert {row.replaced_by for row in rows.values()} - {""} <= set(rows)
    of_three = Outcome(pain=on((0, 3), (30, 2)), change=on((30, 7)))
    assert is_responder(of_three, rows["responder-1"]).holds is True
    assert is_responder(of_three, rows["responder-2"]).holds is False


def test_an_old_word_on_the_overall_change_is_neither_a_yes_nor_a_no_and_the_reason_is_said():
    old = Outcome(pain=on((0, 10), (90, 3)), change=on((28, 7)))
    held = held_by(old)["responder"]
    assert held.holds is None
    assert [str(said) for said in held.against] == [
        "The overall change was said on 2026-09-29, more than 7 days from the last answer on pain of 2026-11-30."
    ]
    assert is_responder(old, all_definitions()["responder-1"]).holds is True
