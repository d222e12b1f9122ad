"""A course as a STRICTA report, on the page, on paper and for programs; a selection of courses as a data set."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from myotome.clinic.learning.reports import meter_for, report_on
from myotome.clinic.learning.selection import MOST_COURSES, Selection, n_selected, take_data_set
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.queries import practitioners_for
from myotome.clinic.planning.queries import cautions_of
from myotome.clinic.screening.clinical_content import content_of
from myotome.clinic.screening.courses import course_for
from myotome.exchange.paper import pdf_of
from myotome.exchange.stricta.items import meter_of
from myotome.exchange.stricta.report import as_csv, as_json, methods
from myotome.pages.access import for_roles
from myotome.pages.typed import a_day, whole
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotAllowed, NotFound

reports = for_roles(Role.PRACTITIONER)
data_sets = for_roles(Role.OWNER, Role.STEWARD)
YEAR = timedelta(days=365)


@reports
def report(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """The table, and the text for a methods section."""
    context = _report(actor, course, "page")
    context["cautions"] = cautions_of(actor, patient_id=context["course"].patient_id)
    return render(request, "learning/report.html", context)


@reports
def meter(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """How far the course can be reported, for a page about it that is open already."""
    row = course_for(actor, course)
    return render(request, "learning/meter.html", {"course": row, "meter": meter_for(row, at=timezone.now())})


@reports
def report_pdf(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """The table on paper, without a name."""
    html = render_to_string("learning/paper.html", _report(actor, course, "pdf"), request)
    return _file(pdf_of(html, faces=settings.TYPEFACES), "application/pdf", f"stricta-{course}.pdf")


@reports
def report_csv(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """The table for a spreadsheet."""
    _course, items = report_on(actor, course, at=timezone.now(), form="csv")
    return _file(as_csv(items).encode(), "text/csv; charset=utf-8", f"stricta-{course}.csv")


@reports
def report_json(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """The table for a program, figures included."""
    _course, items = report_on(actor, course, at=timezone.now(), form="json")
    return _file(as_json(items, course=course).encode(), "application/json", f"stricta-{course}.json")


@data_sets
def courses(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The choice of courses, and how many it means."""
    return _choice(request, actor, request.POST)


@data_sets
@require_POST
def data(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The chosen courses, pseudonymised, with their dictionary."""
    try:
        purpose = request.POST.get("purpose", "")
        content = take_data_set(by=actor, at=timezone.now(), selection=_selection(request.POST), purpose=purpose)
    except (NotAllowed, NotFound):
        raise
    except MyotomeError as error:
        return _choice(request, actor, request.POST, error=error)
    return _file(content, "application/zip", f"courses-{clinic_day(request.clinic, timezone.now())}.zip")


def _report(actor: Actor, course: int, form: str) -> dict[str, Any]:
    row, items = report_on(actor, course, at=timezone.now(), form=form)
    return {
        "course": row,
        "patient": row.patient,
        "items": items,
        "meter": meter_of(items),
        "methods": methods(items),
        "at": timezone.now(),
    }


def _choice(request: HttpRequest, actor: Actor, given: QueryDict, *, error: MyotomeError | None = None) -> HttpResponse:
    today = clinic_day(request.clinic, timezone.now())
    typed = {name: given.get(name, "") for name in ("condition", "practitioner", "purpose")}
    typed["first_day"] = given.get("first_day") or (today - YEAR).isoformat()
    typed["last_day"] = given.get("last_day") or today.isoformat()
    n = None
    if error is None and "first_day" in given:
        try:
            n = n_selected(actor, _selection(given))
        except InvalidValue as refusal:
            error = refusal
    context = {
        "typed": typed,
        "n": n,
        "most": MOST_COURSES,
        "error": error,
        "is_owner": actor.holds(Role.OWNER),
        "conditions": content_of(request.clinic).conditions,
        "practitioners": practitioners_for(actor),
    }
    return render(request, "learning/courses.html", context, status=error.http_status if error else 200)


def _selection(data: QueryDict) -> Selection:
    who = data.get("practitioner", "").strip()
    return Selection(
        first_day=a_day(data.get("first_day", ""), "first_day"),
        last_day=a_day(data.get("last_day", ""), "last_day"),
        condition=data.get("condition", "").strip()[:60],
        practitioner_id=whole(who, "practitioner") if who else None,
    )


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    shown = "inline" if kind == "application/pdf" else "attachment"
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'{shown}; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
