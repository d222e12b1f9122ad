"""What a report on needling asks of a course, as values: sessions with their needles, the plan, who treated, what was said.

Nothing here names a person: a course is told by days since its first session and by qualifications.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from myotome.vocabulary.needling import Adjunct, NeedleInsertion, Style, TreatmentMode

Site = tuple[str, str, str, str]
"""Kind, site, level (empty for none) and side: what is compared between plan and session."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One visit: `day` counts from the first, `minutes` from opening to closing, None while it is open.

    `planned` holds the sites of the plan that was in force, None where there was none.
    """

    number: int
    mode: TreatmentMode
    day: int
    minutes: float | None
    needles: tuple[NeedleInsertion, ...]
    planned: frozenset[Site] | None = None
    adjuncts: tuple[Adjunct, ...] = ()
    has_advice: bool = False
    place: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Qualification:
    """What entitles one practitioner to needle: registration, and certificates with the year they were given."""

    registered_with: str = ""
    programmes: tuple[str, ...] = ()
    first_issued_on: date | None = None

    @property
    def is_known(self) -> bool:
        """True when anything is on record."""
        return bool(self.registered_with or self.programmes)


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseFacts:
    """One course as charted so far. `reasons` are the plan's for its sites, `sources` keys of what it rests on.

    `consents` names each text with its version and language.
    """

    styles: tuple[Style, ...] = ()
    rationale: str = ""
    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    n_planned: int | None = None
    interval_days: int | None = None
    consents: tuple[str, ...] = ()
    practitioners: tuple[Qualification, ...] = ()
    sessions: tuple[Session, ...] = ()
    as_of: date | None = None

    @property
    def needles(self) -> tuple[NeedleInsertion, ...]:
        """All needles of all sessions, in order."""
        return tuple(needle for session in self.sessions for needle in session.needles)


def site_of(needle: NeedleInsertion) -> Site:
    """Where the needle was, to compare with a plan."""
    return (needle.site_kind.value, needle.site, needle.level or "", needle.side.value)
