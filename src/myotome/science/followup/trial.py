"""The recovery model on the people of a trial: fitted to some, held against others, beside four plain forecasts.

Rows are one person each, wide: column name to text, empty for missing. A person counts when her baseline and outcome
are there; a missing covariate stands at the mean of the training rows, a missing arm at their mix, and neither drops her. An outcome that is at the
scale's minimum just where its sister columns of the same wave are empty is most likely a missing value written as a
number, and is refused unless the caller says that it is real.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from myotome.science.followup.baselines import BASELINES, baseline_reached
from myotome.science.followup.draws import Array
from myotome.science.followup.kernel import Scored, fitted_kernel, reached_by
from myotome.science.followup.missing import check_minima
from myotome.science.followup.verification import grid_of, verdict_on
from myotome.vocabulary.errors import InvalidValue

Row = Mapping[str, str]
FEWEST_TO_FIT = 20
LARGEST = 1e9
MOST_NAMED = 20
FARTHEST_SPREADS = 10.0
LONGEST_SHOWN = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Which columns say what. `update` is a score between baseline and outcome; `arm` is a category."""

    outcome: str
    baseline: str
    update: str | None = None
    covariates: tuple[str, ...] = ()
    arm: str | None = None
    low: float = 0.0
    high: float = 10.0
    zero_is_real: bool = False

    @property
    def scored(self) -> tuple[str, ...]:
        """The columns that hold scores."""
        return (self.baseline, self.outcome, *((self.update,) if self.update else ()))


def validate_recovery(train: Sequence[Row], test: Sequence[Row], question: Question) -> dict[str, Any]:
    """What `myotome validate-recovery` answers: n, mae, crps, coverage80 and width80 of the fitted response kernel on the
    test rows, in units of the scale, and the same of the four baselines fitted on the same training rows.

    Raises:
        InvalidValue: names the column: not there, asked for twice, not a number, outside the scale, an arm that nobody was
            fitted on, too few people or scores to update with, or minima that look like missing values.

    Source: vickers2004 (the trap of minima), judgement
    Check: tests/oracle/test_kernel.py
    """
    if not question.high > question.low:
        raise InvalidValue("The scale's end is above its beginning.", field="scale")
    if not math.isfinite(question.high - question.low):
        raise InvalidValue("The scale has an end.", field="scale")
    _check_distinct(question)
    for rows, name in ((train, "train"), (test, "test")):
        _check_columns(rows, question, name)
    if not question.zero_is_real:
        for column, other in waves_of(question):
            for rows in (train, test, [*train, *test]):
                check_minima(rows, column, other, question.low)
    beside = _beside(train, question)
    _check_arms(test, question, beside.arms)
    fit_on, judge_on = (_scored(rows, question, beside) for rows in (train, test))
    if len(fit_on.first) < FEWEST_TO_FIT:
        raise InvalidValue(
            "{n_first} people to fit on; {fewest_to_fit} are needed.",
            field=question.outcome,
            n_first=len(fit_on.first),
            fewest_to_fit=FEWEST_TO_FIT,
        )
    if fit_on.between is not None and (n_between := int(np.isfinite(fit_on.between).sum())) < FEWEST_TO_FIT:
        raise InvalidValue(
            "{n_between} scores to fit the update on; {fewest_to_fit} are needed.",
            field=question.update,
            n_between=n_between,
            fewest_to_fit=FEWEST_TO_FIT,
        )
    if not len(judge_on.first):
        raise InvalidValue("Nobody to test on has both baseline and outcome.", field=question.outcome)
    grid, unit = grid_of(0.0, 10.0), (question.high - question.low) / 10.0
    answer: dict[str, Any] = _in_units(
        verdict_on(grid, reached_by(fitted_kernel(fit_on), judge_on, grid), judge_on.last), unit
    )
    start, extra = _start(fit_on)
    start_of_test, extra_of_test = _start(judge_on)
    answer["baselines"] = {
        name: _in_units(
            verdict_on(
                grid,
                baseline_reached(name, (start, extra, fit_on.last), (start_of_test, extra_of_test), grid),
                judge_on.last,
            ),
            unit,
        )
        for name in BASELINES
    }
    answer["n_train"] = len(fit_on.first)
    return answer


def waves_of(question: Question) -> list[tuple[str, str]]:
    """Each column that holds scores, with one that holds the same at another wave: the baseline, or for it the outcome.

    Source: judgement
    Check: tests/oracle/test_missing.py
    """
    others = [name for name in question.scored if name != question.baseline]
    return [(question.baseline, question.outcome), *((name, question.baseline) for name in others)]


def _start(people: Scored) -> tuple[Array, Array]:
    """What a baseline starts from: the later score where there is one, the first one then being a covariate."""
    if people.between is None:
        return people.first, people.covariates
    start = np.where(np.isfinite(people.between), people.between, people.first)
    return start, np.column_stack([people.covariates, np.sqrt(people.first)])


@dataclass(frozen=True, slots=True)
class _Beside:
    """What the training rows say of the columns beside the scores: means and spreads of covariates (a spread is infinite
    where all are the same), the arms in order, and the share of people in each but the first."""

    means: Array
    spreads: Array
    arms: tuple[str, ...]
    mix: Array


def _beside(train: Sequence[Row], question: Question) -> _Beside:
    means, spreads = [], []
    for name in question.covariates:
        values = np.array([value for r in train if (value := _number(r, name)) is not None])
        means.append(float(values.mean()) if len(values) else 0.0)
        spread = float(values.std()) if len(values) else 0.0
        spreads.append(spread if spread > 1e-9 * max(1.0, abs(means[-1])) else math.inf)
    in_arms = [arm for r in train if (arm := _arm(r, question))]
    arms = tuple(sorted(set(in_arms)))
    mix = [in_arms.count(arm) / len(in_arms) for arm in arms[1:]]
    return _Beside(np.array(means), np.array(spreads), arms, np.array(mix))


def _scored(rows: Sequence[Row], question: Question, beside: _Beside) -> Scored:
    known = [r for r in rows if _number(r, question.baseline) is not None and _number(r, question.outcome) is not None]
    columns = np.array([[_or_nan(r, name) for name in question.covariates] for r in known], dtype=float)
    columns = columns.reshape(len(known), len(question.covariates))
    away = np.clip((columns - beside.means) / beside.spreads, -FARTHEST_SPREADS, FARTHEST_SPREADS)
    in_arm = np.zeros((len(known), len(beside.mix)))
    for k, row in enumerate(known):
        arm = _arm(row, question)
        in_arm[k] = [float(arm == one) for one in beside.arms[1:]] if arm else beside.mix

    def scores(name: str) -> Array:
        return 10.0 * (np.array([_or_nan(r, name) for r in known]) - question.low) / (question.high - question.low)

    return Scored(
        first=scores(question.baseline),
        last=scores(question.outcome),
        between=scores(question.update) if question.update else None,
        covariates=np.column_stack([np.where(np.isfinite(columns), away, 0.0), in_arm]),
        n_arms=in_arm.shape[1],
    )


def _arm(row: Row, question: Question) -> str:
    return (row.get(question.arm) or "").strip() if question.arm else ""


def _check_distinct(question: Question) -> None:
    """Refuses a column that is asked for twice: a forecast of itself, or of what it was told."""
    seen: set[str] = set()
    for name in (*question.scored, *question.covariates, *((question.arm,) if question.arm else ())):
        if name in seen:
            raise InvalidValue(
                "{name} is asked for twice; outcome, baseline, update, arm and each covariate are columns of their own.",
                field=name,
                name=name,
            )
        seen.add(name)


def _check_arms(test: Sequence[Row], question: Question, arms: Sequence[str]) -> None:
    for number, row in enumerate(test, start=2):
        arm = _arm(row, question)
        if arm and arm not in arms:
            raise InvalidValue(
                "test, line {number}: nobody to fit on is in arm {arm!r}; there are {there_are}.",
                field=question.arm,
                number=number,
                arm=arm,
                there_are=", ".join(arms[:MOST_NAMED]) or "none",
            )


def _check_columns(rows: Sequence[Row], question: Question, file: str) -> None:
    if not rows:
        raise InvalidValue("The {file} file has no rows.", field=file, file=file)
    for name in (*question.scored, *question.covariates, *((question.arm,) if question.arm else ())):
        if name not in rows[0]:
            raise InvalidValue("The {file} file has no column {name!r}.", field=name, file=file, name=name)
    for number, row in enumerate(rows, start=2):
        for name in question.scored:
            value = _number_of(file, number, row, name)
            if value is not None and not question.low <= value <= question.high:
                raise InvalidValue(
                    "{file}, line {number}: {name} is {value:g}, outside {low:g} to {high:g}.",
                    field=name,
                    file=file,
                    number=number,
                    name=name,
                    value=value,
                    low=question.low,
                    high=question.high,
                )
        for name in question.covariates:
            if abs(_number_of(file, number, row, name) or 0.0) > LARGEST:
                raise InvalidValue(
                    "{file}, line {number}: {name} is beyond {largest:g} either way.",
                    field=name,
                    file=file,
                    number=number,
                    name=name,
                    largest=LARGEST,
                )


def _number_of(file: str, number: int, row: Row, name: str) -> float | None:
    """As `_number`, of a line of a file.

    Raises:
        InvalidValue: names the file, its line and the column that holds no number.
    """
    try:
        return _number(row, name)
    except ValueError:
        raise InvalidValue(
            "{file}, line {number}: {name} holds {text!r}, which is no number; an empty cell is missing.",
            field=name,
            file=file,
            number=number,
            name=name,
            text=(row.get(name) or "").strip()[:LONGEST_SHOWN],
        ) from None


def _number(row: Row, name: str) -> float | None:
    text = (row.get(name) or "").strip()
    value = float(text) if text else None
    if value is not None and not math.isfinite(value):
        raise ValueError(text)
    return value


def _or_nan(row: Row, name: str) -> float:
    value = _number(row, name)
    return math.nan if value is None else value


def _in_units(verdict: Any, unit: float) -> dict[str, Any]:
    return {
        "n": verdict.n,
        "mae": round(verdict.mae * unit, 4),
        "crps": round(verdict.crps * unit, 4),
        "coverage80": round(verdict.coverage80, 4),
        "width80": round(verdict.width80 * unit, 4),
    }
