"""What leaves the house about the check: the link to the patient a day later, and a letter when an answer cannot wait.

Neither says anything of anybody's health. The link goes by mail, and by SMS where she wants messages that way; each is
sent at most once. A letter that cannot be sent is tried again; the incident stands on the pages whether it arrives or not.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django_tasks import task

from myotome.clinic.booking.notices import queue_jobs, wish_of
from myotome.clinic.needling.after_queries import check_link
from myotome.clinic.needling.models import AfterAnswer, AfterCheck, TreatmentVisit
from myotome.clinic.people.letters import letter, tried_again_at
from myotome.clinic.people.models import Membership, Patient
from myotome.clinic.people.outgoing import Way, send_once
from myotome.exchange.sms.gateway import gateway_from
from myotome.vocabulary.courses import Role

WAYS = {"mail": Way("mail_at", "mail_going_since"), "sms": Way("sms_at", "sms_going_since")}


def ways_to(patient: Patient) -> list[str]:
    """How she can be sent the link: `mail`, `sms`, both or neither."""
    wish = wish_of(patient)
    by_sms = wish is not None and wish.by_sms and bool(patient.phone_digits)
    return [way for way, is_open in (("mail", bool(patient.email)), ("sms", by_sms)) if is_open]


def queue_check(check: AfterCheck) -> None:
    """Queues the link for when it is due, in this transaction; somebody without an address stands on record as not sent."""
    queue_jobs(send_check, [([check.pk, way], check.due_at) for way in ways_to(check.visit.course.patient)])


def queue_alarm(answer: AfterAnswer) -> None:
    """Queues the letter to practitioner and owners, now, in this transaction."""
    queue_jobs(send_alarm, [([answer.pk, 0], None)])


@task()
def send_check(check_id: int, way: str) -> None:
    """Sends the link once in one way, if it can still be answered; what nobody takes is tried again for a day."""
    now = timezone.now()
    rows = AfterCheck.objects.filter(completed_at__isnull=True, expires_at__gt=now)
    rows = rows.select_related("visit__course__patient", "visit__course__clinic")
    send = _send_sms if way == "sms" else _send_mail
    send_once(rows, check_id, send, job=send_check, arguments=(check_id, way), at=now, way=WAYS[way])


def _send_mail(check: AfterCheck) -> bool:
    return bool(message_for(check).send())


def message_for(check: AfterCheck) -> EmailMessage:
    """The mail in the patient's language."""
    patient = check.visit.course.patient
    zone = check.visit.course.clinic.time_zone
    return letter("needling/check", _words_of(check), to=patient.email, language=patient.language, zone=zone)


def _send_sms(check: AfterCheck) -> bool:
    """True when a carrier took it; without a carrier nothing is sent."""
    gateway = gateway_from(settings.SMS_URL, settings.SMS_TOKEN)
    if gateway is None:
        return False
    patient = check.visit.course.patient
    with translation.override(patient.language):
        gateway.send(patient.phone, render_to_string("needling/check_sms.txt", _words_of(check)).strip())
    return True


def _words_of(check: AfterCheck) -> dict[str, object]:
    clinic = check.visit.course.clinic
    url = f"{settings.PUBLIC_URL}/{clinic.slug}/me/check/{check_link(check)}/"
    return {"patient": check.visit.course.patient, "clinic": clinic, "url": url, "until": check.expires_at}


@task()
def send_alarm(answer_id: int, n_failures: int) -> None:
    """Writes once to the practitioner of the visit and to the owners that a patient's answer waits for them."""
    now = timezone.now()
    if not AfterAnswer.objects.filter(pk=answer_id, told_at__isnull=True).update(told_at=now):
        return
    answer = AfterAnswer.objects.select_related(
        "check_of__visit__practitioner__user", "check_of__visit__handed_to__user", "check_of__visit__course__clinic"
    ).get(pk=answer_id)
    try:
        for letter in letters_for(answer.check_of.visit, at=answer.answered_at):
            letter.send()
    except OSError:
        AfterAnswer.objects.filter(pk=answer_id).update(told_at=None)
        if again := tried_again_at(now, n_failures + 1):
            send_alarm.using(run_after=again).enqueue(answer_id, n_failures + 1)


def letters_for(visit: TreatmentVisit, *, at: datetime) -> list[EmailMessage]:
    """The letters: to each practitioner of the visit with the way to the chart, to each owner with the way to her page."""
    clinic = visit.course.clinic
    treating = {row.user.email for row in (visit.practitioner, visit.handed_to) if row and row.user and row.user.email}
    owners = set(
        Membership.objects.filter(clinic=clinic, role=Role.OWNER.value, user__is_active=True)
        .exclude(user__email="")
        .values_list("user__email", flat=True)
    )
    ways = [(email, f"/{clinic.slug}/visit/{visit.pk}/") for email in sorted(treating)]
    ways += [(email, f"/{clinic.slug}/owner/") for email in sorted(owners - treating)]
    return [
        letter(
            "needling/alarm",
            {"clinic": clinic, "url": f"{settings.PUBLIC_URL}{path}", "at": at},
            to=email,
            zone=clinic.time_zone,
        )
        for email, path in ways
    ]
