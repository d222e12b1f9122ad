"""The consents of a visit's course: which are in force, which a needle still needs, and the breach when it went in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from myotome.clinic.needling.locks import open_incident
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.planning.models import Consent
from myotome.science.needling.consents import NeededConsent, consents_needed, what_was_missing
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import NeedleState, SiteKind

KIND_OF_BREACH = {
    "course": "needled_without_consent",
    "region": "needled_without_consent",
    "retained": "retained_without_consent",
}


class ConsentBook:
    """The consents of one course that hold for one treatment, read once.

    Her yes to IMS is no yes to acupuncture: the text of a course tells of its own treatment.
    """

    def __init__(self, rows: Iterable[Consent], mode: str) -> None:
        rows = [row for row in rows if row.kind != "course" or row.text_id == mode]
        self.in_force = [row for row in rows if row.withdrawn_at is None]
        self._given = {NeededConsent(row.kind, row.subject) for row in self.in_force}
        self._ever = {NeededConsent(row.kind, row.subject) for row in rows}

    def missing(self, needed: Iterable[NeededConsent]) -> tuple[NeededConsent, ...]:
        """Those of `needed` that nobody has agreed to, or that were withdrawn, each once."""
        return tuple(one for one in dict.fromkeys(needed) if one not in self._given)

    def was_withdrawn(self, needed: NeededConsent) -> bool:
        """True when it was agreed to once and is not in force."""
        return needed in self._ever and needed not in self._given


def open_incidents_of_consent(
    by: Actor, at: datetime, visit: TreatmentVisit, needle: NeedleInsertion, *, facts: Collection[str]
) -> None:
    """An incident for each yes that this needle went in without, once per visit; per needle for one that stays."""
    book = ConsentBook(Consent.objects.filter(course_id=visit.course_id), visit.mode)
    missing = book.missing(
        consents_needed(
            site_kind=SiteKind(needle.site_kind),
            site=needle.site,
            level=needle.level or None,
            region=NeedleRegion(needle.region),
            nearest=needle.nearest,
            facts=facts,
            stays=needle.state == NeedleState.LEFT_IN.value,
        )
    )
    if not missing:
        return
    known = set(visit.incidents.values_list("kind", "detail"))
    for one in missing:
        kind, detail = KIND_OF_BREACH[one.kind], str(what_was_missing(one, withdrawn=book.was_withdrawn(one)))
        if one.kind == "retained":
            detail = f"Needle {needle.number} was left in."
        if (kind, detail) not in known:
            open_incident(by, at, visit, kind, detail)
