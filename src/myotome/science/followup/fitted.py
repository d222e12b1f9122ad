"""A fit of a clinic's own courses as a basis of forecasts: its draws of what people share, each with a person of its own.

The person of each draw (what treatment does to her, first pain, whether needling changes anything) is drawn here from
that draw's own numbers with a fixed seed, so that the same fit gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.special import ndtr, ndtri

from myotome.knowledge.recovery import Prior, prior
from myotome.science.followup.draws import N_DRAWS, SEED, Array, Basis, Draws, draws_of
from myotome.science.followup.particles import FITTED

# The equations and parameters of science.followup.recovery. It rises when these change, and asks for every fit anew; the
# version of the forecast, MODEL_VERSION, also rises with the form of an answer.
VISIT_MODEL = "visit-2"
SHARED = (
    "mu",
    "duration",
    "extent",
    "scar",
    "age",
    "expected",
    "spread",
    "rho",
    "tau",
    "natural",
    "natural_duration",
    "floor",
    "noise",
    "bad_day",
    "share",
    "first_mean",
    "first_sd",
)
PRACTICE = "practice"


def fitted_basis(
    shared: Mapping[str, Array],
    *,
    version: str,
    about: str,
    n: int,
    data_hash: str,
    practitioners: Mapping[str, Array] | None = None,
) -> Basis:
    """The basis of 4,000 draws by name (`SHARED`, and `practice`: what the clinic and a practitioner add to `mu`).

    `practitioners` holds by opaque word what one of them adds instead of the practitioner in `practice`.

    Source: judgement (the visit model's own prior of a person, given what people share)
    Check: tests/oracle/test_fitted_basis.py
    """
    chosen = prior("a")
    fit = Prior(version, FITTED, about, chosen.table)
    return Basis(fit, draws_with(fit, shared), n=n, data_hash=data_hash, practitioners=dict(practitioners or {}))


def draws_with(chosen: Prior, shared: Mapping[str, Array], *, seed: int = SEED) -> Draws:
    """Draws with these shared parameters, and a person for each.

    Source: judgement
    Check: tests/oracle/test_fitted_basis.py
    """
    n = len(shared["mu"])
    rng = np.random.Generator(np.random.PCG64([seed, n]))
    low, high = chosen.number("first_pain", "low"), chosen.number("first_pain", "high")
    mean, sd = shared["first_mean"], shared["first_sd"]
    below, above = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
    pain = mean + sd * ndtri(below + (above - below) * rng.random(n))
    return replace(
        draws_of(chosen, n=n, seed=seed),
        **{name: np.asarray(shared[name], dtype=float) for name in SHARED if name != "mu"},
        mu=np.asarray(shared["mu"] + shared.get(PRACTICE, 0.0), dtype=float),
        z=rng.normal(size=n),
        first_pain=np.clip(pain, low, high),
        responds=(rng.random(n) >= shared["share"]).astype(float),
    )


def stored_sample(shared: Mapping[str, Array], *, n: int = N_DRAWS) -> dict[str, Array]:
    """`n` of the draws, evenly over all of them; where there are fewer each stands more than once.

    Source: judgement
    Check: tests/oracle/test_fitted_basis.py
    """
    return {name: value[(np.arange(n) * len(value)) // n] for name, value in shared.items()}
