"""Simulated clinics as the rows that a refit reads: what a fit is tried on before it sees a patient.

One clinic has one truth, shared by its patients; each patient has her own response. She leaves for what she answered
(recovered twice, hopeless, for reasons of her own) and, with `hidden_drop_out`, also for the pain behind it, with her
last answer missing: then leaving cannot be ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from myotome.knowledge.recovery import Prior
from myotome.refit.likelihood import EFFECT_SD
from myotome.science.followup.draws import Array, Draws, draws_of
from myotome.science.followup.fitted import SHARED, draws_with
from myotome.science.followup.forecast import recovered_line
from myotome.science.followup.recovery import EXPECTED, Covariates, People, pain_before_visits, people_like
from myotome.science.followup.simulation import ending, scores_of, uneven_days

MOST_VISITS = 16
MISSED_SHARE = 0.08
AFTERWARDS_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Clinic:
    """A simulated clinic: its truth by name, `draws` and `people` with their covariates, and `rows` of their courses."""

    truth: Mapping[str, float]
    draws: Draws
    people: People
    about: tuple[Covariates, ...]
    rows: list[dict[str, Any]]


def truth_from(chosen: Prior, rng: np.random.Generator, **fixed: float) -> dict[str, float]:
    """A clinic's parameters drawn from the prior that a fit begins with, some of them `fixed`."""
    draws = draws_of(chosen, n=1, seed=int(rng.integers(2**62)))
    found = {name: float(getattr(draws, name)[0]) for name in SHARED if not name.startswith("first_")}
    found["mu"] = float(rng.normal(chosen.number("mu", "fit_mean"), chosen.number("mu", "fit_sd")))
    found["share"] = float(rng.beta(*(chosen.number("non_responder", name) for name in ("fit_alpha", "fit_beta"))))
    pain = chosen.table["first_pain"]
    found["first_mean"] = float(rng.normal(pain["mean"], pain["mean_sd"]))
    found["first_sd"] = float(np.exp(rng.normal(np.log(pain["sd"]), pain["sd_log"])))
    return found | fixed


def middle_of(chosen: Prior, **changed: float) -> dict[str, float]:
    """The prior's middle as a clinic's parameters, some of them `changed`."""
    draws = draws_of(chosen)
    found = {name: float(np.median(getattr(draws, name))) for name in SHARED if not name.startswith("first_")}
    pain = chosen.table["first_pain"]
    return found | {"first_mean": float(pain["mean"]), "first_sd": float(pain["sd"])} | changed


def simulated_clinic(
    chosen: Prior,
    truth: Mapping[str, float],
    rng: np.random.Generator,
    *,
    n: int,
    n_practitioners: int = 1,
    hidden_drop_out: float = 0.0,
) -> Clinic:
    """`n` courses of a clinic with this truth."""
    weeks = np.exp(rng.normal(np.log(26.0), 1.0, n))
    segments, scar = rng.integers(1, 5, n), rng.random(n) < 0.15
    age = np.round(np.clip(rng.normal(48.0, 15.0, n), 18.0, 90.0))
    who, expected = rng.integers(n_practitioners, size=n), rng.spawn(1)[0].choice(list(EXPECTED), size=n)
    effects = (n_practitioners > 1) * EFFECT_SD["practitioner"] * rng.normal(size=n_practitioners)
    shared = {name: np.full(n, truth[name]) for name in SHARED} | {"mu": truth["mu"] + effects[who]}
    draws = draws_with(chosen, shared, seed=int(rng.integers(2**62)))
    about = tuple(
        Covariates(duration_weeks=float(w), n_segments=int(s), scar=bool(c), age=float(a), expected=str(e))
        for w, s, c, a, e in zip(weeks, segments, scar, age, expected, strict=True)
    )
    people = [people_like(draws.take(np.array([i])), about[i]) for i in range(n)]
    rows = [
        {
            "duration_weeks": about[i].duration_weeks,
            "segments": about[i].n_segments,
            "scar": about[i].scar,
            "age": about[i].age,
            "expected": about[i].expected,
            "practitioner": f"p{who[i]}",
            **_course(people[i], chosen, rng, hidden_drop_out),
        }
        for i in range(n)
    ]
    together = People(**{f.name: np.concatenate([getattr(p, f.name) for p in people]) for f in fields(People)})
    return Clinic(truth=truth, draws=draws, people=together, about=about, rows=rows)


def _course(person: People, chosen: Prior, rng: np.random.Generator, hidden: float) -> dict[str, Any]:
    """Visits with their scores until she stops, and whether she left; one in five treatments is followed by a score two
    days later."""
    days = uneven_days(rng, MOST_VISITS, 7.0)
    latent = np.concatenate(list(pain_before_visits(person, days)))
    scores = scores_of(rng, person, latent[:, None])[:, 0]
    n, outcome = ending(rng, scores, float(recovered_line(person.first_pain, chosen)[0]))
    last_is_missing = False
    for k in range(2, n):
        if latent[k] > 0.8 * person.first_pain[0] and rng.random() < hidden:
            n, last_is_missing = k + 1, True
            break
    rows: list[dict[str, Any]] = []
    for k in range(n):
        missed = rng.random() < MISSED_SHARE or (last_is_missing and k == n - 1)
        rows.append({"day": float(days[k]), "nrs": None if missed else int(scores[k])})
        follows = days[k] + 2.0
        if rng.random() < AFTERWARDS_SHARE and (k == n - 1 or follows < days[k + 1]):
            fall = -person.lam[0] * follows / 7.0 - person.g[0] * _work_after(person, days[: k + 1], follows)
            pain = person.floor[0] + (person.first_pain[0] - person.floor[0]) * np.exp(fall)
            said = float(np.clip(np.rint(pain + person.noise[0] * rng.normal()), 0, 10))
            rows.append({"day": float(follows), "nrs": int(said), "treated": False})
    return {"left": last_is_missing or outcome == "left", "visits": rows}


def _work_after(person: People, given: Array, day: float) -> float:
    fading = np.exp(-(day - given) / person.tau[0])
    return float((person.rho[0] + (1.0 - person.rho[0]) * fading).sum())
