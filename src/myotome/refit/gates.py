"""Whether draws can be trusted: chains that agree, enough draws that are independent, no divergence, a calibrated sampler.

Source: vehtari2021 (rank-free split R-hat, effective sample size by Geyer's pairs), talts2018 (simulation-based calibration)
Check: tests/oracle/test_refit_gates.py
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from myotome.science.followup.draws import Array
from myotome.science.followup.fitted import VISIT_MODEL
from myotome.vocabulary.errors import InvalidValue

MOST_R_HAT = 1.02
LEAST_EFFECTIVE = 400
MOST_DIVERGENT = 0
LEAST_P_OF_RANKS = 0.01
LEAST_CLINICS = 20
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Gate:
    """One check: what was found, what it has to be, and whether it is."""

    name: str
    found: float
    limit: float
    passed: bool
    about: str = ""


def gates_of(draws: Mapping[str, Array], *, n_divergent: int) -> tuple[Gate, ...]:
    """The four gates for draws by name, each (chain, draw); the worst parameter is named."""
    r_hats = {name: split_r_hat(value) for name, value in draws.items()}
    effective = {name: effective_draws(value) for name, value in draws.items()}
    highest, fewest = max(r_hats, key=lambda n: r_hats[n]), min(effective, key=lambda n: effective[n])
    return (
        Gate("r_hat", round(r_hats[highest], 4), MOST_R_HAT, r_hats[highest] <= MOST_R_HAT, highest),
        Gate("effective", round(effective[fewest], 1), LEAST_EFFECTIVE, effective[fewest] >= LEAST_EFFECTIVE, fewest),
        Gate("divergent", float(n_divergent), MOST_DIVERGENT, n_divergent <= MOST_DIVERGENT),
        calibration_gate(calibration_record()),
    )


def judged_anew(gates: Any) -> tuple[Gate, ...]:
    """The gates of a result from elsewhere: what it says was found against the limits of this program, and the record of
    calibration that is here.

    Raises:
        InvalidValue: one is missing, or what was found is no number.
    """
    try:
        told = {str(gate["name"]): gate for gate in gates}
        found = {name: float(told[name]["found"]) for name in ("r_hat", "effective", "divergent")}
        about = {name: str(told[name].get("about", ""))[:LONGEST_NAME] for name in found}
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise InvalidValue("This result does not say what its checks have found.", field="file") from None
    if not all(math.isfinite(value) for value in found.values()):
        raise InvalidValue("This result does not say what its checks have found.", field="file")
    r_hat, effective, divergent = found["r_hat"], found["effective"], found["divergent"]
    return (
        Gate("r_hat", r_hat, MOST_R_HAT, 0.0 < r_hat <= MOST_R_HAT, about["r_hat"]),
        Gate("effective", effective, LEAST_EFFECTIVE, effective >= LEAST_EFFECTIVE, about["effective"]),
        Gate("divergent", divergent, MOST_DIVERGENT, divergent == MOST_DIVERGENT),
        calibration_gate(calibration_record()),
    )


def enough(draws: Mapping[str, Array]) -> bool:
    """Whether these draws by name, each (chain, draw), agree and are worth enough: sampling can end."""
    values = list(draws.values())
    return all(effective_draws(v) >= LEAST_EFFECTIVE for v in values) and all(
        split_r_hat(v) <= MOST_R_HAT for v in values
    )


def calibration_gate(record: Mapping[str, Any]) -> Gate:
    """The gate of a record of simulation-based calibration: of this very model, over twenty simulated clinics or more,
    and no parameter's ranks far from even.

    With as many parameters as there are, the least p-value is held against its limit shared among them (Bonferroni).
    """
    ranks: Mapping[str, float] = record.get("p_of_ranks", {})
    worst = min(ranks, key=lambda name: ranks[name], default="")
    least = ranks.get(worst, 0.0) * len(ranks)
    is_of_it = record.get("model") == VISIT_MODEL and record.get("clinics", 0) >= LEAST_CLINICS
    passed = is_of_it and least >= LEAST_P_OF_RANKS
    return Gate("calibration", round(min(1.0, least), 4), LEAST_P_OF_RANKS, passed, worst)


def calibration_record() -> dict[str, Any]:
    """What came of the last simulation-based calibration of the sampler (validation/refit_calibration.py writes it)."""
    file = files(__package__).joinpath("calibration.json")
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def split_r_hat(draws: Array) -> float:
    """R-hat of draws (chain, draw), each chain cut in halves; 1 when they agree, infinite when none moves."""
    half = draws.shape[1] // 2
    parts = np.concatenate([draws[:, :half], draws[:, half : 2 * half]])
    within = float(parts.var(axis=1, ddof=1).mean())
    between = half * float(parts.mean(axis=1).var(ddof=1))
    if within <= 0.0:
        return float("inf")
    return float(np.sqrt(((half - 1) / half * within + between / half) / within))


def effective_draws(draws: Array) -> float:
    """How many independent draws the draws (chain, draw) are worth: autocorrelation summed over Geyer's pairs."""
    n_chains, n = draws.shape
    centred = draws - draws.mean(axis=1, keepdims=True)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, size, axis=1)) ** 2
    covariance = np.fft.irfft(spectrum, size, axis=1)[:, :n] / n
    within = float(covariance[:, 0].mean()) * n / (n - 1)
    if within <= 0.0:
        return 0.0
    pooled = within * (n - 1) / n
    if n_chains > 1:
        pooled += float(draws.mean(axis=1).var(ddof=1))
    correlation = 1.0 - (within - covariance.mean(axis=0) * n / (n - 1)) / pooled
    correlation[0] = 1.0
    pairs = correlation[0 : n - n % 2 : 2] + correlation[1:n:2]
    negative = np.flatnonzero(pairs < 0.0)
    kept = np.minimum.accumulate(pairs[: negative[0] if len(negative) else len(pairs)])
    time = max(2.0 * float(kept.sum()) - 1.0, 1.0 / np.log10(n_chains * n))
    return float(n_chains * n / time)
