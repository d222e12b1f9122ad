"""Totals and rates for the owner: counts only, no row of any chart."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from myotome.clinic.needling.models import AdverseEvent, Incident, TreatmentVisit
from myotome.clinic.people.models import Patient
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CourseOutcome, Role


def totals_for(actor: Actor) -> dict[str, int]:
    """Counts of the owner's clinic.

    Raises:
        NotAllowed: the actor is not the owner.
    """
    actor.check_holds(Role.OWNER)
    clinic = {"clinic_id": actor.clinic_id}
    courses = Course.objects.filter(**clinic)
    closed = courses.filter(closed_at__isnull=False)
    visits = TreatmentVisit.objects.filter(**clinic)
    return {
        "n_patients": Patient.objects.filter(**clinic, merged_into__isnull=True).count(),
        "n_courses_open": courses.filter(closed_at__isnull=True).count(),
        "n_courses_closed": closed.count(),
        "n_recovered": closed.filter(outcome=CourseOutcome.RECOVERED.value).count(),
        "n_left": closed.filter(outcome=CourseOutcome.LEFT.value).count(),
        "n_visits": visits.count(),
        "n_visits_28_days": visits.filter(opened_at__gte=timezone.now() - timedelta(days=28)).count(),
        "n_serious_events": AdverseEvent.objects.filter(**clinic).exclude(serious="").count(),
        "n_adverse_events": AdverseEvent.objects.filter(**clinic).count(),
        "n_incidents_open": Incident.objects.filter(**clinic, resolved_at__isnull=True).count(),
    }
