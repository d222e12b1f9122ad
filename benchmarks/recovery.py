"""A visit's update and forecast beside refits with statsmodels and PyMC: `.venv-science/bin/python benchmarks/recovery.py [--json FILE]`.

One core. A simulated clinic of 500 courses, a score before each of eight weekly visits. Ours: the posterior of one person
after each visit and the whole forecast read off it, 4,000 draws, for 60 of them; visits that renew their draws apart. The
rivals answer the same question, what will she answer next, by fitting all courses anew with the visit in them: statsmodels
MixedLM (random intercept and slope of a week) and PyMC sampled by nutpie (the same model; compiled once, which does not
count). Wall and processor time are given: on a busy machine neither is that of a quiet one, but all three suffer alike.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

sys.path.insert(0, str(Path(__file__).parents[1]))  # `validation`, which stands beside this folder

import numpy as np  # noqa: E402 - one thread is asked for before numerical libraries are loaded

from myotome.science.followup.draws import prior_basis  # noqa: E402
from myotome.science.followup.forecast import forecast_from  # noqa: E402
from myotome.science.followup.particles import ScoredVisit, unscored, updated  # noqa: E402
from myotome.science.followup.recovery import Covariates, pain_before_visits, people_like  # noqa: E402
from myotome.science.followup.simulation import scores_of  # noqa: E402

N_COURSES, N_OURS = 500, 60
N_VISITS = 8
DRAWS, TUNE, CHAINS = 300, 300, 2


def scores(n: int, *, seed: int) -> np.ndarray[Any, Any]:
    """Scores (course, visit) of a simulated clinic."""
    rng = np.random.default_rng(seed)
    draws = prior_basis().draws.take(rng.integers(4000, size=n))
    people = people_like(draws, Covariates(duration_weeks=28.6, n_segments=2, scar=False, age=45.0))
    latent = np.array(list(pain_before_visits(people, 7.0 * np.arange(N_VISITS))))
    return np.asarray(scores_of(np.random.default_rng(seed + 1), people, latent).T.astype(int))


def ours(table: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Milliseconds of update and forecast at every visit of every course."""
    basis, about = prior_basis(), Covariates(duration_weeks=28.6, n_segments=2, scar=False, age=45.0)
    spent: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for row in table:
        after = unscored(basis.draws, about)
        visits: list[ScoredVisit] = []
        for k, score in enumerate(row):
            visits.append(ScoredVisit(7.0 * k, int(score)))
            renewed, wall, cpu = after.n_renewed, time.perf_counter(), time.process_time()
            after = updated(basis.prior, after, about, visits)
            forecast_from(after, basis.prior, visits, interval_days=7.0)
            took = (1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu))
            spent[after.n_renewed > renewed].append(took)
    plain, renewing = spent[False], spent[True]
    return {
        "visits": len(plain),
        "update_and_forecast": figures(plain),
        "visits_that_renew": {"n": len(renewing), **figures(renewing)},
    }


def statsmodels_refit(table: np.ndarray[Any, Any]) -> Callable[[], Any]:
    """Random intercept and slope, fitted to all scores."""
    import statsmodels.api as sm

    course, week = (index.ravel() for index in np.indices(table.shape))
    exog = np.column_stack([np.ones(len(week)), week])
    return lambda: sm.MixedLM(table.ravel().astype(float), exog, groups=course, exog_re=exog).fit()


def pymc_refit(table: np.ndarray[Any, Any]) -> Callable[[], Any]:
    """The same model as a posterior: compiled once, sampled anew."""
    import nutpie
    import pymc as pm

    course, week = (index.ravel() for index in np.indices(table.shape))
    with pm.Model() as model:
        middle = pm.Normal("middle", [6.0, -0.3], [3.0, 1.0], shape=2)
        spread = pm.HalfNormal("spread", [2.0, 0.5], shape=2)
        own = pm.Normal("own", 0.0, 1.0, shape=(len(table), 2))
        line = middle + spread * own
        noise = pm.HalfNormal("noise", 2.0)
        pm.Normal("score", line[course, 0] + line[course, 1] * week, noise, observed=table.ravel())
    compiled = nutpie.compile_pymc_model(model)
    return lambda: nutpie.sample(
        compiled, draws=DRAWS, tune=TUNE, chains=CHAINS, cores=1, seed=1, progress_bar=False, save_warmup=False
    )


def figures(spent: list[tuple[float, float]]) -> dict[str, Any]:
    """Median and p95 of (wall, processor) milliseconds."""
    if not spent:
        return {}
    wall, cpu = np.array(spent).T
    levels = {"median": 50, "p95": 95}
    return {
        kind: {name: round(float(np.percentile(values, level)), 2) for name, level in levels.items()}
        for kind, values in (("wall_ms", wall), ("processor_ms", cpu))
    }


def repeated(work: Callable[[], Any], repeats: int) -> list[tuple[float, float]]:
    """(wall, processor) milliseconds of each run, after one that does not count."""
    work()
    spent = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        spent.append((1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)))
    return spent


def main() -> None:
    """Measures all three in one run and prints them; with --json writes a dated result."""
    from validation.stale import VISIT_MODEL, head

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    table = scores(N_COURSES, seed=11)
    result: dict[str, Any] = {**head(VISIT_MODEL), "load": round(os.getloadavg()[0], 1), "ours": ours(table[:N_OURS])}
    for rival, refit in (("statsmodels MixedLM", statsmodels_refit), ("PyMC + nutpie", pymc_refit)):
        result[rival] = figures(repeated(refit(table), options.repeats))
    mine = result["ours"]["update_and_forecast"]
    for kind in ("wall_ms", "processor_ms"):
        fastest = min(result[rival][kind]["median"] for rival in ("statsmodels MixedLM", "PyMC + nutpie"))
        result[f"times_faster_by_{kind}"] = round(fastest / mine[kind]["median"], 1)
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
