"""Her own page across stages: next visits, open questions, how she is doing, what was shared, what to expect."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.notices import manage_url
from myotome.clinic.booking.own_records import herself_likely, own_record_of
from myotome.clinic.booking.queries import services_in_care
from myotome.clinic.followup.models import Share
from myotome.clinic.followup.queries import request_link, requests_due, shares_of, story_of
from myotome.clinic.money.queries import documents_of
from myotome.clinic.needling.after_queries import check_due, check_link
from myotome.clinic.pathway.record import appointments_file, whole_record
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.links import MOST_WRONG_BIRTH_DATES, patient_of_page_link
from myotome.clinic.people.models import Clinic, Patient
from myotome.clinic.people.queries import patient_by_link
from myotome.clinic.screening.courses import courses_for
from myotome.clinic.screening.models import Course
from myotome.exchange.record.page import record_page
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import TooManyAttempts

WRONG_BIRTH_DATE = "page.wrong_birth_date"


def patient_by_page_link(clinic: Clinic, token: str, *, at: datetime) -> Patient:
    """The patient of the link, or the record hers was joined to.

    Raises:
        NotFound: not a link of this clinic.
        LinkExpired: thirty days have passed since the visit that it belongs to.
    """
    rows = Patient.objects.filter(clinic=clinic).select_related("merged_into")
    row = patient_of_page_link(rows, token, today=clinic_day(clinic, at))
    return row.merged_into or row


def check_page_opens(*, clinic: Clinic, at: datetime, patient: Patient) -> None:
    """Nothing, as long as a birth date may still open her page.

    The count is the audit's own: it holds for every browser, worker and restart.

    Raises:
        TooManyAttempts: five wrong birth dates within the last 24 hours, whatever comes now.
    """
    wrong = AuditEvent.objects.filter(
        clinic_id=clinic.pk, patient_id=patient.pk, act=WRONG_BIRTH_DATE, at__gt=at - timedelta(days=1)
    )
    if wrong.count() >= MOST_WRONG_BIRTH_DATES:
        raise TooManyAttempts("The birth date did not match five times. Phone the clinic, or try again tomorrow.")


def open_page_with_birth_date(*, clinic: Clinic, at: datetime, patient: Patient, born_on: date) -> bool:
    """True when the birth date is hers; a wrong one is counted, and after five in a day the page opens no more.

    Raises:
        TooManyAttempts: five wrong birth dates within the last 24 hours, whatever comes now.
    """
    check_page_opens(clinic=clinic, at=at, patient=patient)
    if born_on == patient.born_on:
        return True
    record(by=patient_by_link(patient, clinic), at=at, act=WRONG_BIRTH_DATE, subject=patient, patient_id=patient.pk)
    return False


def own_record(actor: Actor, *, at: datetime) -> bytes:
    """A zip with everything that she may see of herself: `record.json`, a page to read, her calendar; audited."""
    value = whole_record(actor, actor.patient_id, at=at)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("record.json", json.dumps(value, ensure_ascii=False, indent=1))
        archive.writestr("record.html", record_page(value))
        archive.writestr("calendar.ics", appointments_file(actor, actor.patient_id, at=at))
    return out.getvalue()


def page_of(actor: Actor, *, at: datetime) -> dict[str, Any]:
    """What she may see of herself; forecasts and charts only as they were shared.

    Raises:
        NotFound: the actor is no patient.
    """
    patient, course = _her_and_her_course(actor)
    appointments = list(
        Appointment.objects.for_actor(actor)
        .filter(patient=patient, ends_at__gt=at, status__in=["booked", "requested", "arrived"])
        .select_related("service", "practitioner", "place", "clinic", "patient")
        .order_by("starts_at")[:12]
    )
    due = requests_due(actor, course_id=course.pk, at=at) if course else []
    check = check_due(actor, at=at)
    known = set_up_of(actor.clinic_id)
    return {
        "patient": patient,
        "course": course,
        "next": appointments[0] if appointments else None,
        "later": [(row, manage_url(row)) for row in appointments[1:]],
        "next_url": manage_url(appointments[0]) if appointments else "",
        "questions": [(row, request_link(row)) for row in due[:1]],
        "may_book": bool(course and course.closed_at is None and services_in_care(actor, known=known)),
        "check": check_link(check) if check else "",
        "treats_here": _herself(actor, patient, known),
        "receipts": documents_of(actor, patient.pk),
        "story": story_of(course) if course else None,
        "shares": {row.what: row for row in shares_of(actor, course_id=course.pk)} if course else {},
    }


def _herself(actor: Actor, patient: Patient, known: SetUp) -> dict[str, Any]:
    """What she has said of treating here, or whom she may be; nothing, and no question, for nearly everybody."""
    likely = herself_likely(actor, patient, known=known)
    own = own_record_of(actor, patient.pk) if likely or patient.pk in known.own else None
    return {"own": own, "likely": None if own else likely}


def shared_muscles(actor: Actor) -> tuple[Patient, Share | None]:
    """She who asks, and the state of her muscles as her practitioner shared it; None when it is not shared.

    Raises:
        NotFound: the actor is no patient.
    """
    patient, course = _her_and_her_course(actor)
    rows = shares_of(actor, course_id=course.pk) if course else []
    return patient, next((row for row in rows if row.what == "muscles"), None)


def _her_and_her_course(actor: Actor) -> tuple[Patient, Course | None]:
    """She who asks, and her newest course; one question where she has one."""
    course = courses_for(actor, patient_id=actor.patient_id).first() if actor.patient_id else None
    if course is not None:
        return course.patient, course
    return Patient.objects.for_actor(actor).get_or_not_found(pk=actor.patient_id), None
