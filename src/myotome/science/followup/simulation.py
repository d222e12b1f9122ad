"""Whole courses drawn from the recovery model: what the demo clinic and the checks of the forecast are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myotome.science.followup.forecast import stored_draws
from myotome.science.followup.recovery import Covariates, latent_pain, people_like

DROP_OUT_A_VISIT = 0.02
HOPELESS_AFTER = 4
DROP_OUT_WITHOUT_CHANGE = 0.18


@dataclass(frozen=True, slots=True)
class SimulatedCourse:
    """One course: `days` of visits, `scores` before each treatment, how it ended, and when latent recovery came."""

    days: tuple[float, ...]
    scores: tuple[int, ...]
    worst: tuple[int, ...]
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
    Check: tests/property/test_forecast.py
    """
    chosen, globals_ = stored_draws(scenario)
    row = int(rng.integers(len(globals_.z)))
    person = people_like(globals_, about).take(np.array([row]))
    jitter = rng.choice([0.0, 0.0, 0.0, 1.0, -1.0, 7.0], size=most_visits)
    days = np.maximum.accumulate(
        np.arange(most_visits) * interval_days + np.concatenate([[0.0], np.cumsum(jitter[1:]) * 0.5])
    )
    days = np.round(days + np.arange(most_visits) * 1e-9)
    for k in range(1, most_visits):
        days[k] = max(days[k], days[k - 1] + 2)
    latent = latent_pain(person, days, days)[0]
    noise, bad_day = float(person.noise[0]), float(person.bad_day[0])
    scores: list[int] = []
    line = max(
        chosen.number("recovered", "at_most"),
        chosen.number("recovered", "share_of_first") * float(person.first_pain[0]),
    )
    outcome = "plateaued"
    for k in range(most_visits):
        value = latent[k] + (bad_day if k == 0 else 0.0) + noise * rng.normal()
        scores.append(int(np.clip(round(float(value)), 0, 10)))
        if k and scores[k] <= line and scores[k - 1] <= line + 1:
            outcome = "recovered"
            break
        if k >= HOPELESS_AFTER and scores[k] > 0.8 * scores[0] and rng.random() < DROP_OUT_WITHOUT_CHANGE:
            outcome = "left" if rng.random() < 0.5 else "referred"
            break
        if k and rng.random() < DROP_OUT_A_VISIT:
            outcome = "left"
            break
    n = len(scores)
    below = np.flatnonzero(latent <= line)
    worst = tuple(min(10, score + int(rng.integers(0, 4))) for score in scores)
    return SimulatedCourse(
        days=tuple(float(day) for day in days[:n]),
        scores=tuple(scores),
        worst=worst,
        latent=tuple(float(x) for x in latent[:n]),
        outcome=outcome,
        responds=bool(person.responds[0]),
        needed=int(below[0]) if len(below) else None,
    )
