"""Results of refits for tests: made from draws of the prior instead of a sampler, with the numbers that are asked for."""

from __future__ import annotations

from functools import cache

import numpy as np

from myotome.knowledge.recovery import prior
from myotome.refit.gates import Gate
from myotome.refit.result import Fit, fit_from
from myotome.science.followup.baselines import BASELINES
from myotome.science.followup.draws import draws_of
from myotome.science.followup.fitted import SHARED
from myotome.science.followup.plain import PLAIN_VERSION

N = 900
GOOD = {"mae": 1.2, "crps": 0.8, "coverage80": 0.81, "width80": 4.0}
BEST = {"mae": 1.1, "crps": 0.7, "coverage80": 0.8, "width80": 4.0}
BAD = {"mae": 1.6, "crps": 1.1, "coverage80": 0.74, "width80": 5.0}
OFF = [round(4.0 * (k - 49.5) / 99.0, 3) for k in range(100)]
OFF_NEXT = [round(off / 2.0, 3) for off in OFF]
PLAIN = {
    start: {
        "version": PLAIN_VERSION,
        "n": 90,
        "days": days,
        "baselines": {
            name: {"numbers": numbers, "off": OFF, "off_next": OFF_NEXT}
            for name, numbers in {
                "no_change": [],
                "mean_change": [-2.0],
                "proportional": [0.5],
                "sqrt_linear": [0.2, 0.6, 0.1, 0.0, 0.0, 0.0, 0.0],
            }.items()
        },
    }
    for start, days in (("first", 42.0), ("third", 28.0))
}


@cache
def a_fit(share: float = 0.6, *, passed: bool = True, beaten: bool = False) -> Fit:
    """A result of 412 courses in which this share of people is not changed by needling."""
    draws = draws_of(prior("a"), n=N, seed=3)
    shared = {name: getattr(draws, name) for name in SHARED} | {"share": np.full(N, share)}
    shared["first_mean"] = shared["first_mean"] + np.random.default_rng(1).normal(0, 0.2, N)
    model, plain = (BAD, GOOD) if beaten else (GOOD, BAD)
    baselines = dict.fromkeys(BASELINES, plain) | ({"proportional": BEST} if beaten else {})
    return fit_from(
        shared,
        {"practitioner": np.full(N, 0.1), "clinic": np.zeros(N)},
        data={
            "hash": "ab" * 32,
            "n_courses": 412,
            "n_used": 412,
            "n_scores": 3000,
            "n_kept_out": 98,
            "n_practitioners": 3,
        },
        gates=(
            Gate("r_hat", 1.004, 1.02, True, "mu"),
            Gate("effective", 512.0 if passed else 120.0, 400, passed, "spread"),
            Gate("divergent", 0.0, 0, True),
            Gate("calibration", 0.4, 0.01, True, "share"),
        ),
        scores={"first": {"n": 90, "model": model, **baselines}},
        run={"seed": 1},
        plain=PLAIN,
    )
