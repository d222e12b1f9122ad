"""Reading plans, the cautions that come with a patient, and whether she has said yes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.people.access import by_care, sees_by_care
from myotome.clinic.planning.models import Consent, Plan, PlannedSite
from myotome.clinic.screening.clinical_content import content_of
from myotome.clinic.screening.facts import facts_of
from myotome.clinic.screening.models import PatientFact
from myotome.knowledge.cautions import Caution, facts
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CautionLevel

ORDER = (CautionLevel.STOP, CautionLevel.ASK, CautionLevel.NOTE)


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientCaution:
    """A caution that a dated fact of this patient raises."""

    level: CautionLevel
    code: str
    fact: str
    sentence: str
    detail: str
    scope: str
    where: tuple[str, ...]
    noted_on: Any
    source: str
    short: str
    areas: tuple[str, ...] = ()


def plans_for(actor: Actor, *, course_id: int | None = None) -> QuerySet[Plan]:
    """Plans the actor may see, newest first."""
    rows = Plan.objects.for_actor(actor).select_related("course__patient", "made_by", "examination", "service")
    return (rows.filter(course_id=course_id) if course_id else rows).order_by("-made_at")


def plan_for(actor: Actor, pk: int) -> Plan:
    """One plan.

    Raises:
        NotFound: there is none that the actor may see.
    """
    return plans_for(actor).get_or_not_found(pk=pk)


def current_plan(actor: Actor, *, course_id: int, mode: str | None = None) -> Plan | None:
    """The plan in force (of one mode), or None."""
    rows = plans_for(actor, course_id=course_id).filter(replaced_at__isnull=True)
    return (rows.filter(mode=mode) if mode else rows).first()


def last_style(actor: Actor) -> str:
    """The style that this practitioner named in her newest plan with one; empty for none."""
    rows = Plan.objects.filter(clinic_id=actor.clinic_id, made_by_id=actor.practitioner_id).exclude(style="")
    return str(rows.order_by("-made_at").values_list("style", flat=True).first() or "")


def sites_of(plan: Plan) -> list[PlannedSite]:
    """The planned sites in needling order."""
    return list(plan.sites.order_by("order"))


def cautions_of(actor: Actor, *, patient_id: int) -> list[PatientCaution]:
    """The cautions that today's facts of the patient raise: STOP first, then ASK, then NOTE."""
    return cautions_from(facts_of(actor, patient_id))


def cautions_from(known: Iterable[PatientFact]) -> list[PatientCaution]:
    """The cautions of her clinic that these facts raise, for a page that has read them already."""
    present = {fact.code: fact for fact in known if fact.state == "present"}
    rules = content_of(next(iter(present.values())).clinic).cautions if present else ()
    rows = [
        PatientCaution(
            level=_level_of(rule, present[rule.fact]),
            code=rule.code,
            fact=rule.fact,
            sentence=rule.sentence,
            detail=present[rule.fact].detail,
            scope=rule.scope,
            where=rule.where,
            noted_on=present[rule.fact].noted_at,
            source=", ".join(rule.sources),
            short=facts()[rule.fact].words,
            areas=tuple(present[rule.fact].areas),
        )
        for rule in rules
        if rule.fact in present
    ]
    return sorted(rows, key=lambda row: ORDER.index(row.level))


def _level_of(rule: Caution, fact: PatientFact) -> CautionLevel:
    """As it is shipped or changed; a STOP of an area that nobody has named asks."""
    level = CautionLevel(rule.level)
    is_unnamed = rule.scope == "area" and not fact.areas
    return CautionLevel.ASK if is_unnamed and level is CautionLevel.STOP else level


def standing(rows: Iterable[PatientCaution]) -> list[PatientCaution]:
    """One caution for each fact: what stands in the banner of every clinical page.

    The gravest that holds for the whole patient; a STOP for some sites only is said at those sites.
    """
    found: dict[str, PatientCaution] = {}
    for row in sorted(rows, key=lambda row: row.scope != "all"):
        found.setdefault(row.fact, row)
    return sorted(found.values(), key=lambda row: ORDER.index(row.level))


def consents_of(actor: Actor, *, course_id: int) -> list[Consent]:
    """Consents of the course, newest first, withdrawn ones included."""
    if sees_by_care(actor):
        return _consents_in_care(actor.clinic_id, actor.user_id, course_id)
    return list(_consents(actor, course_id))


def _consents(actor: Actor, course_id: int) -> QuerySet[Consent]:
    return Consent.objects.for_actor(actor).filter(course_id=course_id).order_by("-given_at")


_consents_in_care = Prepared(
    lambda clinic_id, user_id, course_id: _consents(by_care(clinic_id, user_id), course_id),
    7_000_001,
    7_000_002,
    7_000_003,
)
