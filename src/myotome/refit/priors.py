"""What a fit begins from: the prior of each shared parameter as numbers, for the sampler and for whoever reads its result.

They are those of knowledge.recovery, scenario A, but for four: what a treatment does and the share whom it does not change
begin wide enough for both readings of the published mean, and a clinic's first pain may differ from what is published.
What forecasts rest on where there is no fit is narrower in these four.

Source: knowledge.recovery (`fit_mean`, `fit_sd`, `fit_alpha`, `fit_beta`, `mean_sd`, `sd_log`)
Check: tests/unit/refit/test_priors.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from myotome.knowledge.recovery import Prior
from myotome.science.followup.draws import Array
from myotome.science.followup.fitted import SHARED

N_LEVELS = 4000
FURTHEST = 12.0
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Start:
    """A distribution: `normal` of mean and sd, cut at `low` and `high` where these stand; `beta` of alpha and beta;
    `lognormal` of the log's mean and sd."""

    kind: Literal["normal", "beta", "lognormal"]
    first: float
    second: float
    low: float | None = None
    high: float | None = None

    def quantiles(self, levels: Array) -> Array:
        """Its values at these levels."""
        if self.kind == "beta":
            return np.asarray(betaincinv(self.first, self.second, levels))
        below = 0.0 if self.low is None else ndtr((self.low - self.first) / self.second)
        above = 1.0 if self.high is None else ndtr((self.high - self.first) / self.second)
        value = self.first + self.second * ndtri(below + (above - below) * levels)
        return np.asarray(np.exp(value) if self.kind == "lognormal" else value)

    def holds(self, values: Array) -> bool:
        """Whether all values are inside it, and none so far out that no fit comes there."""
        if self.kind == "beta":
            return bool(((values >= 0.0) & (values <= 1.0)).all())
        if self.kind == "lognormal":
            return bool((values > 0.0).all()) and _is_near(np.log(values), self.first, self.second)
        low = -np.inf if self.low is None else self.low - ROUNDING
        high = np.inf if self.high is None else self.high + ROUNDING
        return bool(((values >= low) & (values <= high)).all()) and _is_near(values, self.first, self.second)

    @property
    def spread(self) -> float:
        """Its standard deviation, over 4,000 even levels."""
        return float(self.quantiles((np.arange(N_LEVELS) + 0.5) / N_LEVELS).std())


def starts(chosen: Prior) -> Mapping[str, Start]:
    """The prior of each shared parameter, by name."""

    def normal(name: str) -> Start:
        row = chosen.table[name]
        return Start("normal", row["mean"], row["sd"], row.get("low"), row.get("high"))

    def number(name: str, key: str) -> float:
        return chosen.number(name, key)

    own = {
        "rho": Start("beta", number("lasting", "alpha"), number("lasting", "beta")),
        "tau": Start("lognormal", float(np.log(number("rebound_days", "median"))), number("rebound_days", "sd_log")),
        "mu": Start("normal", number("mu", "fit_mean"), number("mu", "fit_sd")),
        "share": Start("beta", number("non_responder", "fit_alpha"), number("non_responder", "fit_beta")),
        "first_mean": Start("normal", number("first_pain", "mean"), number("first_pain", "mean_sd")),
        "first_sd": Start("lognormal", float(np.log(number("first_pain", "sd"))), number("first_pain", "sd_log")),
    }
    return {name: own[name] if name in own else normal(name) for name in SHARED}


def _is_near(values: Array, middle: float, spread: float) -> bool:
    return bool((np.abs(values - middle) <= FURTHEST * spread).all())
