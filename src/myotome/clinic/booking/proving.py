"""Proof of an address: a first booking is its patient's once she has followed the link in her mail, until then it waits.

Whoever types a stranger's address, or makes up a thousand, gets no visit and no record; the time comes free by itself, and
what was typed goes with it. The link opens a page with one button, since programs that read mail follow links on their own.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django_tasks import task

from myotome.clinic.booking.clocks import zone_then
from myotome.clinic.booking.models import AskedBooking
from myotome.clinic.booking.notices import queue_jobs
from myotome.clinic.people.letters import letter, tried_again_at
from myotome.clinic.people.links import link_token, read_link
from myotome.clinic.people.models import Clinic
from myotome.vocabulary.errors import LinkExpired, TooManyAttempts

PROOF_MINUTES = 60
"""How long the time is kept for the mail to arrive and to be read."""
MOST_ASKED_PER_ADDRESS = 2
VERSION = 1


def check_may_ask(clinic_id: int, email: str, *, key: str, at: datetime) -> None:
    """Nothing, while this address has few bookings that wait for its proof.

    Raises:
        TooManyAttempts: two wait already.
    """
    waiting = AskedBooking.objects.filter(
        clinic_id=clinic_id, email__iexact=email, expires_at__gt=at, booked__isnull=True
    ).exclude(key=key)
    if waiting.count() >= MOST_ASKED_PER_ADDRESS:
        raise TooManyAttempts(
            "Two times wait for this address already. Follow the link in one of our mails, or phone us.", field="email"
        )


def proof_token(asked: AskedBooking) -> str:
    """The token of the link that proves the address."""
    return link_token("proof", asked.pk, VERSION)


def asked_by_link(clinic: Clinic, token: str, *, at: datetime) -> AskedBooking:
    """The booking of a link, waiting or booked already.

    Raises:
        NotFound: not a link of this clinic.
        LinkExpired: the time was not kept any longer.
    """
    pk, _version = read_link("proof", token)
    rows = AskedBooking.objects.filter(clinic=clinic, pk=pk)
    row = rows.select_related("service", "practitioner", "booked").first()
    if row is None or (row.expires_at <= at and row.booked is None):
        raise LinkExpired("Your time was kept for an hour and has been given back. Please choose one again.")
    return row


def queue_proof(asked: AskedBooking) -> None:
    """Queues the mail; call it in the transaction that asks."""
    queue_jobs(send_proof, [([asked.pk], None)])


@task()
def send_proof(asked_id: int) -> None:
    """The mail with the link, once; a mail server that is down is tried again while the time is kept."""
    now = timezone.now()
    fresh = AskedBooking.objects.filter(pk=asked_id, sent_at__isnull=True, booked__isnull=True, expires_at__gt=now)
    if not fresh.update(sent_at=now):
        return
    asked = AskedBooking.objects.select_related("clinic", "service", "practitioner").get(pk=asked_id)
    try:
        message_for(asked).send()
    except OSError:
        n_failures = asked.n_failures + 1
        AskedBooking.objects.filter(pk=asked_id).update(sent_at=None, n_failures=n_failures)
        if again := tried_again_at(now, n_failures):
            queue_jobs(send_proof, [([asked_id], again)])


def zone_of(asked: AskedBooking) -> str:
    """The clock of the place that the time is asked for at."""
    return zone_then(asked.clinic_id, asked.practitioner_id, asked.starts_at)


def message_for(asked: AskedBooking) -> EmailMessage:
    """When, until when it is kept, and the link; nothing of her health, and not the name that was typed."""
    clinic = asked.clinic
    context = {
        "clinic": clinic,
        "starts": asked.starts_at,
        "until": asked.expires_at,
        "url": f"{settings.PUBLIC_URL}/{clinic.slug}/book/proof/{proof_token(asked)}/",
    }
    return letter("booking/proof", context, to=asked.email, language=asked.language, zone=zone_of(asked))
