"""Planning by simulation: the same ten thousand people under several ways of spacing and stopping treatments.

A policy spaces its treatments (weekly, two-weekly, or closer at first), stops when two scores in a row are at the
recovered line, when there is no relief by a review, or when its number of treatments is used up. People also leave by
themselves. All policies meet the same people with the same luck, so that differences are those of the policies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from myotome.knowledge.recovery import Prior, prior
from myotome.science.followup.course import covariates_of
from myotome.science.followup.doubts import doubts_about
from myotome.science.followup.draws import Array, draws_of
from myotome.science.followup.forecast import recovered_line
from myotome.science.followup.recovery import Covariates, People, pain_before_visits, people_like
from myotome.science.followup.simulation import DROP_OUT_A_VISIT
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.sentences import Sentence

MOST_PEOPLE = 100_000
MOST_POLICIES = 12
BATCH = 2_000
LONGEST_NAME = 60
PLAN_KEYS = frozenset({"patients", "seed", "scenario", "price", "mix", "policies"})
POLICY_KEYS = frozenset({"name", "interval_days", "first_interval_days", "n_first", "most_treatments", "review_at"})
RECOVERED = "two-scores-1"
"""What a simulated course counts as recovered: scores, not the latent pain that a forecast speaks of."""
MIX_KEYS = frozenset({"share", "condition", "duration_weeks", "segments", "scar", "age", "expected"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How treatments are spaced and when they stop; `review_at` None: no review for relief."""

    name: str
    interval_days: float = 7.0
    first_interval_days: float = 7.0
    n_first: int = 0
    most_treatments: int = 12
    review_at: int | None = None

    def days(self) -> Array:
        """The days of its treatments at most, since the first."""
        gaps = [
            self.first_interval_days if k < self.n_first else self.interval_days for k in range(self.most_treatments)
        ]
        return np.concatenate([[0.0], np.cumsum(np.array(gaps, dtype=float))])


def compare_policies(plan: Mapping[str, Any], *, progress: Callable[[float], None] | None = None) -> dict[str, Any]:
    """What `myotome simulate` answers: for each policy ranges of treatments and weeks, shares recovered (by two scores in a
    row), relieved and left, mean treatments and cost, and visits a week at one new patient a week.

    Raises:
        InvalidValue: names the field of the plan that is wrong.

    Source: knowledge.recovery
    Check: tests/oracle/test_policies.py
    """
    _check_keys(plan, PLAN_KEYS, "plan")
    n = _count(plan, "patients", 10_000, MOST_PEOPLE)
    seed = _count(plan, "seed", 1, 2**31, least=0)
    price = _real(plan, "price", 0.0, 0.0, 1e6)
    scenario = plan.get("scenario", "a")
    if scenario not in ("a", "b"):
        raise InvalidValue("The scenario is a or b.", field="scenario")
    policies = policies_of(plan.get("policies"))
    mix = _mix(plan.get("mix"))
    chosen = prior(scenario)
    found: dict[str, list[Array]] = {policy.name: [] for policy in policies}
    done = 0
    while done < n:
        size = min(BATCH, n - done)
        rng = np.random.Generator(np.random.PCG64([seed, done]))
        people = _people(chosen, mix, size, seed=int(rng.integers(2**31)), rng=rng)
        luck = (rng.standard_normal((64, size)), rng.random((64, size)))
        for policy in policies:
            found[policy.name].append(lived(people, policy, luck, chosen))
        done += size
        if progress:
            progress(done / n)
    return {
        "patients": n,
        "scenario": scenario,
        "seed": seed,
        "policies": [told(policy, np.concatenate(found[policy.name], axis=1), price) for policy in policies],
        "basis": {
            "version": chosen.version,
            "status": chosen.status,
            "definition": RECOVERED,
            "says": Sentence(
                "Recovered is two scores in a row: one at the recovered line or below, the one before it at most a point above."
            ),
        },
        "warnings": [words for kind in plan.get("mix") or () for words in doubts_about(kind)],
    }


def policies_of(rows: Any) -> list[Policy]:
    """The policies of a plan; without any: weekly, every two weeks, twice a week at first, weekly with a review at 4.

    Source: judgement
    Check: tests/oracle/test_policies.py
    """
    if rows is None:
        return [
            Policy(name="weekly"),
            Policy(name="every two weeks", interval_days=14.0),
            Policy(name="twice a week at first", first_interval_days=3.5, n_first=4),
            Policy(name="weekly, review at 4", review_at=4),
        ]
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not 1 <= len(rows) <= MOST_POLICIES:
        raise InvalidValue("policies is a list of 1 to {most_policies}.", field="policies", most_policies=MOST_POLICIES)
    found = []
    for number, row in enumerate(rows):
        where = f"policies[{number}]"
        if not isinstance(row, Mapping):
            raise InvalidValue("A policy is an object.", field=where)
        _check_keys(row, POLICY_KEYS, where)
        if ("first_interval_days" in row) != bool(row.get("n_first")):
            raise InvalidValue(
                "first_interval_days and n_first (1 or more) belong together: so many first gaps of so many days.",
                field=f"{where}.first_interval_days",
            )
        interval = _real(row, "interval_days", 7.0, 1.0, 90.0, where)
        most = _count(row, "most_treatments", 12, 60, where=where)
        found.append(
            Policy(
                name=_name(row, number, where),
                interval_days=interval,
                first_interval_days=_real(row, "first_interval_days", interval, 1.0, 90.0, where),
                n_first=_count(row, "n_first", 0, 60, least=0, where=where),
                most_treatments=most,
                review_at=None if row.get("review_at") is None else _count(row, "review_at", 4, most, where=where),
            )
        )
    if len({policy.name for policy in found}) < len(found):
        raise InvalidValue("Each policy has a name of its own.", field="policies")
    return found


def lived(people: People, policy: Policy, luck: tuple[Array, Array], chosen: Prior) -> Array:
    """(treatments, days, recovered, relieved, left) by person, shape (5, person); `luck` holds the noise of each answer,
    and a number from 0 to 1 that decides who leaves, both (visit, person).

    Source: knowledge.recovery
    Check: tests/oracle/test_policies.py
    """
    line = recovered_line(people.first_pain, chosen)
    noise, leaves = luck
    days = policy.days()
    n = len(people.g)
    treated, ended_on = np.zeros(n), np.zeros(n)
    going = np.ones(n, dtype=bool)
    recovered, left = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    first = previous = np.zeros(n)
    latent_at_end = people.first_pain.copy()
    for k, latent in enumerate(pain_before_visits(people, days)):
        said = np.clip(np.rint(latent + people.bad_day * (k == 0) + people.noise * noise[k]), 0, 10)
        latent_at_end = np.where(going, latent, latent_at_end)
        ended_on = np.where(going, days[k], ended_on)
        if k == 0:
            first = said
        else:
            well = going & (said <= line) & (previous <= line + 1)
            recovered |= well
            gone = going & ~well & (leaves[k] < DROP_OUT_A_VISIT)
            left |= gone
            hopeless = going & ~well & ~gone & (policy.review_at == k) & (said > 0.7 * first)
            going &= ~(well | gone | hopeless)
        previous = said
        if k < policy.most_treatments:
            treated += going
    relieved = latent_at_end <= 0.7 * people.first_pain
    return np.stack([treated, ended_on, recovered, relieved, left]).astype(float)


def told(policy: Policy, went: Array, price: float) -> dict[str, Any]:
    """What came of a policy, from `lived`: ranges of treatments and weeks, shares, cost.

    Source: judgement
    Check: tests/oracle/test_policies.py
    """
    treated, days, recovered, relieved, left = went
    levels = (0.1, 0.25, 0.5, 0.75, 0.9)
    names = ("q10", "q25", "median", "q75", "q90")
    return {
        "name": policy.name,
        "treatments": dict(zip(names, (int(q) for q in np.quantile(treated, levels, method="lower")), strict=True)),
        "weeks": dict(zip(names, (round(float(q) / 7, 1) for q in np.quantile(days, levels)), strict=True)),
        "mean_treatments": round(float(treated.mean()), 3),
        "share_recovered": round(float(recovered.mean()), 4),
        "share_relieved": round(float(relieved.mean()), 4),
        "share_left": round(float(left.mean()), 4),
        "cost_each": round(float(treated.mean()) * price, 2),
        "cost_per_recovered": round(float(treated.sum()) * price / max(float(recovered.sum()), 1.0), 2),
        "visits_a_week_for_one_new_patient_a_week": round(float(treated.mean()), 2),
    }


def _people(
    chosen: Prior, mix: list[tuple[float, Covariates]], n: int, *, seed: int, rng: np.random.Generator
) -> People:
    draws = draws_of(chosen, n=n, seed=seed)
    shares = np.array([share for share, _about in mix])
    kind = np.searchsorted(np.cumsum(shares / shares.sum())[:-1], rng.random(n), side="right")
    parts = [people_like(draws.take(kind == k), about) for k, (_share, about) in enumerate(mix)]
    return People(*(np.concatenate([getattr(part, name) for part in parts]) for name in People.__slots__))


def _name(row: Mapping[str, Any], number: int, where: str) -> str:
    name = row.get("name")
    if name is None:
        return f"policy {number + 1}"
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise InvalidValue(
            "A policy's name is a line of {longest} letters at most.", field=f"{where}.name", longest=LONGEST_NAME
        )
    return name


def _mix(rows: Any) -> list[tuple[float, Covariates]]:
    if rows is None:
        return [(1.0, Covariates())]
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
        raise InvalidValue("mix is a list of kinds of patients.", field="mix")
    found = []
    for number, row in enumerate(rows):
        where = f"mix[{number}]"
        if not isinstance(row, Mapping):
            raise InvalidValue("A kind of patient is an object.", field=where)
        _check_keys(row, MIX_KEYS, where)
        try:
            about = covariates_of(row)
        except InvalidValue as error:
            raise error.of(where) from None
        found.append((_real(row, "share", 1.0, 0.0, 1e6, where), about))
    if not sum(share for share, _about in found) > 0:
        raise InvalidValue("At least one share of the mix is above 0.", field="mix")
    return found


def _check_keys(row: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    if unknown := sorted(set(row) - known):
        raise InvalidValue(
            "{where} has no {unknown!r}; it has {there_are}.",
            field=unknown[0],
            where=where,
            unknown=unknown[0],
            there_are=", ".join(sorted(known)),
        )


def _real(row: Mapping[str, Any], name: str, default: float, low: float, high: float, where: str = "") -> float:
    value = row.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidValue(
            "{name} is {low:g} to {high:g}, not {value!r}.",
            field=f"{where}.{name}".strip("."),
            name=name,
            low=low,
            high=high,
            value=value,
        )
    return float(value)


def _count(row: Mapping[str, Any], name: str, default: int, most: int, *, least: int = 1, where: str = "") -> int:
    value = _real(row, name, default, least, most, where)
    if value != int(value):
        raise InvalidValue(
            "{name} is a whole number, not {value:g}.", field=f"{where}.{name}".strip("."), name=name, value=value
        )
    return int(value)
