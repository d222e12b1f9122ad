"""Is the forecast right as often as it says? On simulated clinics of scenario A, and on the people of published trials.

    python validation/check_recovery.py [--people N] [--many N] [--repeats R] [--trials FOLDER]

Simulated clinics: whole courses from fresh draws of the prior, with the model's own 45 % whom needling does not change
and with drop-out that depends on what was answered; at every visit the forecast is held against what came. Two hundred
people in a tenth are too few to tell .04 from chance, so its tenths are read off `--many` others (`simulated_many`).
Trials (a
folder with vickers_headache.csv, ashar_backpain.csv, neck_laser.csv, where it is there): cross-validation in five folds
of the response kernel beside four baselines fitted on the same rows. Writes validation/results/recovery-DATE.json.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kstest
from stale import VISIT_MODEL, head

from myotome.science.followup.answer import FORECAST_VERSION
from myotome.science.followup.draws import Basis, draws_of, prior_basis
from myotome.science.followup.forecast import MOST_AHEAD, forecast_from, recovered_line, treatments_until_recovered
from myotome.science.followup.particles import ScoredVisit, unscored, updated
from myotome.science.followup.recovery import Covariates, People, pain_ahead, pain_before_visits, people_like
from myotome.science.followup.simulation import scores_of
from myotome.science.followup.trial import Question, validate_recovery

HERE = Path(__file__).parent
AFTER = (0, 1, 2, 4, 6, 8)
MANY_SEEDS = (72, 73)
FOLDS = 5
COVERED = (*VISIT_MODEL, *(f"src/myotome/science/followup/{name}.py" for name in ("baselines", "kernel", "trial")))


def simulated_clinic(n: int, *, seed: int = 71, scenario: str = "a", is_timed: bool = True) -> Held:
    """As `held_against`, for `n` people of a clinic of the scenario forecast from its own prior."""
    basis = prior_basis(scenario)
    rng = np.random.default_rng(seed)
    truth = draws_of(basis.prior, n=n, seed=seed)
    weeks = np.exp(rng.normal(np.log(26), 1.0, n))
    segments, scar, age = rng.integers(1, 5, n), rng.random(n) < 0.15, np.clip(rng.normal(48, 15, n), 18, 90)
    about = [
        Covariates(duration_weeks=float(weeks[i]), n_segments=int(segments[i]), scar=bool(scar[i]), age=float(age[i]))
        for i in range(n)
    ]
    people = [people_like(truth.take(np.array([i])), about[i]) for i in range(n)]
    return held_against(basis, people, about, rng, is_timed=is_timed)


def many_simulated(n: int) -> Held:
    """`n` people of scenario A, one part of them on each core."""
    held = Held()
    with ProcessPoolExecutor(len(MANY_SEEDS)) as pool:
        parts = [pool.submit(simulated_clinic, n // len(MANY_SEEDS), seed=seed, is_timed=False) for seed in MANY_SEEDS]
        for part in parts:
            held.add(part.result())
    return held


@dataclass(frozen=True, slots=True)
class Held:
    """Forecasts beside what came, each after 0 to 8 visits: ranks of the truth, whether the 80 % interval held it, what
    was said of recovery within 4, 8 and 12 treatments and whether it came, and milliseconds of an update."""

    ranks: dict[int, list[float]] = field(default_factory=lambda: {k: [] for k in AFTER})
    inside: dict[int, list[bool]] = field(default_factory=lambda: {k: [] for k in AFTER})
    said: dict[str, list[tuple[float, bool]]] = field(default_factory=lambda: {"4": [], "8": [], "12": []})
    took: list[float] = field(default_factory=list)
    took_renewing: list[float] = field(default_factory=list)

    def add(self, other: Held) -> None:
        """The forecasts of another clinic beside these."""
        for k in AFTER:
            self.ranks[k] += other.ranks[k]
            self.inside[k] += other.inside[k]
        for within, rows in other.said.items():
            self.said[within] += rows
        self.took.extend(other.took)
        self.took_renewing.extend(other.took_renewing)

    def figures(self) -> dict[str, Any]:
        """Kolmogorov-Smirnov of the ranks, coverage, reliability by tenths, and times where they were taken."""
        return {
            "ks_of_ranks": {k: round(float(kstest(rows, "uniform").statistic), 4) for k, rows in self.ranks.items()},
            "n_after": {k: len(rows) for k, rows in self.ranks.items()},
            "coverage80_closed": {k: round(float(np.mean(rows)), 4) for k, rows in self.inside.items()},
            "largest_gap_of_p_recovered_within": {w: round(_largest_gap(rows), 4) for w, rows in self.said.items()},
            "gap_beyond_chance": {w: round(_gap_beyond_chance(rows), 4) for w, rows in self.said.items()},
            "p_recovered_within_by_tenth": {w: _by_tenth(rows) for w, rows in self.said.items()},
        } | (self._times() if self.took else {})

    def _times(self) -> dict[str, Any]:
        n_timed = len(self.took) + len(self.took_renewing)
        return {
            "update_and_forecast_ms": {"median": _ms(self.took, 50), "p95": _ms(self.took, 95)},
            "visits_that_renew_ms": {
                "share": round(len(self.took_renewing) / n_timed, 4),
                "median": _ms(self.took_renewing, 50),
                "p95": _ms(self.took_renewing, 95),
            },
        }


def held_against(
    basis: Basis,
    people: Sequence[People],
    about: Sequence[Covariates],
    rng: np.random.Generator,
    *,
    is_timed: bool = True,
) -> Held:
    """Forecasts on the basis for these people, each after 0 to 8 visits, beside what came; the whole forecast of a visit
    is worked out only to be timed. Of another basis the same `rng` gives the same people and answers."""
    chosen, draws, held = basis.prior, basis.draws, Held()
    days = 7.0 * np.arange(AFTER[-1] + MOST_AHEAD + 2)
    for i in range(len(people)):
        person = people[i]
        latent = np.array(list(pain_before_visits(person, days)))
        scores = scores_of(rng, person, latent).astype(int)[:, 0]
        line = float(recovered_line(person.first_pain, chosen)[0])
        after, visits = unscored(draws, about[i]), []
        for k in range(AFTER[-1] + 1):
            if k in AFTER:
                ahead = days[k : k + MOST_AHEAD + 1]
                left = treatments_until_recovered(
                    pain_ahead(after.people, days[:k], ahead), after.people.first_pain, chosen
                )
                below = np.flatnonzero(latent[k : k + MOST_AHEAD + 1, 0] <= line)
                came = int(below[0]) if len(below) else MOST_AHEAD + 1
                lower, at = after.weights[left < came].sum(), after.weights[left == came].sum()
                held.ranks[k].append(float(lower + rng.random() * at))
                held.inside[k].append(bool(lower <= 0.9 and lower + at >= 0.1))
                for within in held.said:
                    held.said[within].append((float(after.weights[left <= int(within)].sum()), came <= int(within)))
            score = None if rng.random() < 0.08 else int(scores[k])
            visits.append(ScoredVisit(float(days[k]), score))
            begun, before = time.perf_counter(), after.n_renewed
            after = updated(chosen, after, about[i], visits)
            if is_timed:
                forecast_from(after, chosen, visits, interval_days=7.0)
                took = 1000 * (time.perf_counter() - begun)
                (held.took_renewing if after.n_renewed > before else held.took).append(took)
            hopeless = k >= 4 and score is not None and score > 0.8 * scores[0] and rng.random() < 0.18
            if hopeless or (k and rng.random() < 0.02):
                break
    return held


def trial_folds(name: str, rows: list[dict[str, str]], question: Question, repeats: int) -> dict[str, Any]:
    """Cross-validated figures of the kernel and the baselines, weighted by people."""
    rows = [row for row in rows if row[question.outcome] and row[question.baseline]]
    if question.update:
        rows = [row for row in rows if row[question.update]]
    sums: dict[str, np.ndarray] = {}
    n_all = 0
    for repeat in range(repeats):
        order = np.random.default_rng(repeat).permutation(len(rows))
        for fold in np.array_split(order, FOLDS):
            held = set(fold.tolist())
            train = [row for k, row in enumerate(rows) if k not in held]
            answer = validate_recovery(train, [rows[k] for k in fold], question)
            for who, got in {"kernel": answer, **answer["baselines"]}.items():
                figures = np.array([got["mae"], got["crps"], got["coverage80"], got["width80"]])
                sums[who] = sums.get(who, 0) + got["n"] * figures
            n_all += answer["n"]
    found = {
        who: dict(zip(("mae", "crps", "coverage80", "width80"), (v / n_all).round(4).tolist(), strict=True))
        for who, v in sums.items()
    }
    best = min(found[who]["crps"] for who in found if who != "kernel")
    return {"name": name, "people": len(rows), "kernel_over_best": round(found["kernel"]["crps"] / best, 4), **found}


def trials_in(folder: Path) -> list[tuple[str, list[dict[str, str]], Question]]:
    """The trials that are there, wide, with what is asked of them."""
    found: list[tuple[str, list[dict[str, str]], Question]] = []
    vickers = folder / "vickers_headache.csv"
    if vickers.is_file():
        rows = _read(vickers)
        for row in rows:
            for wave in ("base", "3mo", "12mo"):
                if not row[f"headache_{wave}"]:
                    row[f"days_{wave}"] = ""
        covariates = ("age", "sex", "migraine", "chronicity_years")
        ask = Question(
            outcome="headache_3mo", baseline="headache_base", covariates=covariates, arm="acupuncture", high=100
        )
        found += [
            ("Vickers score 3 months", rows, ask),
            ("Vickers score 12 months", rows, replace(ask, outcome="headache_12mo")),
            ("Vickers score 12 months, updated", rows, replace(ask, outcome="headache_12mo", update="headache_3mo")),
            ("Vickers days 12 months", rows, replace(ask, outcome="days_12mo", baseline="days_base", high=28)),
        ]
    ashar = folder / "ashar_backpain.csv"
    if ashar.is_file():
        rows = _wide(_read(ashar), ["pain_avg"], ["group", "age", "backpain_length"])
        ask = Question(outcome="pain_avg_2", baseline="pain_avg_1", covariates=("age", "backpain_length"), arm="group")
        found.append(("Ashar pain 1 month", rows, ask))
    neck = folder / "neck_laser.csv"
    if neck.is_file():
        rows = _wide(_read(neck), ["vas10"], ["laser"])
        ask = Question(outcome="vas10_2", baseline="vas10_1", arm="laser")
        found += [
            ("Neck VAS 7 weeks", rows, ask),
            ("Neck VAS 12 weeks, updated", rows, replace(ask, outcome="vas10_3", update="vas10_2")),
        ]
    return found


def _wide(rows: list[dict[str, str]], scores: list[str], kept: list[str]) -> list[dict[str, str]]:
    people: dict[str, dict[str, str]] = {}
    for row in rows:
        person = people.setdefault(row["id"], {name: row[name] for name in kept})
        person |= {f"{name}_{row['time']}": row[name] for name in scores}
    waves = {row["time"] for row in rows}
    return [{f"{name}_{wave}": "" for name in scores for wave in waves} | person for person in people.values()]


def _largest_gap(rows: list[tuple[float, bool]]) -> float:
    """The largest distance between what was said and what came, over tenths of probability with 50 people or more."""
    p, came = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=float)
    tenth = np.minimum((p * 10).astype(int), 9)
    gaps = [abs(p[tenth == k].mean() - came[tenth == k].mean()) for k in range(10) if (tenth == k).sum() >= 50]
    return float(max(gaps, default=0.0))


def _gap_beyond_chance(rows: list[tuple[float, bool]]) -> float:
    """As `_largest_gap`, of each distance only what is more than two standard errors of what came."""
    gaps = [
        abs(said - came) - 2.0 * float(np.sqrt(said * (1.0 - said) / n)) for n, said, came in _by_tenth(rows) if n >= 50
    ]
    return max(0.0, *gaps) if gaps else 0.0


def _by_tenth(rows: list[tuple[float, bool]]) -> list[tuple[int, float, float]]:
    """(forecasts, what was said, what came) for each tenth of probability that was said at all."""
    p, came = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=float)
    tenth = np.minimum((p * 10).astype(int), 9)
    return [
        (int((tenth == k).sum()), round(float(p[tenth == k].mean()), 3), round(float(came[tenth == k].mean()), 3))
        for k in range(10)
        if (tenth == k).any()
    ]


def _ms(values: list[float], level: float) -> float:
    return round(float(np.percentile(values, level)), 2) if values else 0.0


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as text:
        return list(csv.DictReader(text))


def main() -> None:
    """Runs both checks, prints and keeps what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--trials", type=Path, default=HERE.parent.parent / "shared" / "data" / "trials")
    options = parser.parse_args()
    today = datetime.now(tz=UTC).date()
    result: dict[str, Any] = head(COVERED) | {
        "version": FORECAST_VERSION,
        "simulated": {"people": options.people, "scenario": "a"} | simulated_clinic(options.people).figures(),
        "simulated_many": {"people": options.many, "scenario": "a"} | many_simulated(options.many).figures(),
    }
    result["trials"] = [trial_folds(*trial, options.repeats) for trial in trials_in(options.trials)]
    file = HERE / "results" / f"recovery-{today}.json"
    file.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
