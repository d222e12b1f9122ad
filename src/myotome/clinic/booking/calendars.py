"""Calendars to subscribe to: a secret address for the diary of a practitioner or a room, shown once, ended at any time.

The address carries 256 random bits, of which only the digest is kept: a copy of the database opens no calendar. A feed
also ends by itself when whoever made it no longer works here in the role that let her make it. No name of a patient is
told, her initials only where that was chosen.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import CalendarFeed
from myotome.clinic.people.models import Clinic, Membership, Room
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound

MOST_FEEDS = 5
"""Addresses alive at once of one diary made by one person: a telephone, a tablet, a screen on the wall."""
TOKEN_BYTES = 32
NOT_THERE = "There is nothing here that you can see."
FOR_ROOMS = (Role.OWNER, Role.RECEPTIONIST)


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed with the secret of its address, which nobody can find out again."""

    feed: CalendarFeed
    token: str


@transaction.atomic
def make_feed(
    *,
    by: Actor,
    at: datetime,
    name: str,
    room_id: int | None = None,
    shows_initials: bool = False,
    shows_hours: bool = False,
    language: str = "en",
) -> NewFeed:
    """A new address for one's own diary, with the working hours where `shows_hours`, or for that of a room.

    Raises:
        NotAllowed: rooms are for the owner and the desk; a diary of one's own has who treats.
        InvalidValue: no name for it, five of it are alive, or working hours of a room.
        NotFound: no such room.
    """
    if by.user_id is None:
        raise NotAllowed("An address is made by a person, and ends with her work here.")
    if room_id is not None:
        by.check_holds(*FOR_ROOMS)
        room = Room.objects.for_actor(by).get_or_not_found(pk=room_id)
        subject = {"room": room}
        if shows_hours:
            raise InvalidValue("A room has no working hours; they are shown in a diary of one's own.", field="hours")
    else:
        if by.practitioner_id is None or not by.holds(Role.PRACTITIONER):
            raise NotAllowed("Only who treats has a diary of her own; the desk can subscribe to rooms.")
        subject = {"practitioner_id": by.practitioner_id}
    name = " ".join(name.split())
    if not name:
        raise InvalidValue("Please give it a name, for example: my telephone.", field="name")
    alive = CalendarFeed.objects.filter(clinic_id=by.clinic_id, made_by_id=by.user_id, revoked_at__isnull=True)
    if alive.filter(**subject).count() >= MOST_FEEDS:
        raise InvalidValue("{most} addresses of this diary are in use. End one first.", field="name", most=MOST_FEEDS)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = CalendarFeed.objects.create(
        clinic_id=by.clinic_id,
        name=name,
        shows_initials=shows_initials,
        shows_hours=shows_hours,
        language=language[:8],
        token_digest=digest_of(token),
        made_by_id=by.user_id,
        made_at=at,
        told_at=at.replace(microsecond=0),
        **subject,
    )
    record(
        by=by,
        at=at,
        act="calendar.made",
        subject=feed,
        room=room_id,
        practitioner=feed.practitioner_id,
        initials=shows_initials,
        hours=shows_hours,
    )
    return NewFeed(feed, token)


@transaction.atomic
def revoke_feed(*, by: Actor, at: datetime, feed_id: int) -> CalendarFeed:
    """The feed ended: its address leads nowhere from now on. Ended already stays as it was.

    Raises:
        NotFound: no such feed, or not one that this person may end.
    """
    feed = CalendarFeed.objects.for_actor(by).get_or_not_found(pk=feed_id)
    ended = CalendarFeed.objects.filter(pk=feed.pk, revoked_at__isnull=True).update(revoked_at=at, revoked_by=by.name)
    if ended:
        record(by=by, at=at, act="calendar.revoked", subject=feed)
    feed.refresh_from_db()
    return feed


def feeds_for(actor: Actor) -> list[CalendarFeed]:
    """The feeds that are alive and that this person may end, the newest first."""
    rows = CalendarFeed.objects.for_actor(actor).filter(revoked_at__isnull=True)
    return list(rows.select_related("practitioner", "room", "made_by").order_by("-pk"))


def rooms_to_choose(actor: Actor) -> Sequence[Room]:
    """The rooms whose diary this person may subscribe to."""
    return [room for room in set_up_of(actor.clinic_id).rooms if room.is_active] if actor.holds(*FOR_ROOMS) else []


def feed_by_token(clinic: Clinic, token: str) -> CalendarFeed:
    """The feed of an address. Looked up by the digest, so that no comparison can be timed for a part of the secret.

    Raises:
        NotFound: never made, made by another clinic, ended, or its maker no longer works here: the answer is the same.
    """
    digest = digest_of(token)
    rows = CalendarFeed.objects.filter(clinic_id=clinic.pk, token_digest=digest)
    feed = rows.select_related("practitioner__user", "room__place", "made_by", "clinic").first()
    if feed is None or not hmac.compare_digest(feed.token_digest, digest) or not _is_alive(feed):
        raise NotFound(NOT_THERE)
    return feed


def digest_of(token: str) -> str:
    """What is kept of a secret: with 256 random bits there is nothing to guess, so no salt and no slow hash are needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _is_alive(feed: CalendarFeed) -> bool:
    if feed.revoked_at is not None or not feed.made_by.is_active:
        return False
    roles = [Role.PRACTITIONER.value] if feed.practitioner_id else [role.value for role in FOR_ROOMS]
    if feed.practitioner is not None and (
        not feed.practitioner.is_active or feed.practitioner.user_id != feed.made_by_id
    ):
        return False
    return Membership.objects.filter(clinic_id=feed.clinic_id, user_id=feed.made_by_id, role__in=roles).exists()
