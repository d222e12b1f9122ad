"""Writing plans and consents. A new plan replaces the one before, which is kept; a withdrawn consent is kept too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from myotome.clinic.assessment.models import Examination
from myotome.clinic.audit.actions import record
from myotome.clinic.booking.queries import services_of_kind
from myotome.clinic.planning.models import Consent, Plan, PlannedSite
from myotome.clinic.planning.queries import plan_for
from myotome.clinic.screening.models import Course
from myotome.knowledge.consents import ConsentText
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import CourseClosed, InvalidValue, StaleVersion
from myotome.vocabulary.needling import SiteKind, Style, TreatmentMode

FIRST_REVIEW_VISIT = 4
ANY_PLAN, NO_PLAN = -1, 0
"""What a new plan may come instead of: whatever is in force, or nothing; else the id of the plan she was looking at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteChoice:
    """A site that she chose for the plan."""

    site_kind: SiteKind
    site: str
    side: Side
    region: NeedleRegion
    level: str = ""
    segment: str = ""
    reason: str = ""


def default_reviews(n_treatments: int, every: int = FIRST_REVIEW_VISIT) -> list[int]:
    """The visits at which the course is reviewed: every fourth (or as often as asked), and the last."""
    reviews = list(range(every, n_treatments + 1, every))
    return reviews if n_treatments in reviews else [*reviews, n_treatments]


@transaction.atomic
def make_plan(
    *,
    by: Actor,
    at: datetime,
    course_id: int,
    mode: TreatmentMode,
    n_treatments: int,
    price_cents_each: int,
    sites: Sequence[SiteChoice],
    service_id: int | None = None,
    examination_id: int | None = None,
    interval_days: int = 7,
    review_visits: Sequence[int] | None = None,
    rationale: str = "",
    style: Style | None = None,
    instead_of: int = ANY_PLAN,
) -> Plan:
    """The plan in force from now on for this mode; the one before is kept as replaced.

    Raises:
        StaleVersion: another plan than the one she was looking at is in force.
        InvalidValue: treatments outside 1 to 40, an interval outside 1 to 60 days, a review outside the series, or a service
            that is not offered for this mode.
        CourseClosed: the course has ended.
    """
    by.check_holds(Role.PRACTITIONER)
    course = Course.objects.for_actor(by).get_or_not_found(pk=course_id)
    if course.closed_at is not None:
        raise CourseClosed("This course has ended. A new one is opened, linked to it.")
    if not 1 <= n_treatments <= 40:
        raise InvalidValue("A series has 1 to 40 treatments.", field="n_treatments")
    if not 1 <= interval_days <= 60:
        raise InvalidValue("Visits are 1 to 60 days apart.", field="interval_days")
    reviews = sorted(set(review_visits)) if review_visits else default_reviews(n_treatments)
    if reviews[0] < 1 or reviews[-1] > n_treatments:
        raise InvalidValue(
            "Reviews are at visits 1 to {n_treatments}.", field="review_visits", n_treatments=n_treatments
        )
    if service_id is not None and service_id not in {row.pk for row in services_of_kind(by, mode.value)}:
        raise InvalidValue("Please choose one of the treatments that are offered.", field="service")
    if examination_id is not None:
        Examination.objects.for_actor(by).get_or_not_found(pk=examination_id, course_id=course.pk)
    in_force = Plan.objects.filter(course=course, mode=mode.value, replaced_at__isnull=True)
    if instead_of != ANY_PLAN and instead_of != (in_force.values_list("pk", flat=True).first() or NO_PLAN):
        raise StaleVersion("Another plan was made in the meantime. It is shown below, with what you chose.")
    in_force.update(replaced_at=at)
    plan = Plan.objects.create(
        clinic_id=by.clinic_id,
        course=course,
        examination_id=examination_id,
        made_by_id=by.practitioner_id,
        mode=mode.value,
        service_id=service_id,
        n_treatments=n_treatments,
        review_visits=reviews,
        interval_days=interval_days,
        price_cents_each=price_cents_each,
        rationale=rationale.strip(),
        style=style.value if style else "",
        made_at=at,
    )
    PlannedSite.objects.bulk_create(
        PlannedSite(
            clinic_id=by.clinic_id,
            plan=plan,
            order=order,
            site_kind=choice.site_kind.value,
            site=choice.site,
            level=choice.level,
            side=choice.side.value,
            region=choice.region.value,
            segment=choice.segment,
            reason=choice.reason[:200],
        )
        for order, choice in enumerate(sites, start=1)
    )
    record(by=by, at=at, act="plan.made", subject=plan, patient_id=course.patient_id, n_sites=len(sites))
    return plan


@transaction.atomic
def agree_plan(*, by: Actor, at: datetime, plan_id: int, version: int) -> Plan:
    """The patient's yes to the series as shown, in treatments and money; agreed already stays as it was.

    Raises:
        StaleVersion: the plan changed while she was reading it.
    """
    plan = plan_for(by, plan_id)
    if plan.agreed_at is not None:
        return plan
    changed = Plan.objects.filter(pk=plan.pk, version=version, replaced_at__isnull=True).update(
        agreed_at=at, version=F("version") + 1
    )
    if not changed:
        raise StaleVersion("This plan was changed in the meantime. Show the patient the new one.")
    record(by=by, at=at, act="plan.agreed", subject=plan, patient_id=plan.course.patient_id)
    plan.refresh_from_db()
    return plan


@transaction.atomic
def record_consent(
    *,
    by: Actor,
    at: datetime,
    course_id: int,
    kind: str,
    text_id: str,
    text_version: str,
    subject: str = "",
    how: str = "in person",
    language: str = "en",
) -> Consent:
    """Her yes to one versioned text, for the course, one hazard region, or retained needles.

    The same yes again, while it is in force, is the one that is on record.

    Raises:
        InvalidValue: another kind.
    """
    by.check_holds(Role.PRACTITIONER)
    if kind not in {"course", "region", "retained"}:
        raise InvalidValue("Consent is for the course, a region, or retained needles.", field="kind")
    course = Course.objects.for_actor(by).get_or_not_found(pk=course_id)
    same = {"kind": kind, "subject": subject, "text_id": text_id, "text_version": text_version, "language": language}
    existing = Consent.objects.filter(course=course, withdrawn_at__isnull=True, **same).first()
    if existing is not None:
        return existing
    row = Consent.objects.create(
        clinic_id=by.clinic_id,
        course=course,
        **same,
        how=how,
        given_at=at,
        recorded_by=by.name,
    )
    record(by=by, at=at, act="consent.given", subject=row, patient_id=course.patient_id, kind=kind, text=text_version)
    return row


@transaction.atomic
def record_consents(*, by: Actor, at: datetime, course_id: int, texts: Iterable[ConsentText]) -> list[Consent]:
    """Her yes to each of these texts, in the version and the language in which it was read with her: all or none."""
    return [
        record_consent(
            by=by,
            at=at,
            course_id=course_id,
            kind=text.kind,
            subject=text.subject,
            text_id=text.id,
            text_version=text.version,
            language=text.language,
        )
        for text in texts
    ]


@transaction.atomic
def withdraw_consent(
    *, by: Actor, at: datetime, consent_id: int, reason: str = "", course_id: int | None = None
) -> Consent:
    """The consent withdrawn, by the patient or for her, at any time; withdrawn already stays as it was.

    Raises:
        NotFound: there is none that she may see, or it is of another course than `course_id`.
    """
    rows = Consent.objects.for_actor(by).select_related("course")
    consent = (rows.filter(course_id=course_id) if course_id else rows).get_or_not_found(pk=consent_id)
    if consent.withdrawn_at is None:
        consent.withdrawn_at, consent.withdrawn_reason = at, reason
        consent.save(update_fields=["withdrawn_at", "withdrawn_reason"])
        record(by=by, at=at, act="consent.withdrawn", subject=consent, patient_id=consent.course.patient_id)
    return consent
