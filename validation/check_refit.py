"""Refits of simulated clinics: how long they take, whether they find the truth, and whether forecasts on them are right.

    .venv-science/bin/python validation/check_refit.py [--people N] [--only NAME,NAME]

Clinics `b30`, `b45` and `b60`: a treatment that does less than a third of what scenario A says, slower natural recovery,
worse first pain, and 30, 45 or 60 % whom needling does not change. One in five answers is followed by one two days
later, some are missed, and people leave for what they answered and also for the pain behind it, with their last answer
missing. In each clinic some 500 courses are fitted, a fifth beside them judges, and the forecasts are held against other
people of the same clinic. One clinic's 500 courses are a draw of luck that all its forecasts share, so there are
several, and `together` holds all their forecasts; beside it the same forecasts on each clinic's own truth, which nobody
knows: no fit can be expected to do better. `a` is one clinic from the prior's middle. Writes
validation/results/refit-DATE.json, after each clinic.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
from pathlib import Path
from typing import Any

import numpy as np
from check_recovery import Held, held_against
from stale import SAMPLER, head

from myotome.knowledge.recovery import prior
from myotome.refit.result import basis_of, to_bytes
from myotome.refit.run import refit
from myotome.refit.simulated import Clinic, middle_of, simulated_clinic
from myotome.science.followup.draws import N_DRAWS, Basis
from myotome.science.followup.fitted import PRACTICE, SHARED, VISIT_MODEL, fitted_basis

HERE = Path(__file__).parent
N_COURSES = 625
HIDDEN_DROP_OUT = 0.05
SHIFTED = {"mu": -2.34, "natural": -4.6, "first_mean": 6.6}
CLINICS: dict[str, tuple[int, dict[str, float]]] = {
    "b45-1": (41, SHIFTED | {"share": 0.45}),
    "b30-1": (42, SHIFTED | {"share": 0.30}),
    "b60-1": (43, SHIFTED | {"share": 0.60}),
    "b45-2": (44, SHIFTED | {"share": 0.45}),
    "b30-2": (45, SHIFTED | {"share": 0.30}),
    "b60-2": (46, SHIFTED | {"share": 0.60}),
    "b45-3": (47, SHIFTED | {"share": 0.45}),
    "b30-3": (48, SHIFTED | {"share": 0.30}),
    "b60-3": (49, SHIFTED | {"share": 0.60}),
    "a": (31, {}),
}
"""By name the seed and what differs from the prior's middle; all but `a` are put together."""


def one_clinic(name: str, n_people: int) -> tuple[dict[str, Any], Held, Held]:
    """Fit and forecasts of one simulated clinic: (figures, forecasts on the fit, forecasts on the truth)."""
    seed, changed = CLINICS[name]
    chosen = prior("a")
    rng = np.random.default_rng(seed)
    truth = middle_of(chosen, **changed)
    clinic = simulated_clinic(
        chosen, truth, rng, n=N_COURSES + n_people, n_practitioners=4, hidden_drop_out=HIDDEN_DROP_OUT
    )
    load, cpu = os.getloadavg()[0], _cpu()
    fit = refit(clinic.rows[:N_COURSES])
    used = round(_cpu() - cpu, 1)
    found = {}
    for row in fit.about["learned"]:
        values = np.asarray(fit.shared[row["name"]], dtype=float)
        found[row["name"]] = {
            "truth": round(truth[row["name"]], 3),
            "mean": round(float(values.mean()), 3),
            "sd": round(float(values.std()), 3),
        }
    new = range(N_COURSES, N_COURSES + n_people)
    people = [clinic.people.take(np.array([i])) for i in new]
    about = [clinic.about[i] for i in new]
    on_fit = held_against(basis_of(fit), people, about, np.random.default_rng(seed + 1000))
    on_truth = held_against(truth_basis(clinic), people, about, np.random.default_rng(seed + 1000))
    result = {
        "truth": {key: round(value, 3) for key, value in changed.items()},
        "data": {key: value for key, value in fit.about["data"].items() if key != "hash"},
        "seconds": fit.about["run"]["seconds"],
        "cpu_seconds": used,
        "load_of_the_machine": {"before": round(load, 1), "after": round(os.getloadavg()[0], 1)},
        "draws": [fit.about["run"]["chains"], fit.about["run"]["draws"]],
        "file_bytes": len(to_bytes(fit)),
        "gates": fit.about["gates"],
        "found": found,
        "scores": {
            known: {who: got if who == "n" else got["crps"] for who, got in row.items()}
            for known, row in fit.about["scores"].items()
        },
        "forecasts_on_the_truth": on_truth.figures(),
        "forecasts_on_the_fit": on_fit.figures(),
    }
    return result, on_fit, on_truth


def truth_basis(clinic: Clinic) -> Basis:
    """What forecasts would rest on if the clinic's parameters and its practitioners were known."""
    shared = {name: np.full(N_DRAWS, clinic.truth[name]) for name in SHARED}
    practice = np.random.default_rng(0).choice(clinic.draws.mu - clinic.truth["mu"], N_DRAWS)
    return fitted_basis(shared | {PRACTICE: practice}, version="truth", about="the truth", n=0, data_hash="")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Runs the clinics one after the other and keeps each as soon as it is done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--only", default=",".join(CLINICS))
    options = parser.parse_args()
    result = head(SAMPLER) | {"model": VISIT_MODEL, "people_a_clinic": options.people, "together": {}, "clinics": {}}
    file = HERE / "results" / f"refit-{result['date']}.json"
    all_on_fit, all_on_truth = Held(), Held()
    for name in options.only.split(","):
        result["clinics"][name], on_fit, on_truth = one_clinic(name, options.people)
        if name != "a":
            all_on_fit.add(on_fit)
            all_on_truth.add(on_truth)
            result["together"] = {"on_the_fit": all_on_fit.figures(), "on_the_truth": all_on_truth.figures()}
        file.write_text(json.dumps(result, indent=1) + "\n")
        on = result["together"].get("on_the_fit", {})
        print(name, result["clinics"][name]["seconds"], on.get("ks_of_ranks"), on.get("gap_beyond_chance"), flush=True)


if __name__ == "__main__":
    main()
