"""How many visits a week a clinic needs: its own mix of new patients, lived through under several policies.

A clinic lives in one world. So each simulated clinic takes what all people share from one stored draw, makes people of
its own from it, lets new ones begin each week at random around the given number, and counts visits week by week once the
first have come to their end. The range holds eight in ten weeks of all these clinics: the luck of single weeks and what is
not known about courses are both in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from myotome.science.followup.draws import Array, Basis
from myotome.science.followup.fitted import SHARED, draws_with
from myotome.science.followup.policies import Policy, lived, told
from myotome.science.followup.recovery import Covariates, People, people_like
from myotome.vocabulary.errors import InvalidValue

N_WORLDS = 40
PEOPLE_A_WORLD = 250
N_WEEKS = 104
MOST_NEW = 200.0
LEVELS = (0.1, 0.5, 0.9)


def check_new_a_week(new_a_week: float) -> None:
    """Refuses a number of new patients that no clinic has.

    Raises:
        InvalidValue: it is not between 0.1 and 200.
    """
    if not 0.1 <= new_a_week <= MOST_NEW:
        raise InvalidValue("New patients a week are 0.1 to {most:g}.", field="new_a_week", most=MOST_NEW)


def capacity(
    mix: Sequence[Covariates],
    new_a_week: float,
    policies: Sequence[Policy],
    basis: Basis,
    *,
    seed: int = 1,
    n_worlds: int = N_WORLDS,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """For each policy the visits a week (eight in ten weeks, and the middle), `n_weeks` of one clinic in a row, and how its
    courses went, when people of the mix, each as likely, begin `new_a_week`.

    Raises:
        InvalidValue: a number of new patients that no clinic has.

    Source: knowledge.recovery
    Check: tests/oracle/test_capacity.py
    """
    check_new_a_week(new_a_week)
    weeks: dict[str, list[Array]] = {policy.name: [] for policy in policies}
    courses: dict[str, list[Array]] = {policy.name: [] for policy in policies}
    chosen = np.linspace(0, len(basis.draws.mu) - 1, n_worlds).astype(int)
    for nth, world in enumerate(chosen):
        rng = np.random.Generator(np.random.PCG64([seed, nth]))
        people = _people(mix, basis, int(world), rng)
        luck = (rng.standard_normal((64, PEOPLE_A_WORLD)), rng.random((64, PEOPLE_A_WORLD)))
        arrivals = rng.integers(2**31)
        for policy in policies:
            went = lived(people, policy, luck, basis.prior)
            courses[policy.name].append(went)
            begun = np.random.Generator(np.random.PCG64(int(arrivals)))
            weeks[policy.name].append(weekly(went[0], policy.days(), new_a_week, begun))
        if progress:
            progress((nth + 1) / n_worlds)
    return {
        "new_a_week": new_a_week,
        "worlds": n_worlds,
        "patients": n_worlds * PEOPLE_A_WORLD,
        "policies": [
            told(policy, np.concatenate(courses[policy.name], axis=1), 0.0)
            | {"visits_a_week": _range(np.concatenate(weeks[policy.name])), "year": _year(weeks[policy.name])}
            for policy in policies
        ],
    }


def weekly(treated: Array, days: Array, new_a_week: float, rng: np.random.Generator) -> Array:
    """Visits (week,) of a clinic where new ones begin at random around `new_a_week`, each one of those who had `treated`
    treatments, the first of `days`. Counting begins when the first can have come to their end.

    Source: judgement (beginnings independent of each other)
    Check: tests/oracle/test_capacity.py
    """
    given = treated[:, None] > np.arange(len(days))
    later = (days // 7).astype(int)
    longest = int(later[-1]) + 1
    begins = np.repeat(np.arange(longest + N_WEEKS), rng.poisson(new_a_week, longest + N_WEEKS))
    who = rng.integers(len(treated), size=len(begins))
    visits = np.zeros(2 * longest + N_WEEKS)
    for k, week in enumerate(later):
        np.add.at(visits, begins + week, given[who, k].astype(float))
    return visits[longest : longest + N_WEEKS]


def _people(mix: Sequence[Covariates], basis: Basis, world: int, rng: np.random.Generator) -> People:
    shared = {name: np.full(PEOPLE_A_WORLD, getattr(basis.draws, name)[world]) for name in SHARED}
    draws = draws_with(basis.prior, shared, seed=int(rng.integers(2**31)))
    kind = rng.integers(len(mix), size=PEOPLE_A_WORLD)
    parts = [people_like(draws.take(kind == k), mix[k]) for k in np.unique(kind)]
    return People(*(np.concatenate([getattr(part, name) for part in parts]) for name in People.__slots__))


def _range(visits: Array) -> dict[str, int]:
    low, middle, high = np.quantile(visits, LEVELS, method="inverted_cdf")
    return {"q10": int(low), "median": int(middle), "q90": int(high)}


def _year(clinics: Sequence[Array]) -> list[int]:
    """The first year, week by week, of the clinic whose mean is in the middle of all."""
    order = np.argsort([weeks.mean() for weeks in clinics], kind="stable")
    return [int(n) for n in clinics[int(order[len(order) // 2])][:52]]
