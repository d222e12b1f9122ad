"""The trap of minima: which columns are of one wave, and when minima beside an empty sister are too many to be real."""

from __future__ import annotations

from dataclasses import replace

import pytest

from myotome.science.followup.missing import check_minima, is_empty, looks_missing, sisters_of, stands_for_missing
from myotome.science.followup.trial import Question, validate_recovery, waves_of
from myotome.vocabulary.errors import InvalidValue


@pytest.mark.parametrize(
    ("column", "other", "sister"),
    [
        ("days_12mo", "days_base", "headache_12mo"),
        ("days_base", "days_12mo", "headache_base"),
        ("days12mo", "daysbase", "headache12mo"),
        ("daysbase", "days12mo", "headachebase"),
        ("12mo_days", "base_days", "12mo_headache"),
        ("base_days", "12mo_days", "base_headache"),
        ("12mo_days", "3mo_days", "12mo_headache"),
        ("days_12mo", "days_2mo", "headache_12mo"),
        ("days_12mo", "days_base", "m12_headache"),
        ("pain_post", "pain_pre", "odi_post"),
        ("pre_pain", "post_pain", "pre_odi"),
        ("pain_avg_2", "pain_avg_1", "odi_2"),
        ("pain_1", "pain_2", "pain_worst_1"),
        ("p5", "p1", "gen5"),
        ("days-w8", "days-w0", "score-w8"),
    ],
)
def test_a_sister_is_of_the_same_wave(column, other, sister):
    assert sisters_of(column, other, [column, other, sister, "id", "age"]) == [sister]


@pytest.mark.parametrize(
    ("column", "other", "stranger"),
    [
        ("days_12mo", "days_base", "days_3mo"),
        ("12mo_days", "base_days", "3mo_days"),
        ("days12mo", "daysbase", "days3mo"),
        ("days_12mo", "days_base", "headache_3mo"),
        ("days_2mo", "days_base", "headache_12mo"),
        ("days2", "days1", "score12"),
        ("pain_post", "pain_pre", "cost"),
        ("pain_avg_2", "pain_avg_1", "phq2"),
        ("pain_1", "pain_2", "tsk11"),
        ("followup", "pain", "age"),
    ],
)
def test_another_wave_another_number_or_a_word_with_the_same_letters_is_none(column, other, stranger):
    assert sisters_of(column, other, [column, other, stranger]) == []


@pytest.mark.parametrize("cell", ["", "  ", "NA", "n/a", " NaN ", "null", "None", "."])
def test_blanks_and_words_for_nothing_are_empty(cell):
    assert is_empty(cell)
    assert not is_empty("0")


@pytest.mark.parametrize(
    ("n_empty", "n_without", "n_filled", "n_with", "looks"),
    [
        (31, 31, 1, 119, True),
        (5, 5, 1, 30, True),
        (4, 4, 0, 140, True),
        (2, 2, 0, 140, True),
        (1, 1, 0, 1000, False),
        (2, 2, 10, 140, False),
        (6, 20, 0, 140, False),
        (10, 10, 60, 140, False),
        (0, 10, 0, 140, False),
    ],
)
def test_minima_beside_an_empty_sister_are_too_many_when_chance_would_hardly_bring_them(
    n_empty, n_without, n_filled, n_with, looks
):
    assert looks_missing(n_empty, n_without, n_filled, n_with) is looks


def rows(n_missing: int, n: int, *, empty: str = "", days: str = "days_12", score: str = "score_12"):
    """`n` people, the first `n_missing` without a diary: their days are 0 and their score is empty."""
    return [
        {
            "days_0": str(10 + k % 9),
            days: "0" if k < n_missing else str(1 + k % 9),
            score: empty if k < n_missing else "20",
        }
        for k in range(n)
    ]


QUESTION = Question(outcome="days_12", baseline="days_0", high=28)


def cleaned(people):
    return [row | {"days_12": row["days_12"] if row["score_12"] else ""} for row in people]


def test_a_few_in_a_small_file_are_seen_beside_the_other_file():
    few, clean = rows(2, 8), cleaned(rows(30, 150))
    check_minima(few, "days_12", "days_0", 0.0)
    for train, test in ((clean, few), (few + clean[:60], clean)):
        with pytest.raises(InvalidValue, match="in 2 of 2 rows where score_12 is empty") as caught:
            validate_recovery(train, test, QUESTION)
        assert caught.value.field == "days_12"
    assert validate_recovery(clean, few, replace(QUESTION, zero_is_real=True))["n"] == 8
    assert validate_recovery(clean, cleaned(few), QUESTION)["n"] == 6
    alone = [{name: row[name] for name in ("days_0", "days_12")} for row in few]
    assert validate_recovery(clean, alone, QUESTION)["n"] == 8


@pytest.mark.parametrize("empty", ["NA", "  ", "nan"])
def test_a_sister_that_says_nothing_in_a_word_is_empty_too(empty):
    with pytest.raises(InvalidValue, match="in 8 of 8 rows where score_12 is empty"):
        validate_recovery(rows(8, 60, empty=empty), rows(0, 30), QUESTION)


@pytest.mark.parametrize(
    ("n_empty", "n_without", "n_filled", "n_with", "stands"),
    [(29, 29, 0, 111, True), (5, 5, 6, 30, True), (5, 5, 7, 30, False), (28, 29, 0, 111, False), (4, 4, 0, 100, False)],
)
def test_a_column_of_no_known_wave_has_to_be_at_the_minimum_in_every_row(n_empty, n_without, n_filled, n_with, stands):
    assert stands_for_missing(n_empty, n_without, n_filled, n_with) is stands


def test_minima_are_seen_beside_a_column_whose_name_tells_no_wave():
    with pytest.raises(InvalidValue, match="in 8 of 8 rows where score_post is empty"):
        validate_recovery(rows(8, 60, score="score_post"), rows(0, 30, score="score_post"), QUESTION)
    real = [row | {"why_left": "" if k < 30 else "moved", "days_12": "0" if k % 5 == 0 else "6"} for k, row in enumerate(rows(0, 60, score="score_post"))]  # fmt: skip
    assert validate_recovery(real, real, QUESTION)["n"] == 60


def test_each_score_is_held_against_another_wave_of_its_own():
    question = Question(outcome="pain_2", baseline="pain_0", update="pain_1")
    assert waves_of(question) == [("pain_0", "pain_2"), ("pain_2", "pain_0"), ("pain_1", "pain_0")]
