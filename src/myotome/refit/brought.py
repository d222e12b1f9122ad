"""The result of a refit in a file from elsewhere: nothing that it says of itself is believed that can be judged here.

Its draws have to be such as a fit gives, its checks are held against the limits of this program, and the record of
calibration is that of this program. That the numbers found were not made up only who brings the file can say.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

import numpy as np

from myotome.knowledge.recovery import prior
from myotome.refit.gates import judged_anew
from myotome.refit.priors import starts
from myotome.refit.result import Fit, learned
from myotome.refit.scores import MODEL
from myotome.science.followup.baselines import BASELINES
from myotome.science.followup.fitted import PRACTICE, SHARED
from myotome.science.followup.plain import FIRST, THIRD
from myotome.vocabulary.errors import InvalidValue

COUNTS = ("n_courses", "n_used", "n_scores", "n_kept_out", "n_practitioners")
VERDICT = ("mae", "crps", "coverage80", "width80")
MOST_COUNTED = 10**7
FURTHEST_EFFECT = 5.0
"""Of a clinic or a practitioner, on the log of what a treatment does."""


def brought(fit: Fit) -> Fit:
    """The result in a file from elsewhere as it is kept here: its checks judged anew, and what it learned read off its draws.

    Practitioners are left out, whose words may mean others here, and so are the baselines and all that is not read.

    Raises:
        InvalidValue: what it says of itself cannot be read, or its draws are none that a fit gives.
    """
    check_sound(fit)
    try:
        about = {
            "model": fit.about["model"],
            "prior": fit.about["prior"],
            "definition": prior("a").definition,
            "brought": True,
            "data": _data_in(fit.about["data"]),
            "gates": [asdict(gate) for gate in judged_anew(fit.about["gates"])],
            "scores": _scores_in(fit.about["scores"]),
            "plain": {},
            "practitioners": [],
            "run": {},
        }
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidValue("What this result says of itself cannot be read.", field="file") from error
    kept = {name: fit.shared[name] for name in (*SHARED, PRACTICE)}
    return Fit(json.loads(json.dumps(about | {"learned": learned(kept)})), kept)


def check_sound(fit: Fit) -> None:
    """Nothing, when its draws are such as a fit gives.

    Raises:
        InvalidValue: a number is where no fit comes, and no forecast could be made of it.
    """
    begun = starts(prior("a"))
    effects = (value for name, value in fit.shared.items() if name not in SHARED)
    if not all(begun[name].holds(fit.shared[name].astype(float)) for name in SHARED) or any(
        np.abs(value).max() > FURTHEST_EFFECT for value in effects
    ):
        raise InvalidValue("This result holds numbers that no fit gives.", field="file")


def _data_in(data: Any) -> dict[str, Any]:
    """What it was fitted to: five counts and the hash."""
    found: dict[str, Any] = {name: int(data[name]) for name in COUNTS}
    if not 0 <= min(found.values()) <= max(found.values()) < MOST_COUNTED or found["n_courses"] < 1:
        raise ValueError("no counts of courses")
    found["hash"] = str(data["hash"])
    if not re.fullmatch(r"[0-9a-f]{64}", found["hash"]):
        raise ValueError("no hash")
    return found


def _scores_in(scores: Any) -> dict[str, Any]:
    """The scores of model and baselines, by how many answers were known."""
    found: dict[str, Any] = {}
    for start in (FIRST, THIRD):
        if start in scores:
            found[start] = {"n": int(scores[start]["n"])}
            for who in (MODEL, *BASELINES):
                found[start][who] = {name: float(scores[start][who][name]) for name in VERDICT}
                if not all(0.0 <= value <= 10.0 for value in found[start][who].values()):
                    raise ValueError("no scores")
    return found
