"""The check a day later, asked by telephone: all questions on one page, to read aloud, and what to tell her at once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from myotome.clinic.needling.after_queries import asked_in, gravest
from myotome.clinic.needling.telephone import answered_by_telephone, check_to_ask
from myotome.knowledge.aftercare import after_check
from myotome.pages.access import for_roles
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role, Urgency
from myotome.vocabulary.errors import InvalidValue, VisitLocked


@for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
def by_telephone(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """Her answers as she says them; afterwards, for whoever asked, what she is to do."""
    at, error = timezone.now(), None
    check = check_to_ask(actor, visit, at=at)
    said = {question.code: request.POST.get(f"said:{question.code}", "") for question in after_check().questions}
    if request.method == "POST":
        try:
            answered_by_telephone(by=actor, at=at, visit_id=visit, answers=said)
            return redirect("needling:by_telephone", clinic=actor.clinic_slug, visit=visit)
        except (InvalidValue, VisitLocked) as refused:
            error = refused
            check = check_to_ask(actor, visit, at=at)
    urgency = gravest(asked_in(check)) if check.asked_by == actor.name else Urgency.NONE
    context = {
        "check": check,
        "patient": check.visit.course.patient,
        "questions": [(question, said[question.code]) for question in after_check().questions],
        "error": error,
        "is_emergency": urgency is Urgency.EMERGENCY,
        "is_today": urgency is Urgency.TODAY,
        "is_mine": check.asked_by == actor.name,
        "is_practitioner": actor.holds(Role.PRACTITIONER),
    }
    return render(request, "needling/by_telephone.html", context, status=error.http_status if error else 200)
