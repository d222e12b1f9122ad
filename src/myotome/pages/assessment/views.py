"""Pages of the examination: begun from an appointment, charted tap by tap, printed on one sheet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from myotome.clinic.assessment.queries import examination_for, open_examination
from myotome.clinic.assessment.second_look import FEWEST_PLACES, agreement_on
from myotome.clinic.pathway import actions as pathway
from myotome.pages.access import for_roles
from myotome.pages.assessment.page import page_context, tapped_context
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import MyotomeError, StaleVersion

examines = for_roles(Role.PRACTITIONER)


@examines
@require_POST
def begin(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """The examination of an appointment, begun or found."""
    examination = pathway.assessment_begun(by=actor, at=timezone.now(), appointment_id=appointment)
    return redirect("assessment:examination", clinic=actor.clinic_slug, examination=examination.pk)


@examines
def examination(request: HttpRequest, actor: Actor, examination: int) -> HttpResponse:
    """The examination as it stands."""
    return exam_page(request, actor, examination, is_opened=True)


@examines
def printed(request: HttpRequest, actor: Actor, examination: int) -> HttpResponse:
    """The examination on one page of paper."""
    row = open_examination(actor, examination, at=timezone.now())
    return render(request, "assessment/printed.html", page_context(actor, row, {}, at=timezone.now(), with_plate=False))


@examines
def agreement(request: HttpRequest, actor: Actor, examination: int) -> HttpResponse:
    """How far two examiners agreed, for the two of them."""
    first, second, together = agreement_on(actor, examination, at=timezone.now())
    context = {"first": first, "second": second, "together": together, "patient": first.course.patient}
    return render(request, "assessment/agreement.html", context | {"course": first.course, "fewest": FEWEST_PLACES})


def exam_page(
    request: HttpRequest,
    actor: Actor,
    examination: int,
    *,
    is_opened: bool = False,
    error: MyotomeError | None = None,
) -> HttpResponse:
    """The page, with what was typed and why it was refused when there is an error."""
    at = timezone.now()
    row = open_examination(actor, examination, at=at) if is_opened else examination_for(actor, examination)
    asked = request.GET if request.method == "GET" else request.POST
    context = page_context(actor, row, asked, at=at)
    context |= {
        "error": error,
        "typed": request.POST if error else {},
        "is_stale": isinstance(error, StaleVersion),
    }
    return render(request, "assessment/examination.html", context, status=error.http_status if error else 200)


def tapped(request: HttpRequest, actor: Actor, examination: int) -> HttpResponse:
    """What a tap changes at once, and where its page finds the rest."""
    context = tapped_context(actor, examination_for(actor, examination), request.POST, at=timezone.now())
    return render(request, "assessment/tapped.html", context | {"rest": context["link"]()})
