"""Pages of the visit: the chart, the choice of a site, the wall board, the sheet of paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from myotome.clinic.booking.boards import clocks_of
from myotome.clinic.needling.habits import favourites
from myotome.clinic.needling.queries import needle_as_value, open_chart, visit_for
from myotome.clinic.needling.retained import taken_home
from myotome.clinic.needling.where import who_is_where
from myotome.clinic.pathway import actions as pathway
from myotome.clinic.pathway.next_visit import next_visit_of
from myotome.exchange.paper import pdf_of
from myotome.exchange.stricta.sessions import ADJUNCTS
from myotome.pages.access import for_roles
from myotome.pages.needling.atlas import atlas_context, choices_of
from myotome.pages.needling.before import said_before_line
from myotome.pages.needling.chart import chart_context, reask_rows
from myotome.pages.needling.forms import REASONS_FOR_NO_NEXT, free_place_from, moment
from myotome.pages.needling.kept import say_whether_kept
from myotome.pages.needling.refused import Refused
from myotome.pages.needling.sites import site_of_key
from myotome.pages.needling.wrong_fields import places
from myotome.pages.typed import whole_or_none
from myotome.science.needling.counts import n_short
from myotome.science.needling.shorthand import marked_words
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, HowNow, Lasted, Relatedness, Role, Seriousness
from myotome.vocabulary.errors import InvalidValue, MyotomeError
from myotome.vocabulary.needling import Adjunct
from myotome.vocabulary.sentences import joined

charts = for_roles(Role.PRACTITIONER)
MOST_ROOMS = 8


@charts
@require_safe
def chart(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """The needle chart of one visit."""
    return chart_page(request, actor, visit, row=open_chart(actor, visit, at=timezone.now()))


@charts
@require_safe
def sites(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """Another site: regions to muscles by layer, the spine by level, points by meridian, a search, or a place without a name."""
    row, error = visit_for(actor, visit), None
    if "place" in request.GET:
        try:
            key = free_place_from(request.GET)
            site_of_key(key)
            return redirect(f"{reverse('needling:chart', args=(actor.clinic_slug, row.pk))}?{urlencode({'site': key})}")
        except InvalidValue as fault:
            error = fault
    context = atlas_context(request.GET, mode=row.mode)
    if not context["is_asked"]:
        context["favourites"] = choices_of(favourites(actor, mode=row.mode, at=timezone.now()))
    context |= {"visit": row, "patient": row.course.patient, "typed": request.GET, "error": error}
    return render(request, "needling/sites.html", context, status=error.http_status if error else 200)


@charts
@require_safe
def line_words(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """The words of a line as it forms, each read or not with the nearest word, and what must be said before its needles."""
    row, line = visit_for(actor, visit), request.GET.get("line", "")[:5000]
    context = {"words": marked_words(line), "said": said_before_line(actor, row, line), "is_live": True}
    context |= {"visit": row, "line": line, "asked_at": timezone.now()}
    return render(request, "needling/line_words.html", context)


@charts
@require_safe
def next_visit(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """What the close form says of the next visit, for a form that was opened without loading the page again.

    Of a closed visit: times near the one that was taken.
    """
    context = {"visit": visit_for(actor, visit), "typed": {}}
    context |= next_visit_context(actor, context["visit"], at=timezone.now())
    context["patient"] = context["visit"].course.patient
    return render(request, f"needling/{'instead' if context['visit'].closed_at else 'next'}.html", context)


def wrong_at(request: HttpRequest, error: MyotomeError | None) -> tuple[str, ...]:
    """Where the field that was refused may stand on the chart's page."""
    match = request.resolver_match
    return places(error.field, act=match.url_name or "", ids=match.kwargs) if error and match else ()


def next_visit_context(actor: Actor, visit: Any, *, at: datetime) -> dict[str, Any]:
    """The next visit as the form offers it, with the reasons for none."""
    reasons = [reason.value for reason in REASONS_FOR_NO_NEXT]
    return {"next_visit": next_visit_of(actor, visit, at=at), "reasons_for_no_next": reasons}


@charts
@require_safe
def printed(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """The visit on one page of paper."""
    row = open_chart(actor, visit, at=timezone.now())
    return render(request, "needling/printed.html", chart_context(actor, row, at=timezone.now()))


@charts
@require_safe
def paper(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """The same page as a tagged PDF."""
    row = open_chart(actor, visit, at=timezone.now())
    html = render_to_string("needling/paper.html", chart_context(actor, row, at=timezone.now()), request)
    answer = HttpResponse(pdf_of(html, faces=settings.TYPEFACES), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="visit-{row.number}.pdf"'
    return answer


@charts
@require_safe
def take_home(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """The list that goes home with her: needles that stay, by which day each comes out, whom to phone."""
    row = open_chart(actor, visit, at=timezone.now())
    context = {"visit": row, "course": row.course, "patient": row.course.patient, "needles": taken_home(row)}
    return render(request, "needling/take_home.html", context)


@for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
@require_safe
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who is where, needles in first and the oldest before all: room, first name and initial, minutes. For the wall."""
    rooms = who_is_where(actor)
    needled = [entry for entry in rooms if entry.n_in]
    context = {
        "first": needled[0] if needled else None,
        "rest": needled[1:4],
        "n_more": max(0, len(needled) - 4),
        "others": [entry for entry in rooms if not entry.n_in][:MOST_ROOMS],
        "n_in_clinic": sum(entry.n_in for entry in needled),
        "at": timezone.now(),
        "clocks": clocks_of(actor),
    }
    return render(request, "needling/board.html", context)


@charts
@require_POST
def open_for_appointment(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """The visit of an appointment, opened or found."""
    visit = pathway.visit_opened(by=actor, at=timezone.now(), appointment_id=appointment)
    return redirect("needling:chart", clinic=actor.clinic_slug, visit=visit.pk)


def _line_in_hand(request: HttpRequest) -> dict[str, str]:
    """A shorthand line that was being written when an ask before it was answered: it stays in its field."""
    line = request.POST.get("line", "")[:5000]
    return {"line": line} if line else {}


def _n_short(context: Mapping[str, Any], counted: Mapping[str, str]) -> int:
    """How many needles are nowhere by the counts that were typed."""
    opened, boxed = (whole_or_none(counted.get(f"n_needles_{which}", "")) for which in ("opened", "in_sharps"))
    return n_short([needle_as_value(needle) for needle, _name in context["needles"]], opened, boxed)


def chart_page(
    request: HttpRequest,
    actor: Actor,
    visit: int,
    *,
    row: Any = None,
    error: MyotomeError | None = None,
    refused: Refused | None = None,
    stays: bool = False,
) -> HttpResponse:
    """The chart as it stands, with what was typed and why it was refused when there is an error.

    With `stays` it shows the site and the depth that were posted. `refused` says which act the error is of, and of which needle.
    """
    row, at = row or visit_for(actor, visit), timezone.now()
    kept = request.POST if stays or (error and error.field != "line") else request.GET
    is_set = request.resolver_match is not None and request.resolver_match.url_name == "needle_set"
    chosen = "" if is_set else kept.get("site", "") or request.GET.get("site", "")  # a set that is refused stays a set
    context = chart_context(actor, row, at=at, chosen=chosen, depths=kept)
    context |= {
        "error": error,
        "typed": request.POST if error else _line_in_hand(request) if stays else {},
        "refused": refused,
        "ticked_sites": request.POST.getlist("site") if refused and refused.act == "needle_set" else None,
        "wrong_at": wrong_at(request, error),
        "adverse_kinds": list(AdverseKind),
        "adverse_grades": list(AdverseGrade),
        "besides": [(code.value, words) for code, words in ADJUNCTS.items()],
        "ticked_besides": request.POST.getlist("besides") if error else [],
        "relatedness": list(Relatedness),
        "lasted": list(Lasted),
        "serious": list(Seriousness),
        "how_now": list(HowNow),
        "asked_at": (moment(request.POST, "shown_at", context["at"]) if stays else None) or context["at"],
    }
    if error and error.field == "line":
        line = request.POST.get("line", "")[:5000]
        context |= {"said": said_before_line(actor, row, line), "line": line, "is_live": True}
    is_closing = "closing" in request.GET or (error and "n_needles_opened" in request.POST)
    if context["can_close"] and is_closing:
        context |= next_visit_context(actor, row, at=at) | {"is_closing": True}
        context["n_not_found"] = max(0, _n_short(context, request.POST))
    if row.closed_at:
        context["given_besides"] = joined([ADJUNCTS[Adjunct(code)] for code in row.adjuncts], ", ")
    if error and error.field == "fact":
        context["reask_rows"] = reask_rows((), request.POST)
    answer = render(request, "needling/chart.html", context, status=error.http_status if error else 200)
    return say_whether_kept(answer, row, actor, at)
