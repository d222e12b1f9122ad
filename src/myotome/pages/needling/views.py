"""The visit's page and its acts. Each act answers with the page again: by redirect, or with the error at its field."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from myotome.clinic.needling import actions
from myotome.clinic.needling.queries import needles_in_now, open_chart, visit_for
from myotome.clinic.pathway import actions as pathway
from myotome.clinic.people.queries import practitioners_for
from myotome.pages.access import for_roles
from myotome.pages.needling.chart import chart_context
from myotome.pages.needling.forms import facts_from, needle_from, response_from, whole
from myotome.science.needling.shorthand import parse_line
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound
from myotome.vocabulary.needling import TreatmentMode

charts = for_roles(Role.PRACTITIONER)
Act = Callable[[HttpRequest, Actor, int], object]


@charts
def chart(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """The needle chart of one visit."""
    at = timezone.now()
    return _page(request, actor, visit, row=open_chart(actor, visit, at=at))


@charts
def printed(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """The visit on one page of paper."""
    row = open_chart(actor, visit, at=timezone.now())
    return render(request, "needling/printed.html", chart_context(actor, row, at=timezone.now()))


@for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Needles in now, oldest first: room, first name and initial, minutes. For the wall."""
    rooms: dict[int, dict[str, Any]] = {}
    for needle in needles_in_now(actor):
        row = rooms.setdefault(needle.visit_id, {"visit": needle.visit, "n": 0, "since": needle.in_at})
        row["n"] += 1
    return render(request, "needling/board.html", {"rows": list(rooms.values()), "at": timezone.now()})


@charts
@require_POST
def open_for_appointment(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """The visit of an appointment, opened or found."""
    visit = pathway.visit_opened(by=actor, at=timezone.now(), appointment_id=appointment)
    return redirect("needling:chart", clinic=actor.clinic_slug, visit=visit.pk)


def act(do: Act) -> Callable[..., HttpResponse]:
    """A view that does one act of the visit and shows the page again; an error is shown where it belongs."""

    def view(request: HttpRequest, actor: Actor, visit: int, **ids: Any) -> HttpResponse:
        try:
            do(request, actor, visit, **ids)
        except NotFound:
            raise
        except MyotomeError as error:
            return _page(request, actor, visit, error=error)
        target = redirect("needling:chart", clinic=actor.clinic_slug, visit=visit)
        if request.headers.get("HX-Request"):
            return _page(request, actor, visit)
        return target

    view.__doc__, view.__name__, view.__module__ = do.__doc__, do.__name__, do.__module__
    return charts(require_POST(view))


@act
def asked_again(request: HttpRequest, actor: Actor, visit: int) -> None:
    """The short list of today."""
    actions.ask_again(by=actor, at=timezone.now(), visit_id=visit, answers=facts_from(request.POST))


@act
def needle(request: HttpRequest, actor: Actor, visit: int) -> None:
    """One needle more; in IMS the belief over roots follows it."""
    at = timezone.now()
    mode = TreatmentMode(visit_for(actor, visit).mode)
    value = needle_from(request.POST, mode=mode, at=at)
    pathway.needle_responded(by=actor, at=at, visit_id=visit, needle=value)


@act
def line(request: HttpRequest, actor: Actor, visit: int) -> None:
    """Needles typed as shorthand, one line or many; a line that cannot be read writes nothing at all."""
    at = timezone.now()
    text = request.POST.get("line", "")
    typed = [needle for row in text.splitlines() if row.strip() for needle in parse_line(row)]
    if not typed:
        raise InvalidValue("Type a line such as L mult-L5 40 .30x50 grasp3 release 8s.", field="line")
    for number, needle in enumerate(typed):
        value = needle.insertion(client_id=f"{request.POST.get('client_id') or secrets.token_hex(8)}-{number}", at=at)
        pathway.needle_responded(by=actor, at=at, visit_id=visit, needle=value)


@act
def out(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """One needle out."""
    given = {name: value for name, value in response_from(request.POST).items() if value is not None}
    actions.take_out(by=actor, at=timezone.now(), visit_id=visit, number=number, **given)


@act
def response(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """What a needle met, corrected while the visit is open."""
    given = response_from(request.POST) | {"depth_mm": whole(request.POST, "depth_mm", 0, 150)}
    actions.chart_response(by=actor, at=timezone.now(), visit_id=visit, number=number, **given)


@act
def left_in(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """A needle that stays in on purpose."""
    reason = request.POST.get("reason", "")
    actions.leave_in(by=actor, at=timezone.now(), visit_id=visit, number=number, reason=reason)


@act
def fragment(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """A broken or stuck needle."""
    detail = request.POST.get("reason", "")
    actions.note_fragment(by=actor, at=timezone.now(), visit_id=visit, number=number, detail=detail)


@act
def strike(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """A row charted by mistake."""
    reason = request.POST.get("reason", "")
    actions.strike_insertion(by=actor, at=timezone.now(), visit_id=visit, number=number, reason=reason)


@act
def all_out(request: HttpRequest, actor: Actor, visit: int) -> None:
    """All out now: removal first, the count after."""
    actions.call_all_out(by=actor, at=timezone.now(), visit_id=visit)


@act
def count(request: HttpRequest, actor: Actor, visit: int) -> None:
    """The count after all out."""
    numbers = [int(number) for number in request.POST.getlist("out") if number.isdigit()]
    actions.count_after_all_out(by=actor, at=timezone.now(), visit_id=visit, numbers_out=numbers)


@act
def handed_over(request: HttpRequest, actor: Actor, visit: int) -> None:
    """The visit offered to a colleague."""
    colleague = whole(request.POST, "practitioner", 1, 10**9)
    if colleague is None:
        raise InvalidValue("Choose the colleague who takes over.", field="practitioner")
    actions.hand_over(by=actor, at=timezone.now(), visit_id=visit, practitioner_id=colleague)


@act
def accepted(request: HttpRequest, actor: Actor, visit: int) -> None:
    """A hand-over accepted."""
    actions.accept_handover(by=actor, at=timezone.now(), visit_id=visit)


@act
def adverse_event(request: HttpRequest, actor: Actor, visit: int) -> None:
    """Something was felt or went wrong."""
    try:
        kind, grade = AdverseKind(request.POST.get("kind", "")), AdverseGrade(request.POST.get("grade", ""))
    except ValueError as fault:
        raise InvalidValue("Say what happened and how bad it was.", field="kind") from fault
    actions.report_adverse_event(
        by=actor,
        at=timezone.now(),
        visit_id=visit,
        kind=kind,
        grade=grade,
        number=whole(request.POST, "number", 1, 500),
        action_taken=request.POST.get("action_taken", "")[:300],
        patient_told=bool(request.POST.get("patient_told")),
    )


@act
def close(request: HttpRequest, actor: Actor, visit: int) -> None:
    """One act: visit, appointment, next questions."""
    data = request.POST
    pathway.visit_closed(
        by=actor,
        at=timezone.now(),
        visit_id=visit,
        version=whole(data, "version", 0, 10**9) or 0,
        note=data.get("note", ""),
        advice=data.get("advice", ""),
        n_needles_opened=whole(data, "n_needles_opened", 0, 500),
        n_needles_in_sharps=whole(data, "n_needles_in_sharps", 0, 500),
        fit_to_drive_asked=bool(data.get("fit_to_drive_asked")),
    )


@act
def sign(request: HttpRequest, actor: Actor, visit: int) -> None:
    """Signing locks."""
    actions.sign_visit(by=actor, at=timezone.now(), visit_id=visit)


@act
def addendum(request: HttpRequest, actor: Actor, visit: int) -> None:
    """A dated addition."""
    actions.add_addendum(by=actor, at=timezone.now(), visit_id=visit, text=request.POST.get("text", ""))


def _page(
    request: HttpRequest, actor: Actor, visit: int, *, row: Any = None, error: MyotomeError | None = None
) -> HttpResponse:
    row = row or visit_for(actor, visit)
    chosen = request.POST.get("site", "") or request.GET.get("site", "")
    context = chart_context(actor, row, at=timezone.now(), chosen=chosen)
    context |= {
        "error": error,
        "typed": request.POST if error else {},
        "colleagues": practitioners_for(actor),
        "adverse_kinds": list(AdverseKind),
        "adverse_grades": list(AdverseGrade),
    }
    return render(request, "needling/chart.html", context, status=error.http_status if error else 200)
