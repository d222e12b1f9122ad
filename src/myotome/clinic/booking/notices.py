"""Messages about appointments: queued in the transaction that causes them, sent after it, at most once each.

A `Notice` row is unique for appointment, kind and sequence: a repeated job finds `sent_at` and stops. No message
carries clinical detail. A reminder whose time has passed, or whose appointment was cancelled, is not sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django_tasks import task
from django_tasks.base import Task
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.models import DBTaskResult, get_date_max

from myotome.clinic.audit.prepared import Prepared, insert
from myotome.clinic.booking.models import Appointment, ContactWish, DiaryRules, Notice
from myotome.clinic.booking.rules import after_quiet_hours, before_quiet_hours, rules_for
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.letters import MOST_FAILURES, letter
from myotome.clinic.people.links import link_token, page_link
from myotome.clinic.people.models import Patient
from myotome.clinic.people.outgoing import send_once
from myotome.exchange.icalendar.invitation import Invitation, invitation_file
from myotome.exchange.sms.gateway import gateway_from
from myotome.vocabulary.scheduling import AppointmentStatus

PUT_OFF = ("series", "reminder", "reminder_sms")
"""What may be put off after it was queued."""


def queue_notices(
    appointment: Appointment,
    kind: str,
    *,
    at: datetime,
    rules: DiaryRules,
    not_before: datetime | None = None,
    is_new: bool = False,
) -> None:
    """Queues what an act has to say and the reminder of its time, in this transaction: all stands or falls together.

    An empty `kind` is an act nobody is told of, which still moves the reminder. `not_before` is the end of the time for
    undoing. The same kind for the same sequence is queued once; with `is_new` nothing can have been queued before.
    """
    due: list[tuple[str, datetime | None]] = [(kind, not_before)] if kind and appointment.patient.email else []
    due += reminders_of(appointment, at, rules)
    if not is_new:
        queued = set(appointment.notices.filter(sequence=appointment.sequence).values_list("kind", flat=True))
        due = [(name, when) for name, when in due if name not in queued]
    notices = [
        Notice(
            clinic_id=appointment.clinic_id,
            appointment=appointment,
            kind=name,
            sequence=appointment.sequence,
            queued_at=at,
            not_before=when or at,
        )
        for name, when in due
    ]
    insert(notices)
    queue_jobs(send_notice, [([notice.pk], when) for notice, (_, when) in zip(notices, due, strict=True)])


def queue_notice(
    appointment: Appointment, kind: str, *, at: datetime, detail: dict[str, Any], not_before: datetime | None = None
) -> Notice | None:
    """Queues one message beside the ordinary ones (running late); None when the same was queued before."""
    notice, is_first = Notice.objects.get_or_create(
        appointment=appointment,
        kind=kind,
        sequence=appointment.sequence,
        defaults={
            "clinic_id": appointment.clinic_id,
            "queued_at": at,
            "not_before": not_before or at,
            "detail": detail,
        },
    )
    if not is_first:
        return None
    queue_jobs(send_notice, [([notice.pk], not_before)])
    return notice


def queue_jobs(job: Task[Any, Any], calls: Sequence[tuple[list[Any], datetime | None]]) -> None:
    """Queues a job once for each (arguments, not before), in one statement when the queue is in the database."""
    if job.backend == "default" and isinstance(job.get_backend(), DatabaseBackend):
        tasks = [
            DBTaskResult(
                args_kwargs={"args": arguments, "kwargs": {}},
                priority=job.priority,
                task_path=job.module_path,
                queue_name=job.queue_name,
                run_after=when or get_date_max(),
                backend_name=job.backend,
            )
            for arguments, when in calls
        ]
        insert(tasks)
        return
    for arguments, when in calls:
        (job.using(run_after=when) if when else job).enqueue(*arguments)


def reminders_of(appointment: Appointment, at: datetime, rules: DiaryRules) -> list[tuple[str, datetime]]:
    """(kind, when) of the reminders a patient wants; none when their time has passed already."""
    when = appointment.starts_at - timedelta(hours=rules.reminder_hours)
    if when <= at or appointment.status == AppointmentStatus.CANCELLED.value:
        return []
    wish = wish_of(appointment.patient)
    if wish is not None and wish.no_reminders:
        return []
    later = after_quiet_hours(when, rules, appointment.place.time_zone)
    if later >= appointment.starts_at:
        later = before_quiet_hours(when, rules, appointment.place.time_zone)
        if later <= at:
            return []
    by_sms = wish is not None and wish.by_sms and bool(appointment.patient.phone_digits)
    kinds = [kind for kind, is_on in (("reminder", bool(appointment.patient.email)), ("reminder_sms", by_sms)) if is_on]
    return [(kind, later) for kind in kinds]


_wishes = Prepared(lambda patient_id: ContactWish.objects.filter(patient_id=patient_id), 7_000_001)


def wish_of(patient: Patient) -> ContactWish | None:
    """What she does not want to be sent, if she has ever said."""
    return next(iter(_wishes(patient.pk)), None)


@task()
def send_notice(notice_id: int) -> None:
    """Sends one notice once, if it still has something to say; the desk sees what does not go out (`unsent`)."""
    rows = Notice.objects.select_related(
        "appointment__patient", "appointment__clinic", "appointment__place", "appointment__practitioner"
    )
    now = timezone.now()
    rows = rows.exclude(kind__in=PUT_OFF, not_before__gt=now)  # it was put off, and has another job
    send_once(rows, notice_id, _send, job=send_notice, arguments=(notice_id,), at=now)


def _send(notice: Notice) -> bool:
    """False when there is nothing to say now; should the act be taken back that overtook it, it is said after all."""
    if not is_current(notice) or _is_put_off(notice, timezone.now()):
        return False
    (_send_sms if notice.kind.endswith("_sms") else _send_mail)(notice)
    return True


def _is_put_off(notice: Notice, now: datetime) -> bool:
    """True for a reminder that comes up in the quiet hours: a mail server was down, or no worker ran.

    It is sent after them. When the visit begins before they end nobody is woken: it is given up, and the desk sees it.
    """
    appointment = notice.appointment
    if word_of(notice) != "reminder":
        return False
    later = after_quiet_hours(now, rules_for(notice.clinic_id), appointment.place.time_zone)
    if later <= now:
        return False
    if later < appointment.starts_at:
        queue_jobs(send_notice, [([notice.pk], later)])
    else:
        Notice.objects.filter(pk=notice.pk).update(n_failures=MOST_FAILURES)
    return True


def _send_mail(notice: Notice) -> None:
    message_for(notice, at=timezone.now()).send()


def _send_sms(notice: Notice) -> None:
    """When and where, in one line; without a carrier nothing is sent."""
    gateway = gateway_from(settings.SMS_URL, settings.SMS_TOKEN)
    if gateway is None:
        return
    appointment = notice.appointment
    context = {
        "kind": word_of(notice),
        "clinic": appointment.clinic,
        "starts": appointment.starts_at,
        "minutes_late": notice.detail.get("minutes"),
    }
    with timezone.override(appointment.place.time_zone), translation.override(appointment.patient.language):
        text = render_to_string("booking/sms.txt", context).strip()
    gateway.send(appointment.patient.phone, text)


def word_of(notice: Notice) -> str:
    """What a notice is about: `late-20_sms` is `late`."""
    return notice.kind.removesuffix("_sms").partition("-")[0]


def of_delays(appointment: Appointment, way: str) -> QuerySet[Notice]:
    """What she was or will be told of delays of the visit as it stands, by one way (empty: mail, or `_sms`), in order."""
    rows = appointment.notices.filter(kind__startswith="late-", sequence=appointment.sequence).order_by("pk")
    return rows.filter(kind__endswith="_sms") if way else rows.exclude(kind__endswith="_sms")


def _is_last_delay(notice: Notice) -> bool:
    """False for a delay that failed on its way while she was told of another."""
    last = of_delays(notice.appointment, "_sms" if notice.kind.endswith("_sms") else "").last()
    return last == notice


def is_current(notice: Notice) -> bool:
    """True while the message is still true of its appointment."""
    appointment = notice.appointment
    if notice.kind == "series":
        return bool(visits_of_series(appointment))
    if notice.sequence != appointment.sequence:
        return notice.kind == "cancelled"
    if notice.kind == "requested":
        return appointment.status == AppointmentStatus.REQUESTED.value
    if word_of(notice) in {"reminder", "late"}:
        wish = wish_of(appointment.patient)
        unwanted = word_of(notice) == "reminder" and wish is not None and wish.no_reminders
        is_ahead = appointment.status == AppointmentStatus.BOOKED.value and appointment.starts_at > timezone.now()
        return is_ahead and not unwanted and (word_of(notice) != "late" or _is_last_delay(notice))
    return True


def message_for(notice: Notice, *, at: datetime) -> EmailMultiAlternatives:
    """The mail with its calendar attachment, in the patient's language."""
    appointment = notice.appointment
    clinic, patient = appointment.clinic, appointment.patient
    zone = appointment.place.time_zone
    is_cancelled = notice.kind == "cancelled"
    series = visits_of_series(appointment) if notice.kind == "series" else []
    context = {
        "kind": word_of(notice),
        "clinic": clinic,
        "place": appointment.place,
        "patient": patient,
        "practitioner": appointment.practitioner.name,
        "service": appointment.service.name,
        "starts": appointment.starts_at,
        "manage_url": manage_url(appointment),
        "page_url": page_url(appointment) if notice.kind == "reminder" else "",
        "visits": [{"starts": row.starts_at, "manage_url": manage_url(row)} for row in series],
        "minutes_late": notice.detail.get("minutes"),
    }
    mail = letter("booking/mail", context, to=patient.email, language=patient.language, zone=zone)
    if notice.kind == "reminder":
        stop_url = f"{settings.PUBLIC_URL}/{clinic.slug}/book/mail/{link_token('mail', patient.pk, 1)}/"
        mail.extra_headers["List-Unsubscribe"] = f"<{stop_url}>"
    if word_of(notice) not in {"requested", "late"}:
        _attach_invitations(mail, series or [appointment], method="CANCEL" if is_cancelled else "REQUEST", at=at)
    return mail


def _attach_invitations(
    mail: EmailMultiAlternatives, rows: Sequence[Appointment], *, method: str, at: datetime
) -> None:
    """One file for each visit, as iTIP has it (a message is about one UID).

    A single one stands beside the text too (RFC 6047): mail programs that know calendars show it as an invitation.
    """
    for number, row in enumerate(rows, 1):
        file = invitation_file(invitation_of(row), method=method, written_at=at).decode()
        kind = f"text/calendar; method={method}"
        if len(rows) == 1:
            mail.attach_alternative(file, kind)
        mail.attach("appointment.ics" if len(rows) == 1 else f"appointment-{number}.ics", file, kind)


def visits_of_series(appointment: Appointment) -> list[Appointment]:
    """The visits of its series that are booked, the first one first."""
    rows = Appointment.objects.filter(
        clinic_id=appointment.clinic_id,
        patient_id=appointment.patient_id,
        series_key=appointment.series_key,
        status=AppointmentStatus.BOOKED.value,
    ).select_related("patient", "clinic", "place")
    return list(rows.order_by("starts_at"))


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
        clinic_email=appointment.clinic.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        patient_name=appointment.patient.name,
        patient_email=appointment.patient.email,
        is_cancelled=appointment.status == AppointmentStatus.CANCELLED.value,
        is_tentative=appointment.status == AppointmentStatus.REQUESTED.value,
    )


def manage_url(appointment: Appointment) -> str:
    """The change-or-cancel link."""
    token = link_token("appointment", appointment.pk, appointment.link_version)
    return f"{settings.PUBLIC_URL}/{appointment.clinic.slug}/book/manage/{token}/"


def page_url(appointment: Appointment) -> str:
    """The link to her own page that a visit brings, behind her birth date: the questions before it, its time, moving or
    cancelling it, what was shared; until thirty days after."""
    visit_on = clinic_day(appointment.clinic, appointment.starts_at)
    return (
        f"{settings.PUBLIC_URL}/{appointment.clinic.slug}/me/page/{page_link(appointment.patient, visit_on=visit_on)}/"
    )
