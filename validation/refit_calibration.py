"""Simulation-based calibration of the sampler: clinics drawn from the prior, fitted, and the truth's rank among the draws.

    .venv-science/bin/python validation/refit_calibration.py [--clinics N] [--courses N] [--seed S]

Ranks of every shared parameter have to be even. Writes src/myotome/refit/calibration.json, the record that the gate of
a refit reads, and validation/results/refit-calibration-DATE.json with the ranks themselves. It may be stopped at any
time: what is done is kept, and the next run with the same seed goes on from there.
"""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jax
import numpy as np
from scipy.stats import kstest
from stale import SAMPLER, head

from myotome.knowledge.recovery import prior
from myotome.refit import gates
from myotome.refit.courses import courses_from
from myotome.refit.run import versions
from myotome.refit.sampler import sampled
from myotome.refit.simulated import simulated_clinic, truth_from
from myotome.science.followup.fitted import SHARED, VISIT_MODEL

HERE = Path(__file__).parent
RECORD = Path(gates.__file__).with_name("calibration.json")
KEPT_EVERY = 8


def ranks_of(seed: int, n_courses: int) -> dict[str, float]:
    """For one clinic the share of draws below the truth, of each parameter; ties by chance."""
    rng = np.random.default_rng(seed)
    chosen = prior("a")
    truth = truth_from(chosen, rng)
    clinic = simulated_clinic(chosen, truth, rng, n=n_courses, n_practitioners=3)
    got = sampled(courses_from(clinic.rows), seed=seed, n_warmup=300, n_draws=400)
    found = {name: got.draws[name][:, ::KEPT_EVERY].reshape(-1) for name in SHARED}
    ranks = {
        name: float(((values < truth[name]).sum() + rng.random()) / (len(values) + 1)) for name, values in found.items()
    }
    return ranks | {"divergent": float(got.n_divergent)}


def main() -> None:
    """Goes on until all clinics are done, and writes both records after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clinics", type=int, default=100)
    parser.add_argument("--courses", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args()
    today = datetime.now(tz=UTC).date().isoformat()
    file = HERE / "results" / f"refit-calibration-{today}.json"
    done: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    asked = {"model": VISIT_MODEL, "prior": prior("a").version, "courses": options.courses, "seed": options.seed}
    rows = done["ranks"] if {key: done.get(key) for key in asked} == asked else []
    while len(rows) < options.clinics:
        rows.append(ranks_of(options.seed + len(rows), options.courses))
        jax.clear_caches()  # what was compiled for this clinic fits no other; some forty of them fill the memory for code
        p_of_ranks = {n: round(float(kstest([row[n] for row in rows], "uniform").pvalue), 4) for n in SHARED}
        record = {"on": today, **asked, "clinics": len(rows), "p_of_ranks": p_of_ranks, "versions": versions()}
        RECORD.write_text(json.dumps(record, indent=1) + "\n")
        kept = [{name: round(value, 4) for name, value in row.items()} for row in rows]
        file.write_text(
            json.dumps(head(SAMPLER) | record | {"load": round(os.getloadavg()[0], 1), "ranks": kept}, indent=1) + "\n"
        )
        print(len(rows), min(p_of_ranks.items(), key=lambda row: row[1]), flush=True)


if __name__ == "__main__":
    main()
