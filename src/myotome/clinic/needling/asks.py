"""What must be said before a needle, for this visit's patient today, and the reasons that were given.

STOP is lifted only by correcting the fact that raised it. An ASK is answered with a reason, once per visit and place,
and again when its fact changes. A needle that went in all the same is recorded, and an incident opens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import F

from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.needling.locks import note_in_audit, open_incident, unlocked_visit
from myotome.clinic.needling.models import CautionAnswer, NeedleInsertion, TreatmentVisit
from myotome.clinic.needling.replays import once
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.queries import credentials_of
from myotome.clinic.screening.clinical_content import content_of
from myotome.clinic.screening.facts import facts_known, note_fact
from myotome.clinic.screening.models import PatientFact
from myotome.knowledge.cautions import facts
from myotome.science.needling.areas import checked_areas
from myotome.science.needling.asks import Warning, before_needle, gravest_first, takes_a_reason, unanswered
from myotome.science.needling.consents import regions_near
from myotome.science.needling.credentials import Hand, said_of_hand
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.courses import CautionLevel, Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import NeedleState, SiteKind, Technique, TreatmentMode

QUICK_S = 1.0
"""An ASK answered faster than this was hardly read; the owner sees the share."""


def hand_of(actor: Actor, visit: TreatmentVisit) -> Hand:
    """Who holds the needle, with her credentials: the one who charts, else the practitioner of the visit."""
    pk = actor.practitioner_id or visit.practitioner_id
    name = actor.name if pk == actor.practitioner_id else visit.practitioner.name
    return Hand(id=pk, name=name, credentials=credentials_of(actor, pk))


_answers_of = Prepared(
    lambda visit_id: CautionAnswer.objects.filter(visit_id=visit_id).order_by("answered_at"), 7_000_001
)


class AskBook:
    """Facts, cautions of the clinic, answers of one visit and her credentials on its day, each read once, when asked for.

    It says what a site raises and what of it is still open.
    """

    def __init__(self, actor: Actor, visit: TreatmentVisit) -> None:
        self._actor, self._visit = actor, visit
        self._on = clinic_day(visit.clinic, visit.opened_at)
        rows: list[PatientFact] = [f for f in facts_known(actor, visit.course.patient_id) if f.state == "present"]
        self.rows = rows
        self._rules = content_of(visit.clinic).cautions
        self.facts: Mapping[str, str] = {row.code: row.detail for row in rows}
        self.areas: Mapping[str, tuple[str, ...]] = {row.code: tuple(row.areas) for row in rows if row.areas}
        self._noted_at = {row.code: row.noted_at for row in rows}

    @cached_property
    def _hand(self) -> Hand:
        return hand_of(self._actor, self._visit)

    @cached_property
    def _answers(self) -> list[CautionAnswer]:
        return _answers_of(self._visit.pk)

    def warnings(
        self, site_kind: str, site: str, level: str, region: str, *, nearest: str = "", **how: Any
    ) -> tuple[Warning, ...]:
        """Everything to say before a needle at this site, on this side, so deep, with current or to stay as `how` says."""
        where: dict[str, Any] = {
            "site_kind": SiteKind(site_kind),
            "site": site,
            "level": level or None,
            "nearest": nearest,
        }
        said = before_needle(
            **where, region=NeedleRegion(region), facts=self.facts, areas=self.areas, rules=self._rules, **how
        )
        of_hand = said_of_hand(
            self._hand,
            mode=TreatmentMode(self._visit.mode),
            on=self._on,
            hazard_regions=regions_near(**where, region=NeedleRegion(region)),
            region=NeedleRegion(region),
        )
        return gravest_first((*said, *of_hand))

    def open(self, warnings: tuple[Warning, ...]) -> tuple[Warning, ...]:
        """The STOPs, and the ASKs without an answer that is as new as their fact."""
        if not warnings:
            return ()
        return unanswered(warnings, {(a.code, a.place) for a in self._answers if self._still_counts(a, warnings)})

    def _still_counts(self, answer: CautionAnswer, warnings: tuple[Warning, ...]) -> bool:
        facts = [w.fact for w in warnings if (w.code, w.place) == (answer.code, answer.place)]
        return all(f not in self._noted_at or answer.answered_at >= self._noted_at[f] for f in facts)


@once
def answer_ask(
    *, by: Actor, at: datetime, visit_id: int, code: str, place: str, reason: str, shown_at: datetime | None = None
) -> CautionAnswer:
    """The reason on record: why she goes on past this ASK.

    Raises:
        InvalidValue: no reason was given, or the code is of nothing that a reason settles.
        VisitLocked: the visit is closed.
    """
    visit = unlocked_visit(by, visit_id)
    if not reason.strip():
        raise InvalidValue("Please say why you go on.", field="reason")
    if not takes_a_reason(code, content_of(visit.clinic).cautions):
        raise InvalidValue(
            "This is not asked: a reason does not settle it. Put the fact right instead.", field="reason"
        )
    row = CautionAnswer.objects.create(
        clinic_id=by.clinic_id,
        visit=visit,
        code=code[:40],
        place=place[:16],
        reason=reason.strip()[:300],
        shown_at=shown_at,
        answered_at=at,
        answered_by=by.name,
    )
    note_in_audit(by, at, "caution.answered", visit, code=row.code, place=row.place)
    return row


@once
def correct_fact(
    *,
    by: Actor,
    at: datetime,
    visit_id: int,
    code: str,
    state: str,
    detail: str,
    areas: Collection[str] | None = None,
) -> TreatmentVisit:
    """The fact that raised a STOP or an ASK, put right: not so, or so with other details or areas. What it was is kept.

    `areas` are those in which no needle goes in at all, as `arm:left`; None leaves them as they are.

    Raises:
        InvalidValue: there is no such fact, it is neither present nor absent, nobody said what is known now, or an area
            is none or belongs to a fact that holds everywhere.
        VisitLocked: the visit is closed.
    """
    visit = unlocked_visit(by, visit_id)
    if code not in facts():
        raise InvalidValue("There is no such fact.", field="fact_code")
    if state not in ("present", "absent"):
        raise InvalidValue("Say whether it is so or not.", field="fact_state")
    if not detail.strip():
        raise InvalidValue("Say what is known now, and from whom.", field="fact_detail")
    if areas and not any(rule.fact == code and rule.scope == "area" for rule in content_of(visit.clinic).cautions):
        raise InvalidValue("This fact holds for the whole body: it has no area.", field="fact_area")
    note_fact(
        by=by,
        at=at,
        patient_id=visit.course.patient_id,
        code=code,
        state=state,
        detail=detail.strip()[:200],
        areas=areas if areas is None else checked_areas(areas),
    )
    note_in_audit(by, at, "visit.fact_corrected", visit, code=code, state=state)
    return visit


def open_incidents_of_needle(
    by: Actor, at: datetime, visit: TreatmentVisit, needle: NeedleInsertion, *, book: AskBook | None = None
) -> None:
    """An incident for each STOP and each unanswered ASK that this needle went past, once per visit and place."""
    book = book or AskBook(by, visit)
    warnings = book.warnings(
        needle.site_kind,
        needle.site,
        needle.level,
        needle.region,
        nearest=needle.nearest,
        side=needle.side,
        depth_mm=needle.depth_mm,
        is_electrical=needle.technique == Technique.ELECTRICAL.value,
        is_retained=needle.state == NeedleState.LEFT_IN.value,
    )
    standing = book.open(warnings)
    known = set(visit.incidents.values_list("kind", "detail")) if standing else set()
    for warning in standing:
        kind, detail = _breach(warning)
        if (kind, detail) not in known:
            open_incident(by, at, visit, kind, detail)


def _breach(warning: Warning) -> tuple[str, str]:
    """Kind and detail of the incident of a needle that went past this warning."""
    if warning.is_of_hand:
        return "needled_beyond_credential", str(warning.words)
    if warning.level is CautionLevel.STOP:
        return "needled_against_stop", f"{warning.code}, {_place_words(warning)}" if warning.areas else warning.code
    return "needled_without_answer", f"{warning.code}, {_place_words(warning)}"


def _place_words(warning: Warning) -> str:
    """The place of a warning: `lower leg`, `lower leg left`."""
    return warning.place.replace("_", " ").replace(":", " ")


@dataclass(frozen=True, slots=True)
class Quickness:
    """How many ASKs were answered where the page said when it asked, and how many hardly read."""

    n: int
    n_quick: int

    @property
    def in_100(self) -> int | None:
        """The share of quick ones; None while nothing was answered."""
        return round(100 * self.n_quick / self.n) if self.n else None


def answered_quickly(actor: Actor) -> Quickness:
    """The share of ASKs answered in under a second, over the owner's clinic: counts only.

    Raises:
        NotAllowed: she is not the owner.
    """
    actor.check_holds(Role.OWNER)
    rows = CautionAnswer.objects.filter(clinic_id=actor.clinic_id, shown_at__isnull=False)
    quick = rows.filter(answered_at__lt=F("shown_at") + timedelta(seconds=QUICK_S))
    return Quickness(rows.count(), quick.count())
