"""Whole courses drawn from the recovery model: what the demo clinic and the checks of the forecast are made of.

The same equations simulate and forecast. Who stops does so for what was answered (recovered twice, hopeless, or for
reasons of her own), so that stopping can be ignored by a forecast that sees the answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myotome.science.followup.draws import Array, stored_draws
from myotome.science.followup.forecast import recovered_line
from myotome.science.followup.recovery import Covariates, People, pain_before_visits, people_like

DROP_OUT_A_VISIT = 0.02
HOPELESS_AFTER = 4
DROP_OUT_WITHOUT_CHANGE = 0.18
OFF_PLAN_DAYS = (0.0, 0.0, 0.0, 1.0, -1.0, 7.0)


@dataclass(frozen=True, slots=True)
class SimulatedCourse:
    """One course: `days` of visits, answers before each treatment, how it ended, treatments `needed` (None: never).

    `scores` and `worst` are pain 0-10, `function` a mean of three activities 0-10, `latent` the pain behind them.
    """

    days: tuple[float, ...]
    scores: tuple[int, ...]
    worst: tuple[int, ...]
    function: tuple[float, ...]
    latent: tuple[float, ...]
    outcome: str
    responds: bool
    needed: int | None


def simulate_course(
    rng: np.random.Generator,
    about: Covariates,
    *,
    most_visits: int = 16,
    interval_days: float = 7.0,
    scenario: str = "a",
) -> SimulatedCourse:
    """One course with whole scores: ends when recovered twice, when hopeless, by drop-out, or at `most_visits`.

    Source: knowledge.recovery; drop-out rates judgement
    Check: tests/property/test_simulated_courses.py
    """
    chosen, draws = stored_draws(scenario)
    person = people_like(draws.take(np.array([rng.integers(len(draws.z))])), about)
    days = uneven_days(rng, most_visits, interval_days)
    latent = np.concatenate(list(pain_before_visits(person, days)))
    scores = scores_of(rng, person, latent[:, None])[:, 0]
    line = float(recovered_line(person.first_pain, chosen)[0])
    n, outcome = ending(rng, scores, line)
    below = np.flatnonzero(latent <= line)
    function = np.clip(9.5 - 0.8 * latent[:n] + 0.4 * rng.normal(size=n), 0.0, 10.0)
    return SimulatedCourse(
        days=tuple(float(day) for day in days[:n]),
        scores=tuple(int(score) for score in scores[:n]),
        worst=tuple(int(min(10, score + rng.integers(0, 4))) for score in scores[:n]),
        function=tuple(round(3.0 * float(value)) / 3.0 for value in function),
        latent=tuple(float(x) for x in latent[:n]),
        outcome=outcome,
        responds=bool(person.g[0] > 0.0),
        needed=int(below[0]) if len(below) else None,
    )


def uneven_days(rng: np.random.Generator, n_visits: int, interval_days: float) -> Array:
    """Days of visits since the first, whole and rising: near the interval, now and then a day off or a week skipped.

    Source: judgement
    Check: tests/property/test_simulated_courses.py
    """
    gaps = interval_days + rng.choice(OFF_PLAN_DAYS, size=max(n_visits - 1, 0))
    return np.concatenate([[0.0], np.cumsum(np.maximum(np.round(gaps), 2.0))])


def scores_of(rng: np.random.Generator, people: People, latent: Array) -> Array:
    """Whole scores 0-10 for latent pain (visit, draw): the first on a bad day, each with noise.

    Source: knowledge.recovery
    Check: tests/property/test_simulated_courses.py
    """
    said = latent + people.noise * rng.standard_normal(latent.shape)
    said[0] += people.bad_day
    return np.asarray(np.clip(np.rint(said), 0, 10))


def ending(rng: np.random.Generator, scores: Array, line: float) -> tuple[int, str]:
    """(visits that took place, outcome), from what was answered alone.

    Source: judgement (rates of stopping)
    Check: tests/property/test_simulated_courses.py
    """
    for k in range(1, len(scores)):
        if scores[k] <= line and scores[k - 1] <= line + 1:
            return k + 1, "recovered"
        if k >= HOPELESS_AFTER and scores[k] > 0.8 * scores[0] and rng.random() < DROP_OUT_WITHOUT_CHANGE:
            return k + 1, "left" if rng.random() < 0.5 else "referred"
        if rng.random() < DROP_OUT_A_VISIT:
            return k + 1, "left"
    return len(scores), "plateaued"
