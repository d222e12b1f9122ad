"""Questions that no visit brings along are sent by mail on the day they are due: two days after, discharge, months later.

Questions before a visit need no mail of their own: the reminder of the visit leads to her page, where they stand. A
mail says that the clinic has questions and nothing of her health; it is sent at most once.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_tasks import task

from myotome.clinic.booking.wishes import mail_token
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.followup.queries import request_link
from myotome.clinic.followup.wishes import UNWANTED
from myotome.clinic.people.letters import letter
from myotome.clinic.people.outgoing import fails, is_not_known, send_once
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.measures import Occasion

SENT_AT = time(9, 0)


def queue_questions(request: MeasureRequest, *, at: datetime) -> None:
    """Queues the mail for nine in the morning of the day; without an address the desk asks by telephone."""
    if not request.course.patient.email or request.appointment_id is not None:
        return
    zone = ZoneInfo(request.course.clinic.time_zone)
    due = datetime.combine(request.due_on, SENT_AT, tzinfo=zone).astimezone(UTC)
    job = send_questions.using(run_after=due) if due > at else send_questions
    job.enqueue(request.pk)


@task()
def send_questions(request_id: int) -> None:
    """Sends the link once, if it can still be answered; a mail server that is down is waited for."""
    now = timezone.now()
    rows = MeasureRequest.objects.filter(completed_at__isnull=True, expires_at__gt=now).exclude(UNWANTED)
    rows = rows.select_related("course__patient", "course__clinic")
    send_once(rows, request_id, _send, job=send_questions, arguments=(request_id,), at=now)


def _send(request: MeasureRequest) -> None:
    message_for(request).send()


def questions_mailed(actor: Actor) -> QuerySet[MeasureRequest]:
    """Questions as the desk knows them, that they were asked and not what: of anybody; a practitioner's of those in her care."""
    return MeasureRequest.objects.for_desk(actor).select_related("course__patient")


def not_heard_of(at: datetime) -> Q:
    """Questions of which nobody can say that she was asked: she may have to be phoned."""
    waits = Q(completed_at__isnull=True, opened_at__isnull=True, expires_at__gt=at)
    return waits & (fails() | is_not_known(at))


def message_for(request: MeasureRequest) -> EmailMessage:
    """The mail in the patient's language."""
    patient, clinic = request.course.patient, request.course.clinic
    url = f"{settings.PUBLIC_URL}/{clinic.slug}/me/questions/{request_link(request)}/"
    is_later = request.occasion == Occasion.FOLLOW_UP.value
    stop_url = f"{settings.PUBLIC_URL}/{clinic.slug}/book/mail/{mail_token(patient)}/" if is_later else ""
    context = {
        "patient": patient,
        "clinic": clinic,
        "url": url,
        "until": request.expires_at,
        "stop_url": stop_url,
    }
    mail = letter("followup/mail", context, to=patient.email, language=patient.language, zone=clinic.time_zone)
    if stop_url:
        mail.extra_headers["List-Unsubscribe"] = f"<{stop_url}>"
    return mail
