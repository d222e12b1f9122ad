"""Messages about appointments: queued in the transaction that causes them, sent after it, at most once each.

A `Notice` row is unique for appointment, kind and sequence: a repeated job finds `sent_at` and stops. No message
carries clinical detail. A reminder whose time has passed, or whose appointment was cancelled, is not sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django_tasks import task

from myotome.clinic.booking.models import Appointment, Notice
from myotome.clinic.people.links import link_token
from myotome.clinic.people.models import Clinic, Patient
from myotome.exchange.icalendar.invitation import Invitation, invitation_file
from myotome.vocabulary.scheduling import AppointmentStatus

REMINDER_HOURS = 24
MOST_FAILURES = 5
RETRY_MINUTES = (1, 5, 30, 120, 600)


def queue_notice(appointment: Appointment, *, kind: str, at: datetime, not_before: datetime | None = None) -> None:
    """Queues one message, in this transaction: act and message stand or fall together, whatever dies in between.

    The same kind for the same sequence is queued once.
    """
    if not appointment.patient.email:
        return
    notice, is_new = Notice.objects.get_or_create(
        appointment=appointment,
        kind=kind,
        sequence=appointment.sequence,
        defaults={"clinic_id": appointment.clinic_id, "queued_at": at, "not_before": not_before or at},
    )
    if is_new:
        job = send_notice.using(run_after=not_before) if not_before else send_notice
        job.enqueue(notice.pk)


def queue_reminder(appointment: Appointment, *, at: datetime) -> None:
    """A reminder the day before; none when the day before has passed already."""
    when = appointment.starts_at - timedelta(hours=REMINDER_HOURS)
    if when > at:
        queue_notice(appointment, kind="reminder", at=at, not_before=when)


@task()
def send_notice(notice_id: int) -> None:
    """Sends one notice, if it still has something to say; five failures park it.

    The notice is marked before the mail goes out and unmarked when that fails, so that a worker that dies in
    between sends at most once, and no transaction waits for a mail server.
    """
    now = timezone.now()
    claimed = Notice.objects.filter(pk=notice_id, sent_at__isnull=True, parked_at__isnull=True).update(sent_at=now)
    if not claimed:
        return
    notice = Notice.objects.select_related(
        "appointment__patient", "appointment__clinic", "appointment__place", "appointment__practitioner"
    ).get(pk=notice_id)
    if not is_current(notice):
        return
    try:
        message_for(notice, at=now).send()
    except OSError:
        _note_failure(notice, now)


def is_current(notice: Notice) -> bool:
    """True while the message is still true of its appointment."""
    appointment = notice.appointment
    if notice.sequence != appointment.sequence:
        return notice.kind == "cancelled"
    if notice.kind == "reminder":
        return appointment.status == AppointmentStatus.BOOKED.value and appointment.starts_at > timezone.now()
    return True


def message_for(notice: Notice, *, at: datetime) -> EmailMultiAlternatives:
    """The mail with its calendar attachment, in the patient's language."""
    appointment = notice.appointment
    clinic, patient = appointment.clinic, appointment.patient
    zone = ZoneInfo(appointment.place.time_zone)
    is_cancelled = notice.kind == "cancelled"
    context = {
        "kind": notice.kind,
        "clinic": clinic,
        "place": appointment.place,
        "patient": patient,
        "practitioner": appointment.practitioner.name,
        "service": appointment.service.name,
        "starts": appointment.starts_at.astimezone(zone),
        "manage_url": manage_url(appointment),
        "page_url": page_url(patient, clinic) if notice.kind == "reminder" else "",
    }
    with translation.override(patient.language):
        subject = render_to_string("booking/mail_subject.txt", context).strip().replace("\n", " ")
        body = render_to_string("booking/mail_body.txt", context)
    mail = EmailMultiAlternatives(subject, body, settings.DEFAULT_FROM_EMAIL, [patient.email])
    if notice.kind != "requested":
        method = "CANCEL" if is_cancelled else "REQUEST"
        file = invitation_file(invitation_of(appointment), method=method, written_at=at)
        mail.attach("appointment.ics", file.decode(), f"text/calendar; method={method}; charset=utf-8")
    return mail


def invitation_of(appointment: Appointment) -> Invitation:
    """The appointment as calendars know it: no complaint, no treatment."""
    return Invitation(
        uid=f"appointment-{appointment.pk}@{appointment.clinic.slug}.myotome",
        sequence=appointment.sequence,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=appointment.place.time_zone,
        summary=appointment.clinic.name,
        location=appointment.place.address or appointment.place.name,
        clinic_name=appointment.clinic.name,
        clinic_email=appointment.clinic.email,
        patient_name=appointment.patient.name,
        patient_email=appointment.patient.email,
        is_cancelled=appointment.status == AppointmentStatus.CANCELLED.value,
    )


def manage_url(appointment: Appointment) -> str:
    """The change-or-cancel link."""
    token = link_token("appointment", appointment.pk, appointment.link_version)
    return f"{settings.PUBLIC_URL}/{appointment.clinic.slug}/book/manage/{token}/"


def page_url(patient: Patient, clinic: Clinic) -> str:
    """The link to her own page, behind her birth date: her time, the questions before the visit, what was shared."""
    return f"{settings.PUBLIC_URL}/{clinic.slug}/me/page/{link_token('patient', patient.pk, 1)}/"


def _note_failure(notice: Notice, now: datetime) -> None:
    notice.sent_at, notice.n_failures = None, notice.n_failures + 1
    if notice.n_failures >= MOST_FAILURES:
        notice.parked_at = now
    notice.save(update_fields=["sent_at", "n_failures", "parked_at"])
    if notice.parked_at is None:
        again = now + timedelta(minutes=RETRY_MINUTES[notice.n_failures - 1])
        send_notice.using(run_after=again).enqueue(notice.pk)
