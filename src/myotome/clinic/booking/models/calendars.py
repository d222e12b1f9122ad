"""Who may subscribe to which diary, and what each subscriber has been told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from myotome.clinic.people.access import ClinicRow
from myotome.clinic.people.models import Practitioner, Room, User
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role


class CalendarFeed(ClinicRow):
    """A practitioner's or a room's diary under a secret address. Only the digest of the secret is kept.

    `told_at` is when what the feed says last changed, in whole seconds that only grow, `told_etag` what it said then.
    """

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, null=True, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=60)
    shows_initials = models.BooleanField(default=False)
    shows_hours = models.BooleanField(default=False)
    token_digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    language = models.CharField(max_length=8, default="en")
    told_at = models.DateTimeField()
    told_etag = models.CharField(max_length=44, blank=True)
    last_read_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(practitioner__isnull=False, room__isnull=True)
                | Q(practitioner__isnull=True, room__isnull=False),
                name="a_feed_is_of_a_person_or_a_room",
            )
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The owner sees all, so that she can end any; the desk those of rooms; everybody the ones she made herself."""
        if actor.holds(Role.OWNER):
            return Q()
        seen = Q(made_by_id=actor.user_id) if actor.user_id is not None else Q(pk__in=[])
        return seen | Q(room__isnull=False) if actor.holds(Role.RECEPTIONIST) else seen


class ToldEvent(ClinicRow):
    """One event as a feed has last told it: its SEQUENCE, since when, and when it was taken away. No words of it.

    Whoever subscribes is told of every change with a higher sequence, also of one that was taken back in between.
    """

    feed = models.ForeignKey(CalendarFeed, on_delete=models.CASCADE, related_name="told")
    uid = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    sequence = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_all_day = models.BooleanField(default=False)
    zone = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "uid"], name="a_feed_tells_an_event_once")]
