"""Rows of learning: the owner's plans of how many visits a week her clinic needs. All else is computed from other stages."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from myotome.clinic.people.access import NOTHING, ClinicRow
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role


class CapacityPlan(ClinicRow):
    """A question about the clinic's capacity: `new_a_week` new patients of its own mix, and what came of simulating them.

    `mix` holds what the forecast knows of the latest courses (duration, segments, scar, age), no name and no date.
    """

    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=120)
    new_a_week = models.FloatField()
    most_treatments = models.PositiveSmallIntegerField()
    mix = models.JSONField(default=list)
    basis = models.CharField(max_length=20, blank=True)
    done_percent = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    message = models.CharField(max_length=300, blank=True)
    answer = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer__isnull=True) | Q(ended_at__isnull=False), name="a_plan_with_an_answer_has_ended"
            ),
            models.CheckConstraint(condition=Q(new_a_week__gt=0), name="a_plan_has_new_patients"),
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The owner."""
        return Q() if actor.holds(Role.OWNER) else NOTHING
