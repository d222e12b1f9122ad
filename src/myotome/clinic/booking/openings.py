"""A time that comes free: held and offered to those who wait, in order; the first yes has it, once.

A freed time becomes an `Opening` with a hold, so that nobody walks into it meanwhile. As many as the clinic's rules say
are asked at once, whoever has waited longest first (`asking` says who may be); when their time to answer is over the next
are asked, and when nobody is left the time is free for everybody. Which yes is first is decided by one row lock and the claims.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_tasks import task

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.asking import in_turn, left_to_ask, matches
from myotome.clinic.booking.clocks import zone_then
from myotome.clinic.booking.holds import drop, sweep_later
from myotome.clinic.booking.models import Appointment, Claim, Hold, Offered, Opening, WaitingWish
from myotome.clinic.booking.notices import queue_jobs, wish_of
from myotome.clinic.booking.placing import Wanted, place_hold, wanted_for
from myotome.clinic.booking.rules import after_quiet_hours, rules_for
from myotome.clinic.people.letters import letter
from myotome.clinic.people.links import link_token, row_of_link
from myotome.clinic.people.models import Clinic, Patient
from myotome.clinic.people.outgoing import send_once
from myotome.clinic.people.queries import system_actor
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import AlreadyBooked, MyotomeError
from myotome.vocabulary.scheduling import HoldKind


def give_on(wish: WaitingWish, *, at: datetime, after: datetime | None = None) -> None:
    """What is still held for a wish that has ended goes on to the next: at once, or `after` the time for undoing if it has still ended then.

    The queue asks them: of two who answer in the same moment neither waits for a time that the other holds.
    """
    rows = Offered.objects.filter(wish=wish, answered_at__isnull=True, opening__closed_at__isnull=True)
    openings = sorted(set(rows.values_list("opening_id", flat=True)))
    if openings and after is not None:
        queue_jobs(give_on_later, [([wish.pk], after)])
    elif openings:
        Offered.objects.filter(wish=wish, answered_at__isnull=True).update(answered_at=at)
        queue_jobs(offer_to_next, [([pk], None) for pk in openings])


def tell_waitlist(
    appointment: Appointment, starts_at: datetime, practitioner_id: int, *, after: datetime | None
) -> None:
    """Queues the look for somebody who waits for a time that has come free; `after` the time for undoing."""
    if wishes_with(appointment.clinic_id, practitioner_id).exists():
        arguments = [appointment.clinic_id, appointment.service_id, practitioner_id, starts_at.isoformat()]
        arguments.append(appointment.patient_id)
        queue_jobs(offer_freed_time, [(arguments, after)])


def wishes_with(clinic_id: int, practitioner_id: int) -> QuerySet[WaitingWish]:
    """What is waited for with this practitioner or with anybody, whoever waits longest first."""
    rows = WaitingWish.objects.filter(clinic_id=clinic_id, ended_at__isnull=True)
    return rows.filter(Q(practitioner_id=practitioner_id) | Q(practitioner_id=None)).order_by("created_at", "pk")


@task()
def offer_freed_time(
    clinic_id: int, service_id: int, practitioner_id: int, starts_at: str, freed_by: int | None = None
) -> None:
    """A time that came free: held and offered, when somebody else waits for it and it is still free.

    Whatever treatment stood there, it goes to the one for which somebody has waited longest, among those that fit.
    """
    _open_for_one_service(clinic_id, practitioner_id, datetime.fromisoformat(starts_at), freed_by=freed_by)


@task()
def offer_to_other_services(opening_id: int) -> None:
    """A time that nobody took who waited for one treatment: offered for another that was not offered there."""
    opening = Opening.objects.get(pk=opening_id)
    same = Opening.objects.filter(
        clinic_id=opening.clinic_id, practitioner_id=opening.practitioner_id, starts_at=opening.starts_at
    )
    _open_for_one_service(
        opening.clinic_id,
        opening.practitioner_id,
        opening.starts_at,
        freed_by=opening.freed_by_id,
        but_not=set(same.values_list("service_id", flat=True)),
    )


def _open_for_one_service(
    clinic_id: int,
    practitioner_id: int,
    starts_at: datetime,
    *,
    freed_by: int | None,
    but_not: Set[int] = frozenset(),
) -> None:
    services = dict.fromkeys(wishes_with(clinic_id, practitioner_id).values_list("service_id", flat=True))
    by = system_actor(Clinic.objects.get(pk=clinic_id), name="the waiting list")
    for service_id in services:
        if service_id not in but_not and open_a_time(
            by=by,
            at=timezone.now(),
            service_id=service_id,
            practitioner_id=practitioner_id,
            starts_at=starts_at,
            freed_by=freed_by,
        ):
            return


def open_a_time(
    *,
    by: Actor,
    at: datetime,
    service_id: int,
    practitioner_id: int,
    starts_at: datetime,
    freed_by: int | None = None,
    first_wish: int | None = None,
) -> Opening | None:
    """The time held and offered to whoever waits for it; None when nobody does or it is not free.

    `freed_by` is the patient whose visit stood there; `first_wish` is asked before the others, where it can be.
    """
    try:
        wanted = wanted_for(by, at=at, service_id=service_id, practitioner_id=practitioner_id, starts_at=starts_at)
    except MyotomeError:
        return None
    opening = Opening(
        clinic_id=by.clinic_id,
        service_id=service_id,
        practitioner_id=practitioner_id,
        starts_at=starts_at,
        created_at=at,
        freed_by_id=freed_by,
    )
    rows = WaitingWish.objects.filter(clinic_id=by.clinic_id, service_id=service_id, ended_at__isnull=True)
    zone, rows = wanted.place.time_zone, rows.exclude(patient_id=freed_by) if freed_by else rows
    if not any(matches(row, starts_at=starts_at, practitioner_id=practitioner_id, zone=zone) for row in rows):
        return None
    try:
        with transaction.atomic():
            opening.hold = _hold(by, wanted, at, until=at + timedelta(minutes=1))
            sweep_later(at=at)
            opening.save()
            record(by=by, at=at, act="opening.offered", subject=opening)
            offer_next(by=by, at=at, opening_id=opening.pk, first_wish=first_wish)
    except AlreadyBooked:
        return None
    return opening


@transaction.atomic
def offer_next(*, by: Actor, at: datetime, opening_id: int, first_wish: int | None = None) -> list[Offered]:
    """The opening offered to the next in order, or to `first_wish` before them, when nobody's time to answer is still running; closed when none is left.

    It is closed too when somebody has taken the time since the hold ran out, or she does not work then any more.
    """
    opening = Opening.objects.select_for_update(of=("self",)).select_related("hold", "service").get(pk=opening_id)
    if opening.closed_at is not None:
        return []
    if opening.offers.filter(answered_at__isnull=True, expires_at__gt=at, by_phone=False).exists():
        return []
    rules, zone = rules_for(by.clinic_id), zone_of(opening)
    send_at = after_quiet_hours(at, rules, zone)
    expires_at = min(send_at + timedelta(minutes=rules.offer_minutes), opening.starts_at)
    if expires_at <= send_at or not _keep(by, opening, at, until=expires_at + timedelta(minutes=1)):
        _close(opening, at)
        return []
    left = left_to_ask(opening, ends_at=opening.hold.ends_at, zone=zone)
    left.sort(key=lambda row: row.pk != first_wish)
    by_mail, by_phone = in_turn(left, rules.offers_at_once)
    offers = [
        Offered(
            clinic_id=by.clinic_id,
            opening=opening,
            wish=row,
            offered_at=at,
            expires_at=opening.starts_at if row in by_phone else expires_at,
            by_phone=row in by_phone,
        )
        for row in (*by_phone, *by_mail)
    ]
    offers = [offer for offer in Offered.objects.bulk_create(offers) if not offer.by_phone]
    if not offers:
        _close(opening, at)
        if wishes_with(by.clinic_id, opening.practitioner_id).exclude(service_id=opening.service_id).exists():
            queue_jobs(offer_to_other_services, [([opening.pk], None)])
        return []
    queue_jobs(send_offer, [([offer.pk], send_at if send_at > at else None) for offer in offers])
    queue_jobs(offer_to_next, [([opening.pk], expires_at)])
    return offers


def wanted_at(by: Actor, opening: Opening, *, at: datetime) -> Wanted:
    """What booking this time would take.

    Raises:
        InvalidValue: it has passed, or she does not work then any more.
    """
    return wanted_for(
        by,
        at=at,
        service_id=opening.service_id,
        practitioner_id=opening.practitioner_id,
        starts_at=opening.starts_at,
    )


def _keep(by: Actor, opening: Opening, at: datetime, *, until: datetime) -> bool:
    """True when the time is held until then: by the hold that stands, or by another where that has run out."""
    try:
        wanted = wanted_at(by, opening, at=at)
        mine = Hold.objects.filter(pk=opening.hold_id, expires_at__gt=at)
        if mine.update(expires_at=until) and Claim.objects.filter(hold_id=opening.hold_id).exists():
            return True
        if opening.hold_id is not None:
            drop([opening.hold_id])
        opening.hold = None
        with transaction.atomic():
            opening.hold = _hold(by, wanted, at, until=until)
    except MyotomeError:
        return False
    opening.save(update_fields=["hold"])
    sweep_later(at=at)
    return True


def _hold(by: Actor, wanted: Wanted, at: datetime, *, until: datetime) -> Hold:
    hold = Hold(clinic_id=by.clinic_id, kind=HoldKind.OFFER.value, expires_at=until, created_at=at, created_by=by.name)
    place_hold(wanted, hold, at=at)
    return hold


@task()
def give_on_later(wish_id: int) -> None:
    """What is held for a wish that has not been put back meanwhile."""
    with transaction.atomic():
        wish = WaitingWish.objects.select_for_update().filter(pk=wish_id, ended_at__isnull=False).first()
        if wish is not None:
            give_on(wish, at=timezone.now())


@task()
def offer_to_next(opening_id: int) -> None:
    """Asks the next when those who were asked have not answered in time."""
    opening = Opening.objects.select_related("clinic").get(pk=opening_id)
    offer_next(by=system_actor(opening.clinic, name="the waiting list"), at=timezone.now(), opening_id=opening_id)


def offer_by_link(clinic: Clinic, token: str) -> Offered:
    """The offer of a link in a mail.

    Raises:
        NotFound: not a link of this clinic.
    """
    rows = Offered.objects.filter(clinic=clinic)
    rows = rows.select_related("opening__practitioner", "opening__service", "wish__patient")
    offer, _version = row_of_link(rows, "offer", token)
    return offer


def offer_link(offer: Offered) -> str:
    """The token of the link to an offer."""
    return link_token("offer", offer.pk, 1)


@task()
def send_offer(offer_id: int) -> None:
    """The mail with the offer, once; a mail server that is down is tried again while the offer stands."""
    now = timezone.now()
    standing = Offered.objects.filter(
        by_phone=False, answered_at__isnull=True, expires_at__gt=now, opening__closed_at__isnull=True
    )
    rows = standing.select_related("wish__patient", "opening__clinic")
    send_once(rows, offer_id, _send, job=send_offer, arguments=(offer_id,), at=now)


def _send(offer: Offered) -> bool:
    if _is_put_off(offer, timezone.now()):
        return False
    patient = offer.wish.patient
    wish = wish_of(patient)
    if patient.email and not (wish is not None and wish.no_offers):
        message_for(offer, patient).send()
    return True


@transaction.atomic
def _is_put_off(offer: Offered, now: datetime) -> bool:
    """True for an offer that comes up in the quiet hours: it is sent after them, with its whole time to answer from then.

    Where the time itself comes too soon after them it runs out as it would have.
    """
    opening = Opening.objects.select_for_update(of=("self",)).get(pk=offer.opening_id)
    rules = rules_for(offer.clinic_id)
    later = after_quiet_hours(now, rules, zone_of(opening))
    if later <= now:
        return False
    until = min(later + timedelta(minutes=rules.offer_minutes), opening.starts_at)
    if until > later and opening.closed_at is None:
        Offered.objects.filter(pk=offer.pk).update(expires_at=until)
        Hold.objects.filter(pk=opening.hold_id).update(expires_at=until + timedelta(minutes=1))
        queue_jobs(send_offer, [([offer.pk], later)])
        queue_jobs(offer_to_next, [([opening.pk], until)])
    return True


def message_for(offer: Offered, patient: Patient) -> EmailMessage:
    """When, until when to answer, and the link; nothing of her health."""
    clinic = offer.opening.clinic
    context = {
        "patient": patient,
        "clinic": clinic,
        "starts": offer.opening.starts_at,
        "until": offer.expires_at,
        "url": f"{settings.PUBLIC_URL}/{clinic.slug}/book/offer/{offer_link(offer)}/",
        "stop_url": f"{settings.PUBLIC_URL}/{clinic.slug}/book/mail/{link_token('mail', patient.pk, 1)}/",
    }
    headers = {"List-Unsubscribe": f"<{context['stop_url']}>"}
    zone = zone_of(offer.opening)
    return letter("booking/offer", context, to=patient.email, language=patient.language, zone=zone, headers=headers)


def _close(opening: Opening, at: datetime) -> None:
    held = opening.hold_id
    opening.closed_at, opening.hold = at, None
    opening.save(update_fields=["closed_at", "hold"])
    if held is not None:
        drop([held])


def zone_of(opening: Opening) -> str:
    """The clock of the place where she works then."""
    return zone_then(opening.clinic_id, opening.practitioner_id, opening.starts_at)
