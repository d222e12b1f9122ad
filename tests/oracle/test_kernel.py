"""The response kernel against brute simulation, on people made from the visit model, and against its traps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from myotome.science.followup.draws import draws_of, stored_draws
from myotome.science.followup.kernel import PLAIN, START, Kernel, Scored, fitted_kernel, log_probability, reached_by
from myotome.science.followup.recovery import Covariates, pain_before_visits, people_like
from myotome.science.followup.trial import Question, validate_recovery
from myotome.science.followup.verification import grid_of
from myotome.vocabulary.errors import InvalidValue

GRID = grid_of(0.0, 10.0)
KERNEL = Kernel(np.concatenate([START, [0.4]]), centre=6.0)


def a_person(between: float | None = None, first: float = 7.0) -> Scored:
    return Scored(
        first=np.array([first]),
        last=np.array([3.0]),
        between=None if between is None else np.array([between]),
        covariates=np.array([[0.5]]),
    )


def simulated(n: int = 400_000, first: float = 7.0):
    """(score between, last score) drawn one random number after the other, as the kernel's docstring says."""
    rng = np.random.default_rng(9)
    theta = dict(zip(PLAIN, KERNEL.theta, strict=False))

    def sigmoid(x: float) -> float:
        return 1 / (1 + np.exp(-x))

    pain = 6.0 + sigmoid(theta["shrink"]) * (first - 6.0) + np.exp(theta["log_p_sd"]) * rng.standard_normal(n)
    pain = np.maximum(pain, 0.05)
    floor = np.minimum(theta["floor"], 0.8 * pain)
    responds = rng.random(n) >= sigmoid(theta["logit_none"])
    eta = theta["mu"] + 0.4 * 0.5 + np.exp(theta["log_spread"]) * rng.standard_normal(n)
    change = np.exp(theta["log_natural"]) + responds * np.exp(eta)
    last = floor + (pain - floor) * np.exp(-change)
    between = floor + (pain - floor) * np.exp(-2 * sigmoid(theta["pace"]) * change)

    def noise(x: np.ndarray) -> np.ndarray:
        return np.sqrt(0.25 * np.exp(theta["log_noise"]) + np.exp(theta["log_grow"]) * x) + 0.05

    stay = sigmoid(theta["stay"])
    off = rng.standard_normal(n)
    said_between = between + noise(between) * off
    said_last = last + noise(last) * (stay * off + np.sqrt(1 - stay**2) * rng.standard_normal(n))
    return said_between, said_last, last + noise(last) * rng.standard_normal(n)


def test_the_forecast_without_a_later_score_is_what_simulation_gives():
    _between, _last, alone = simulated()
    found = reached_by(KERNEL, a_person(), GRID)[0]
    for point in (0.5, 2.0, 4.0, 6.0, 8.0):
        at = round(point / 10 * (len(GRID) - 1))
        assert found[at] == pytest.approx((alone <= point).mean(), abs=0.02)


def test_a_score_between_updates_the_forecast_as_conditioning_does():
    between, last, _alone = simulated()
    near = np.abs(between - 4.0) < 0.1
    found = reached_by(KERNEL, a_person(between=4.0), GRID)[0]
    for point in (2.0, 4.0, 6.0):
        at = round(point / 10 * (len(GRID) - 1))
        assert found[at] == pytest.approx((last[near] <= point).mean(), abs=0.03)
    missing = reached_by(KERNEL, a_person(between=float("nan")), GRID)
    np.testing.assert_allclose(missing, reached_by(KERNEL, a_person(), GRID))


def test_the_density_is_the_slope_of_the_distribution():
    person = a_person()
    found = float(np.exp(log_probability(KERNEL, person))[0])
    reached = reached_by(KERNEL, person, np.array([2.99, 3.01, 10.0]))[0]
    assert found == pytest.approx((reached[1] - reached[0]) / 0.02, rel=0.02)


def rows_from_the_visit_model(n: int, seed: int) -> list[dict[str, str]]:
    """A trial made by the visit model: eight weekly treatments or none, half of each, scores to one decimal."""
    rng = np.random.default_rng(seed)
    chosen, _ = stored_draws("a")
    draws = draws_of(chosen, n=n, seed=seed)
    weeks = np.exp(rng.normal(3.0, 0.8, n))
    treated = rng.random(n) < 0.5
    rows = []
    for i in range(n):
        person = people_like(draws.take(np.array([i])), Covariates(duration_weeks=float(weeks[i])))
        days = 7.0 * np.arange(9) if treated[i] else np.array([0.0])
        pain = [x[0] for x in pain_before_visits(person, days)]
        fall = np.exp(-person.lam[0] * 8)
        last = pain[-1] if treated[i] else person.floor[0] + (person.first_pain[0] - person.floor[0]) * fall
        first, last = np.clip([pain[0] + 0.5 + rng.normal() * 0.9, last + rng.normal() * 0.9], 0, 10)
        rows.append(
            {
                "pain_0": f"{first:.1f}",
                "pain_8": f"{last:.1f}",
                "log_weeks": f"{np.log(weeks[i]):.2f}" if rng.random() > 0.1 else "",
                "arm": "needled" if treated[i] else "waiting",
            }
        )
    return rows


QUESTION = Question(outcome="pain_8", baseline="pain_0", covariates=("log_weeks",), arm="arm")


@pytest.fixture(scope="module")
def answer():
    return validate_recovery(rows_from_the_visit_model(300, 1), rows_from_the_visit_model(300, 2), QUESTION)


def test_on_people_of_the_visit_model_it_is_no_worse_than_the_best_baseline(answer):
    assert answer["n"] == 300
    assert answer["n_train"] == 300
    best = min(row["crps"] for row in answer["baselines"].values())
    assert answer["crps"] <= 1.02 * best
    assert 0.72 <= answer["coverage80"] <= 0.88


def test_the_answer_has_its_shape(answer):
    assert {"n", "mae", "crps", "coverage80", "width80", "baselines"} <= set(answer)
    assert set(answer["baselines"]) == {"no_change", "mean_change", "proportional", "sqrt_linear"}
    for row in answer["baselines"].values():
        assert {"mae", "crps", "coverage80", "width80"} <= set(row)


def test_a_missing_covariate_drops_nobody_and_a_missing_outcome_does():
    rows = rows_from_the_visit_model(60, 3)
    bare = [row | {"log_weeks": ""} for row in rows]
    lost = [row | {"pain_8": ""} if k < 10 else row for k, row in enumerate(rows)]
    assert validate_recovery(rows, bare, QUESTION)["n"] == 60
    assert validate_recovery(rows, lost, QUESTION)["n"] == 50


def test_a_fit_moves_with_what_the_people_show():
    rng = np.random.default_rng(12)
    first = rng.uniform(4, 9, 120)
    covariate = rng.normal(size=(120, 1))
    last = first * np.exp(-0.6 * np.exp(0.8 * covariate[:, 0])) + 0.3 * rng.normal(size=120)
    kernel = fitted_kernel(Scored(first, np.clip(last, 0, 10), None, covariate))
    assert kernel.theta[len(PLAIN)] > 0.3


MISSING_AS_ZERO = [
    {"days_0": "12", "days_12": "0" if k < 8 else "9", "score_12": "" if k < 8 else "20"} for k in range(40)
]


def test_minima_that_stand_where_the_sister_column_is_empty_are_refused_unless_they_are_real():
    question = Question(outcome="days_12", baseline="days_0", high=28)
    with pytest.raises(InvalidValue, match="looks like a missing value") as caught:
        validate_recovery(MISSING_AS_ZERO, MISSING_AS_ZERO, question)
    assert caught.value.field == "days_12"
    real = Question(outcome="days_12", baseline="days_0", high=28, zero_is_real=True)
    assert validate_recovery(MISSING_AS_ZERO, MISSING_AS_ZERO, real)["n"] == 40


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "pain_9"}, "pain_9"),
        ({"covariates": ("weight",)}, "weight"),
        ({"arm": "group"}, "group"),
        ({"high": 5.0}, "pain_0"),
        ({"low": 10.0}, "scale"),
        ({"covariates": ("arm",), "arm": None}, "arm"),
        ({"high": float("inf")}, "scale"),
        ({"low": -1e308, "high": 1e308}, "scale"),
        ({"outcome": "pain_0"}, "pain_0"),
        ({"update": "pain_8"}, "pain_8"),
        ({"covariates": ("log_weeks", "pain_8")}, "pain_8"),
        ({"covariates": ("log_weeks", "log_weeks")}, "log_weeks"),
        ({"covariates": ("arm",)}, "arm"),
    ],
)
def test_a_wrong_question_names_its_column(change, field):
    rows = rows_from_the_visit_model(30, 4)
    with pytest.raises(InvalidValue) as caught:
        validate_recovery(rows, rows, replace(QUESTION, **change))
    assert caught.value.field == field


def test_an_arm_that_nobody_was_fitted_on_is_refused_and_a_missing_one_is_the_mix():
    rows = rows_from_the_visit_model(60, 6)
    with pytest.raises(
        InvalidValue, match="line 3: nobody to fit on is in arm 'sham'; there are needled, waiting"
    ) as no:
        validate_recovery(rows, [rows[0], rows[1] | {"arm": "sham"}, *rows[2:]], QUESTION)
    assert no.value.field == "arm"
    one = rows[0] | {"pain_0": "8", "pain_8": "0"}  # what is forecast for her is how far off it is
    needled, waiting, missing = (
        validate_recovery(rows, [one | {"arm": arm}], QUESTION)["baselines"]["sqrt_linear"]["mae"]
        for arm in ("needled", "waiting", " ")
    )
    assert needled < missing < waiting


def test_an_update_is_fitted_on_twenty_scores_or_not_at_all():
    rows = [row | {"pain_4": row["pain_8"] if k < 19 else ""} for k, row in enumerate(rows_from_the_visit_model(60, 7))]
    question = replace(QUESTION, update="pain_4")
    with pytest.raises(InvalidValue, match="19 scores to fit the update on; 20 are needed") as caught:
        validate_recovery(rows, rows, question)
    assert caught.value.field == "pain_4"
    enough = [*rows[:19], rows[19] | {"pain_4": "5"}, *rows[20:]]
    assert validate_recovery(enough, rows[30:], question)["n"] == 30


@pytest.mark.parametrize("value", ["1e308", "-1e10"])
def test_a_covariate_beyond_all_numbers_is_refused(value):
    rows = rows_from_the_visit_model(30, 4)
    with pytest.raises(InvalidValue, match="train, line 5: log_weeks is beyond 1e"):
        validate_recovery([row | {"log_weeks": value} if k == 3 else row for k, row in enumerate(rows)], rows, QUESTION)


@pytest.mark.parametrize("constant", ["3.7", "1e8", ""])
def test_a_covariate_that_is_the_same_for_all_says_nothing_of_others(constant):
    rows = [row | {"log_weeks": constant} for row in rows_from_the_visit_model(60, 8)]
    others = [row | {"log_weeks": str(1e9 - k)} for k, row in enumerate(rows)]
    answer = validate_recovery(rows, others, QUESTION)
    without = validate_recovery(rows, others, replace(QUESTION, covariates=()))
    for name in ("mae", "crps", "coverage80", "width80"):
        assert answer[name] == pytest.approx(without[name], abs=1e-3)
    assert answer["baselines"] == without["baselines"]


def test_too_few_people_are_not_fitted():
    rows = rows_from_the_visit_model(12, 5)
    with pytest.raises(InvalidValue, match="20 are needed"):
        validate_recovery(rows, rows, QUESTION)


def test_an_arm_that_does_next_to_nothing_is_not_drawn_towards_one_that_does_much():
    rng = np.random.default_rng(4)
    first = np.clip(rng.normal(6.0, 1.5, 36), 1, 10)
    does_nothing = np.arange(36) % 2 == 1
    last = np.clip(np.where(does_nothing, 0.97, 0.3) * first + rng.normal(0, 0.8, 36), 0, 10)
    people = Scored(first=first, last=last, between=None, covariates=does_nothing[:, None].astype(float), n_arms=1)
    reached = reached_by(fitted_kernel(people), people, GRID)
    middle = np.array([np.interp(0.5, row, GRID) for row in reached])
    assert middle[does_nothing].mean() == pytest.approx(last[does_nothing].mean(), abs=0.5)
    assert middle[~does_nothing].mean() == pytest.approx(last[~does_nothing].mean(), abs=0.5)
