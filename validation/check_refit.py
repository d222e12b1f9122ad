"""Refits of simulated clinics: how long they take, whether they find the truth, and whether forecasts on them are right.

    .venv-science/bin/python validation/check_refit.py [--people N] [--only NAME,NAME]

Clinics `b30`, `b45` and `b60`: a treatment that does less than a third of what scenario A says, slower natural recovery,
worse first pain, and 30, 45 or 60 % whom needling does not change. One in five answers is followed by one two days
later, some are missed, and people leave for what they answered and also for the pain behind it, with their last answer
missing. In each clinic 500 courses are fitted, and the forecasts are held against other people of the same clinic. One
clinic's 500 courses are a draw of luck that all its forecasts share, so there are several, and `together` holds all
their forecasts.

Beside it stand the same forecasts on each clinic's own truth, which nobody knows: no fit can be expected to do better.
`said_on_the_truth` is what these say of the very people of a tenth, on average: what came, without the luck of who was
counted. `a` is one clinic from the prior's middle; `b45-large` has 5,000 courses beside those that judge it, of which a
sample of 1,500 is fitted.
Each clinic has a process of its own, its forecasts one for each core. Writes validation/results/refit-DATE.json after
each clinic; of one clinic alone its name stands in the file's too.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from check_recovery import Held, held_against
from stale import SAMPLER, head

from myotome.knowledge.recovery import prior
from myotome.refit.result import basis_of, from_bytes, to_bytes
from myotome.refit.run import refit
from myotome.refit.simulated import Clinic, middle_of, simulated_clinic
from myotome.science.followup.draws import N_DRAWS, Basis
from myotome.science.followup.fitted import PRACTICE, SHARED, VISIT_MODEL, fitted_basis

HERE = Path(__file__).parent
N_COURSES, N_LARGE = 500, 6250
N_PARTS = 2
HIDDEN_DROP_OUT = 0.05
SHIFTED = {"mu": -2.34, "natural": -4.6, "first_mean": 6.6}
CLINICS: dict[str, tuple[int, dict[str, float]]] = {
    f"b{share}-{nth}": (41 + 3 * (nth - 1) + k, SHIFTED | {"share": share / 100.0})
    for nth in (1, 2, 3)
    for k, share in enumerate((45, 30, 60))
} | {"a": (31, {}), "b45-large": (51, SHIFTED | {"share": 0.45})}
"""By name the seed and what differs from the prior's middle; the nine of 500 are put together."""
APART = ("a", "b45-large")


@dataclass(slots=True)
class Both:
    """The same people forecast on the fit and on the truth."""

    on_fit: Held = field(default_factory=Held)
    on_truth: Held = field(default_factory=Held)

    def add(self, other: Both) -> None:
        """Other people beside these."""
        self.on_fit.add(other.on_fit)
        self.on_truth.add(other.on_truth)

    def figures(self) -> dict[str, Any]:
        """As `Held.figures`, and how far each tenth is from what the truth says of its people."""
        on_the_fit = self.on_fit.figures()
        tenths = {
            within: _tenths(rows, self.on_truth.said[within]) for within, rows in self.on_fit.said.items() if rows
        }
        on_the_fit["said_on_the_truth"] = tenths
        on_the_fit["largest_gap_to_the_truth"] = {
            within: round(max(abs(said - true) for n, said, true in rows if n >= 50), 4)
            for within, rows in tenths.items()
        }
        return {"on_the_fit": on_the_fit, "on_the_truth": self.on_truth.figures()}


def _tenths(on_fit: list[tuple[float, bool]], on_truth: list[tuple[float, bool]]) -> list[tuple[int, float, float]]:
    """(forecasts, what the fit said, what the truth said of them) for each tenth of what the fit said."""
    said, true = (np.array([row[0] for row in rows]) for rows in (on_fit, on_truth))
    tenth = np.minimum((said * 10).astype(int), 9)
    return [
        (int(here.sum()), round(float(said[here].mean()), 3), round(float(true[here].mean()), 3))
        for here in (tenth == k for k in range(10))
        if here.any()
    ]


def clinic_of(name: str, n_people: int) -> Clinic:
    """The clinic of that name: the courses to fit, then `n_people` others."""
    seed, changed = CLINICS[name]
    chosen = prior("a")
    n, truth = n_courses(name) + n_people, middle_of(chosen, **changed)
    rng = np.random.default_rng(seed)
    return simulated_clinic(chosen, truth, rng, n=n, n_practitioners=4, hidden_drop_out=HIDDEN_DROP_OUT)


def n_courses(name: str) -> int:
    """How many courses it has to fit and to judge by."""
    return N_LARGE if name.endswith("large") else N_COURSES


def one_fit(name: str, n_people: int) -> tuple[dict[str, Any], bytes]:
    """The fit of one simulated clinic: (figures, its result)."""
    clinic, changed = clinic_of(name, n_people), CLINICS[name][1]
    load, cpu = os.getloadavg()[0], _cpu()
    fit = refit(clinic.rows[: n_courses(name)])
    used, raw = round(_cpu() - cpu, 1), to_bytes(fit)
    found = {}
    for row in fit.about["learned"]:
        values = np.asarray(fit.shared[row["name"]], dtype=float)
        found[row["name"]] = {
            "truth": round(clinic.truth[row["name"]], 3),
            "mean": round(float(values.mean()), 3),
            "sd": round(float(values.std()), 3),
        }
    figures = {
        "truth": {key: round(value, 3) for key, value in changed.items()},
        "data": {key: value for key, value in fit.about["data"].items() if key != "hash"},
        "seconds": fit.about["run"]["seconds"],
        "cpu_seconds": used,
        "load_of_the_machine": {"before": round(load, 1), "after": round(os.getloadavg()[0], 1)},
        "draws": [fit.about["run"]["chains"], fit.about["run"]["draws"]],
        "file_bytes": len(raw),
        "gates": fit.about["gates"],
        "found": found,
        "scores": {
            known: {who: got if who == "n" else got["crps"] for who, got in row.items()}
            for known, row in fit.about["scores"].items()
        },
    }
    return figures, raw


def one_part(name: str, n_people: int, raw: bytes, part: int) -> Both:
    """Every `N_PARTS`th of the other people, forecast on the fit and on the truth."""
    clinic = clinic_of(name, n_people)
    here = range(n_courses(name) + part, n_courses(name) + n_people, N_PARTS)
    people, about = [clinic.people.take(np.array([i])) for i in here], [clinic.about[i] for i in here]
    seed = [CLINICS[name][0] + 1000, part]
    on_fit, on_truth = (
        held_against(each, people, about, np.random.default_rng(seed), is_timed=False)
        for each in (basis_of(from_bytes(raw)), truth_basis(clinic))
    )
    return Both(on_fit, on_truth)


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
    parser.add_argument("--people", type=int, default=4000)
    parser.add_argument("--only", default=",".join(CLINICS))
    options = parser.parse_args()
    result = head(SAMPLER) | {"model": VISIT_MODEL, "people_a_clinic": options.people, "together": {}, "clinics": {}}
    names, together, fresh = options.only.split(","), Both(), get_context("spawn")
    called = f"refit-{names[0]}" if len(names) == 1 else "refit"
    file = HERE / "results" / f"{called}-{result['date']}.json"
    for name in names:
        with ProcessPoolExecutor(1, fresh) as alone:
            figures, raw = alone.submit(one_fit, name, options.people).result()
        with ProcessPoolExecutor(N_PARTS, fresh) as pool:
            parts = [pool.submit(one_part, name, options.people, raw, part) for part in range(N_PARTS)]
            here = Both()
            for part in parts:
                here.add(part.result())
        result["clinics"][name] = figures | {"forecasts": here.figures()}
        if name not in APART:
            together.add(here)
            result["together"] = together.figures()
        file.write_text(json.dumps(result, indent=1) + "\n")
        on = here.figures()["on_the_fit"]
        print(name, figures["seconds"], on["ks_of_ranks"], on["largest_gap_to_the_truth"], flush=True)


if __name__ == "__main__":
    main()
