"""One invented patient with her complaint: what the intake would say, what the examination would find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from myotome.clinic.pathway.demo.names import a_name
from myotome.knowledge.conditions import Condition, conditions
from myotome.science.followup.recovery import Covariates
from myotome.science.followup.simulation import SimulatedCourse, simulate_course

WEIGHTS = {
    "low_back_pain": 26,
    "sciatica_like": 12,
    "whiplash": 9,
    "tennis_elbow": 8,
    "frozen_shoulder": 7,
    "rotator_cuff_syndrome": 7,
    "headache_occipital": 6,
    "headache_vertex": 4,
    "piriformis_syndrome": 6,
    "plantar_fasciitis": 5,
    "thoracic_back_pain": 4,
    "patellofemoral_pain": 3,
    "achilles_tendinopathy": 3,
}
ACTIVITIES = (
    "walking the dog",
    "sitting through a film",
    "carrying the shopping",
    "sleeping through the night",
    "working at the computer",
    "playing with the children",
    "climbing stairs",
    "turning my head in the car",
    "reaching a high shelf",
    "gardening for an hour",
)
FACTS = (("anticoagulant", 0.05, "apixaban"), ("diabetes", 0.06, ""), ("faints", 0.07, ""), ("pacemaker", 0.01, ""))


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Everything about somebody who does not exist."""

    given_name: str
    family_name: str
    born_on: date
    phone: str
    email: str
    condition: Condition
    side: str
    onset_on: date
    weeks: float
    n_segments: int
    scar: bool
    activities: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    course: SimulatedCourse
    sites: tuple[tuple[str, str | None], ...]
    answers: dict[str, Any]


def invent(rng: np.random.Generator, *, number: int, first_visit: date) -> Person:
    """A person whose course begins on `first_visit`."""
    given, family = a_name(rng)
    codes = list(WEIGHTS)
    p = np.array(list(WEIGHTS.values()), dtype=float)
    condition = conditions()[codes[int(rng.choice(len(codes), p=p / p.sum()))]]
    age = float(np.clip(rng.normal(49, 15), 18, 88))
    weeks = float(np.clip(rng.lognormal(np.log(30), 1.2), 0.6, 900))
    n_segments = int(rng.choice([1, 2, 3, 4], p=[0.3, 0.42, 0.2, 0.08]))
    scar = bool(rng.random() < 0.12)
    course = simulate_course(rng, Covariates(duration_weeks=weeks, n_segments=n_segments, scar=scar, age=age))
    onset = first_visit - timedelta(days=round(weeks * 7))
    side = "left" if rng.random() < 0.5 else "right"
    sites = _sites(rng, condition)
    activities = tuple(ACTIVITIES[i] for i in rng.choice(len(ACTIVITIES), 3, replace=False))
    facts = tuple((code, words) for code, share, words in FACTS if rng.random() < share)
    return Person(
        given_name=given,
        family_name=family,
        born_on=first_visit - timedelta(days=round(age * 365.25) + int(rng.integers(0, 300))),
        phone=f"604 555 {int(rng.integers(1000, 9999))}",
        email=f"patient{number}@example.org" if rng.random() < 0.85 else "",
        condition=condition,
        side=side,
        onset_on=onset,
        weeks=weeks,
        n_segments=n_segments,
        scar=scar,
        activities=activities,
        facts=facts,
        course=course,
        sites=sites,
        answers=_answers(rng, condition, side, weeks, scar, age, activities, course),
    )


def _sites(rng: np.random.Generator, condition: Condition) -> tuple[tuple[str, str | None], ...]:
    spine = [site for site in condition.sites if site[1] is not None]
    limb = [site for site in condition.sites if site[1] is None]
    n_spine, n_limb = min(len(spine), 3), min(len(limb), 5)
    chosen = []
    if n_spine:
        start = int(rng.integers(0, max(1, len(spine) - n_spine + 1)))
        chosen += spine[start : start + n_spine]
    if n_limb:
        chosen += [limb[i] for i in sorted(rng.choice(len(limb), n_limb, replace=False))]
    return tuple(chosen)


def _answers(
    rng: np.random.Generator,
    condition: Condition,
    side: str,
    weeks: float,
    scar: bool,
    age: float,
    activities: tuple[str, ...],
    course: SimulatedCourse,
) -> dict[str, Any]:
    unit, n = ("weeks", weeks) if weeks < 9 else ("months", weeks / 4.35) if weeks < 120 else ("years", weeks / 52.2)
    answers: dict[str, Any] = {
        "regions": [f"{side}:{condition.pain_region.value}"],
        "age": int(age),
        "since_n": max(1, round(n)),
        "since_unit": unit,
        "how_began": str(rng.choice(["slowly", "suddenly", "strain", "not_sure"])),
        "what_like": ["deep_ache", "tight"],
        "eases": ["massage_briefly", "warmth"] if rng.random() < 0.7 else ["rest"],
        "operations": "here" if scar else "none",
        "medicines": ["none"],
        "bleeding": "no",
        "implants": ["none"],
        "pregnancy": "not_for_me",
        "faints": ["none"],
        "health": ["none"],
        "expectation": str(rng.choice(["weeks", "months", "years", "no_idea"])),
        "pain_average": course.scores[0],
        "pain_worst": course.worst[0],
        "peg_enjoyment": int(np.clip(course.scores[0] + rng.integers(-2, 2), 0, 10)),
        "peg_activity": int(np.clip(course.scores[0] + rng.integers(-2, 2), 0, 10)),
    }
    for number, words in enumerate(activities, start=1):
        answers[f"activity_{number}"] = words
        answers[f"activity_{number}_score"] = int(np.clip(9 - course.scores[0] + rng.integers(-1, 2), 0, 9))
    for name in ("phq_interest", "phq_down", "gad_nervous", "gad_worry"):
        answers[name] = str(int(rng.choice([0, 0, 1, 2])))
    return answers
