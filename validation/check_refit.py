"""A refit of simulated clinics: how long it takes, whether it finds the truth, and whether forecasts on it are right.

    .venv-science/bin/python validation/check_refit.py [--people N] [--only NAME,NAME]

Clinics: `a` from the prior's middle; `b30`, `b45`, `b60` with a treatment that does less than a third as much, slower
natural recovery, worse first pain and 30, 45 or 60 % whom needling does not change. In all of them one in five answers
is followed by one two days later, some are missed, and people leave for what they answered and also for the pain behind
it. About 500 courses are fitted, a fifth beside them judges, and the forecasts are held against other people of the same
clinic; for comparison also with the prior alone, and with the clinic's own truth, which nobody knows: no fit can be
expected to do better than that. Writes validation/results/refit-DATE.json.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from check_recovery import held_against

from myotome.knowledge.recovery import prior
from myotome.refit.result import basis_of, to_bytes
from myotome.refit.run import refit
from myotome.refit.simulated import Clinic, middle_of, simulated_clinic
from myotome.science.followup.draws import N_DRAWS, Basis, prior_basis
from myotome.science.followup.fitted import PRACTICE, SHARED, VISIT_MODEL, fitted_basis

HERE = Path(__file__).parent
N_COURSES = 625
HIDDEN_DROP_OUT = 0.05
SHIFTED = {"mu": -2.34, "natural": -4.6, "first_mean": 6.6}
CLINICS: dict[str, dict[str, float]] = {
    "b45": SHIFTED | {"share": 0.45},
    "a": {},
    "b60": SHIFTED | {"share": 0.60},
    "b30": SHIFTED | {"share": 0.30},
}


def one_clinic(name: str, n_people: int, *, seed: int = 31) -> dict[str, Any]:
    """Fit and forecasts of one simulated clinic."""
    chosen = prior("a")
    rng = np.random.default_rng(seed)
    truth = middle_of(chosen, **CLINICS[name])
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
    result = {
        "truth": {key: round(value, 3) for key, value in CLINICS[name].items()},
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
        "forecasts_on_the_truth": held_against(truth_basis(clinic), people, about, np.random.default_rng(seed + 1)),
        "forecasts_on_the_fit": held_against(basis_of(fit), people, about, np.random.default_rng(seed + 1)),
    }
    few = slice(0, min(400, n_people))
    result["forecasts_on_the_prior"] = held_against(
        prior_basis("a"), people[few], about[few], np.random.default_rng(seed + 1)
    )
    return result


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
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--only", default=",".join(CLINICS))
    options = parser.parse_args()
    today = datetime.now(tz=UTC).date().isoformat()
    file = HERE / "results" / f"refit-{today}.json"
    clinics = json.loads(file.read_text())["clinics"] if file.is_file() else {}
    for name in options.only.split(","):
        clinics[name] = one_clinic(name, options.people)
        result = {"on": today, "model": VISIT_MODEL, "people": options.people, "clinics": clinics}
        file.write_text(json.dumps(result, indent=1) + "\n")
        print(json.dumps({name: clinics[name]}, indent=1), flush=True)


if __name__ == "__main__":
    main()
