"""The acts of an examination. Each answers with the page again, at the place where it was open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.assessment import actions
from myotome.clinic.assessment.queries import examination_for
from myotome.clinic.assessment.second_look import begin_second_look
from myotome.pages.access import for_roles
from myotome.pages.assessment.names import finding_of
from myotome.pages.assessment.page import KEPT
from myotome.pages.assessment.views import exam_page, tapped
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import ExamRegion
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound

Act = Callable[..., object]


def act(
    do: Act, answered: Callable[[HttpRequest, Actor, int], HttpResponse] = exam_page
) -> Callable[..., HttpResponse]:
    """A view that does one act and shows the page again, or what `answered` makes for a page with JavaScript.

    An error is shown where it belongs, with the typing kept.
    """

    def view(request: HttpRequest, actor: Actor, examination: int, **ids: Any) -> HttpResponse:
        try:
            do(request, actor, examination, **ids)
        except NotFound:
            raise
        except MyotomeError as error:
            return exam_page(request, actor, examination, error=error)
        if request.headers.get("HX-Request"):
            return answered(request, actor, examination)
        where = reverse("assessment:examination", kwargs={"clinic": actor.clinic_slug, "examination": examination})
        state = urlencode({name: request.POST[name] for name in KEPT if request.POST.get(name)})
        return redirect(f"{where}?{state}" if state else where)

    view.__doc__, view.__name__, view.__module__ = do.__doc__, do.__name__, do.__module__
    return for_roles(Role.PRACTITIONER)(require_POST(view))


def _chart(request: HttpRequest, actor: Actor, examination: int) -> None:
    """One tap: a sign of a muscle, of the skin, or a reflex; or not tested again."""
    finding, clears = finding_of(request.POST.get("chart", ""))
    do = actions.clear_finding if clears else actions.chart_finding
    do(by=actor, at=timezone.now(), examination_id=examination, finding=finding)


chart = act(_chart, answered=tapped)


@act
def impression(request: HttpRequest, actor: Actor, examination: int) -> None:
    """Her own impression, in her own words."""
    text, version = request.POST.get("impression", ""), whole_or_none(request.POST.get("version", ""))
    if version is None:
        raise InvalidValue(_("The page is too old; open it again."), field="impression")
    actions.write_impression(by=actor, at=timezone.now(), examination_id=examination, version=version, impression=text)


@act
def region(request: HttpRequest, actor: Actor, examination: int) -> None:
    """Neck and arm, back and leg, or the whole body."""
    asked = request.POST.get("region", "")
    if asked and asked not in list(ExamRegion):
        raise InvalidValue(_("Choose neck and arm, back and leg, or the whole body."), field="region")
    chosen = ExamRegion(asked) if asked else None
    actions.choose_region(by=actor, at=timezone.now(), examination_id=examination, region=chosen)


@for_roles(Role.PRACTITIONER)
@require_POST
def finish(request: HttpRequest, actor: Actor, examination: int) -> HttpResponse:
    """The examination finished; the plan opens."""
    try:
        actions.finish_examination(by=actor, at=timezone.now(), examination_id=examination)
    except NotFound:
        raise
    except MyotomeError as error:
        return exam_page(request, actor, examination, error=error)
    row = examination_for(actor, examination)
    if row.blind_to_id is not None:
        return redirect("assessment:examination", clinic=actor.clinic_slug, examination=row.pk)
    course = row.course_id
    return redirect("planning:plan", clinic=actor.clinic_slug, course=course)


@for_roles(Role.PRACTITIONER)
@require_POST
def second_look(request: HttpRequest, actor: Actor, examination: int) -> HttpResponse:
    """A colleague begins her blind examination of the same patient."""
    row = begin_second_look(by=actor, at=timezone.now(), examination_id=examination)
    return redirect("assessment:examination", clinic=actor.clinic_slug, examination=row.pk)
