"""The chart's door. Without a care relation it shows who the patient is and asks for a reason; nothing more."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from myotome.clinic.pathway.queries import chart_of
from myotome.clinic.people import actions
from myotome.clinic.people.queries import may_open_chart, patient_for
from myotome.clinic.screening.courses import reopen_after_relapse
from myotome.pages.access import for_roles
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue


@for_roles(Role.PRACTITIONER)
def patient(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """Her courses, newest first, each with the next act; or the glass."""
    if not may_open_chart(actor, patient):
        return render(request, "chart/glass.html", {"patient": patient_for(actor, patient)})
    return render(request, "chart/patient.html", chart_of(actor, patient, at=timezone.now()))


@for_roles(Role.PRACTITIONER)
@require_POST
def break_glass(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """The chart opened for 24 hours, with a reason that the owner sees."""
    try:
        reason = request.POST.get("reason", "")
        actions.break_glass(by=actor, at=timezone.now(), patient_id=patient, reason=reason)
    except InvalidValue as error:
        context = {"patient": patient_for(actor, patient), "error": error, "typed": request.POST}
        return render(request, "chart/glass.html", context, status=error.http_status)
    return redirect("chart:patient", clinic=actor.clinic_slug, patient=patient)


@for_roles(Role.PRACTITIONER)
@require_POST
def again(request: HttpRequest, actor: Actor, patient: int, course: int) -> HttpResponse:
    """It has come back: a new course, linked to the first."""
    opened = reopen_after_relapse(by=actor, at=timezone.now(), course_id=course)
    return redirect("followup:course", clinic=actor.clinic_slug, course=opened.pk)
