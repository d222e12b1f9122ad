"""Courses as arrays: what a fit of the recovery model reads.

A course is a mapping as `myotome forecast` reads it, with one opaque word more (`clinic`), `"left": true`
when she stopped coming, and, at an entry of `visits`, `"treated": false` for a score that was given without a treatment
(two days after one). No name, no birth date and no calendar date is in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any

import numpy as np

from myotome.science.followup.course import KEYS, covariates_of, visits_from
from myotome.science.followup.draws import Array
from myotome.science.followup.particles import ScoredVisit
from myotome.science.followup.recovery import EXPECTED, LONGEST_WEEKS, SHORTEST_WEEKS
from myotome.vocabulary.errors import InvalidValue

MOST_OCCASIONS = 24
MOST_COURSES = 200_000
MISSING = NOWHERE = -1
COVARIATES = ("duration", "extent", "scar", "age", "expected")
MORE_KEYS = frozenset({"clinic", "left"})


@dataclass(frozen=True, slots=True)
class Courses:
    """Arrays over courses: `days`, `scores` (-1: none) and `treated` are (course, occasion), padded after `n_occasions`;
    `covariates` (course, 5) are on the scale of the model, NaN where unknown; `practitioner` and `clinic` are indices;
    `leaves_at` is the occasion of the last treatment of who stopped coming and had not answered before it, else -1.
    """

    days: Array
    scores: Array
    treated: Array
    n_occasions: Array
    covariates: Array
    natural_shift: Array
    practitioner: Array
    clinic: Array
    leaves_at: Array

    def __len__(self) -> int:
        return len(self.days)

    @property
    def n_practitioners(self) -> int:
        """How many practitioners treated in these courses."""
        return int(self.practitioner.max()) + 1

    @property
    def n_clinics(self) -> int:
        """From how many clinics they come."""
        return int(self.clinic.max()) + 1

    @property
    def n_scores(self) -> int:
        """How many scores were given in all."""
        return int((self.scores != MISSING).sum())

    def take(self, index: Any) -> Courses:
        """The courses of an index; practitioners and clinics keep their numbers."""
        return replace(self, **{field.name: getattr(self, field.name)[index] for field in fields(self)})


def courses_from(rows: Sequence[Mapping[str, Any]]) -> Courses:
    """The arrays of these courses; those without a single score tell nothing and are left out.

    Raises:
        InvalidValue: names the course and what is wrong with it, or that there is none.
    """
    if len(rows) > MOST_COURSES:
        raise InvalidValue("At most {most} courses are read at once, not {n}.", most=MOST_COURSES, n=len(rows))
    kept = _with_a_score(rows)
    if not kept:
        raise InvalidValue("There is no course with a score to learn from.")
    n, longest = len(kept), min(MOST_OCCASIONS, max(len(row["visits"]) for row in kept))
    found = Courses(
        days=np.zeros((n, longest)),
        scores=np.full((n, longest), MISSING),
        treated=np.zeros((n, longest)),
        n_occasions=np.zeros(n, dtype=int),
        covariates=np.full((n, len(COVARIATES)), np.nan),
        natural_shift=np.zeros(n),
        practitioner=_numbered([_who(row) for row in kept])[1],
        clinic=_numbered([str(row.get("clinic", "")) for row in kept])[1],
        leaves_at=np.full(n, NOWHERE),
    )
    for i, row in enumerate(kept):
        about, visits = covariates_of(row), visits_with_scores_between(row)[:longest]
        for k, visit in enumerate(visits):
            found.days[i, k] = visit.day
            found.scores[i, k] = MISSING if visit.nrs is None else visit.nrs
            found.treated[i, k] = is_treated(row["visits"][k])
        found.days[i, len(visits) :] = visits[-1].day
        found.n_occasions[i] = len(visits)
        last = int(np.flatnonzero(found.treated[i])[-1]) if found.treated[i].any() else 0
        if row.get("left") and found.scores[i, last] == MISSING and len(visits) == len(row["visits"]):
            found.leaves_at[i] = last
        found.natural_shift[i] = about.natural_shift
        found.covariates[i] = (
            np.nan if about.duration_weeks is None else np.log(_cut(about.duration_weeks) / 26.0),
            np.nan if about.n_segments is None else np.log(about.n_segments / 2.0),
            np.nan if about.scar is None else float(about.scar),
            np.nan if about.age is None else (about.age - 45.0) / 10.0,
            np.nan if about.expected is None else EXPECTED[about.expected],
        )
    return found


def readable(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """(the courses that can be read, how many others there are): one bad course costs a clinic no refit and no month."""
    kept = [row for row in rows if is_readable(row)]
    return kept, len(rows) - len(kept)


def is_readable(row: Mapping[str, Any]) -> bool:
    """Whether nothing in this course is impossible."""
    try:
        _has_a_score(row, 1)
        covariates_of(row)
    except InvalidValue:
        return False
    return True


def visits_with_scores_between(row: Mapping[str, Any]) -> list[ScoredVisit]:
    """The visits of a course, scores without a treatment among them.

    Raises:
        InvalidValue: names the visit and what is wrong with it.
    """
    return visits_from(row.get("visits"), may_be_untreated=True)


def is_treated(entry: Mapping[str, Any]) -> bool:
    """Whether a treatment followed the score of an entry; what says nothing is a visit."""
    return entry.get("treated") is not False


def practitioners_in(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The opaque words of the practitioners of these courses, in the order in which `courses_from` numbers them."""
    names, _index = _numbered([_who(row) for row in _with_a_score(rows)])
    return tuple(json.loads(name)[1] for name in names)


def data_hash(rows: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 of the courses in a fixed writing, whatever their order."""
    lines = sorted(json.dumps(row, sort_keys=True, separators=(",", ":")) for row in rows)
    return sha256("\n".join(lines).encode()).hexdigest()


def sample_of(courses: Courses, most: int, *, seed: int) -> Courses:
    """At most `most` courses, a random sample stratified by practitioner and by how long the complaint had lasted."""
    if len(courses) <= most:
        return courses
    rng = np.random.default_rng(seed)
    duration = np.nan_to_num(courses.covariates[:, 0], nan=0.0)
    order = np.lexsort((rng.random(len(courses)), duration.round(), courses.practitioner))
    at = (rng.random() + np.arange(most)) * len(courses) / most
    return courses.take(np.sort(order[at.astype(int)]))


def _has_a_score(row: Mapping[str, Any], number: int) -> bool:
    if unknown := sorted(set(row) - KEYS - MORE_KEYS):
        raise InvalidValue(
            "Course {number}: {unknown!r} is none of its words.", field=unknown[0], number=number, unknown=unknown[0]
        )
    if not isinstance(row.get("left"), bool | None):
        raise InvalidValue(
            "Course {number}: left is true or false, not {value!r}.", field="left", number=number, value=row["left"]
        )
    if not isinstance(row.get("clinic"), str | None):
        raise InvalidValue(
            "Course {number}: clinic is a word, not {value!r}.", field="clinic", number=number, value=row["clinic"]
        )
    return any(visit.nrs is not None for visit in visits_with_scores_between(row)[:MOST_OCCASIONS])


def _with_a_score(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    kept = []
    for number, row in enumerate(rows, start=1):
        try:
            covariates_of(row)
            if _has_a_score(row, number):
                kept.append(row)
        except InvalidValue as error:
            raise error.of(f"courses[{number - 1}]") from None
    return kept


def _who(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row.get("clinic", "")), str(row.get("practitioner") or "")


def _numbered(names: Sequence[Any]) -> tuple[Array, Array]:
    """(the names in order, each as JSON; the place of each row's name)."""
    found, index = np.unique([json.dumps(name) for name in names], return_inverse=True)
    return found, np.asarray(index)


def _cut(weeks: float) -> float:
    return min(max(weeks, SHORTEST_WEEKS), LONGEST_WEEKS)
