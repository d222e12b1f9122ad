"""My muscles, then and now: what a practitioner prints for her patient to take home, in her words."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone

from myotome.clinic.followup.queries import open_course, story_of
from myotome.clinic.planning.queries import cautions_of
from myotome.exchange.paper import pdf_of
from myotome.pages.access import for_roles
from myotome.pages.followup.muscles import muscles_in_lay_words, muscles_to_share
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role

courses = for_roles(Role.PRACTITIONER)


@courses
def my_muscles(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """The page as she will read it."""
    context = _context(actor, course)
    context["cautions"] = cautions_of(actor, patient_id=context["course"].patient_id)
    return render(request, "followup/my_muscles.html", context)


@courses
def my_muscles_paper(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """The same on one sheet of paper; without an examination the page says what is missing."""
    context = _context(actor, course, on_paper=True)
    if not context["m"]:
        return redirect("followup:my_muscles", clinic=actor.clinic_slug, course=course)
    return paper_of_muscles(request, context)


def paper_of_muscles(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """One sheet, for whoever may see what is in the context."""
    html = render_to_string("followup/my_muscles_paper.html", context, request)
    answer = HttpResponse(pdf_of(html, faces=settings.TYPEFACES), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="my-muscles.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def _context(actor: Actor, course: int, *, on_paper: bool = False) -> dict[str, Any]:
    row = open_course(actor, course, at=timezone.now())
    content = muscles_to_share(story_of(row))
    return {"course": row, "patient": row.patient, "m": muscles_in_lay_words(content, on_paper=on_paper)}
