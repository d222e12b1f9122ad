"""The acts of a visit. Each answers with the chart again: by redirect, or with the error at its field and the typing kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.needling import actions
from myotome.clinic.needling.locks import came_later
from myotome.clinic.needling.queries import mode_of, needles_of, number_meant, visit_for
from myotome.clinic.pathway import actions as pathway
from myotome.clinic.people.queries import practitioners_for
from myotome.clinic.planning import actions as planning
from myotome.pages.access import for_roles
from myotome.pages.needling.before import check_nothing_is_said
from myotome.pages.needling.chart import chart_context
from myotome.pages.needling.forms import (
    besides_from,
    facts_from,
    found_from,
    lines_from,
    moment,
    needle_from,
    next_from,
    response_from,
    set_from,
    whole,
)
from myotome.pages.needling.kept import told_at
from myotome.pages.needling.refused import Refused
from myotome.pages.needling.views import chart_page
from myotome.pages.planning.texts import texts_ticked
from myotome.pages.signing import second_signature
from myotome.pages.typed import a_day_or_none
from myotome.science.needling.lines import MOST_MINUTES_OF_REST
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound

Act = Callable[..., object]


def act(do: Act, *, stays: bool = False) -> Callable[..., HttpResponse]:
    """A view that does one act of the visit and shows the chart again; an error is shown where it belongs.

    An act that has the visit in its hands as it stands now returns it, so that nobody reads it once more.
    With `stays` the site that was being looked at is looked at again, at the depth that was typed, with current or not.
    """

    def view(request: HttpRequest, actor: Actor, visit: int, **ids: Any) -> HttpResponse:
        now = timezone.now()
        try:
            with came_later((now - told_at(request.POST, now)).total_seconds()):
                done = do(request, actor, visit, **ids)
        except NotFound:
            raise
        except MyotomeError as error:
            where = Refused(do.__name__, ids.get("number", 0))
            return chart_page(request, actor, visit, error=error, refused=where)
        if request.headers.get("HX-Request"):
            return chart_page(request, actor, visit, row=done, stays=stays)
        answer = redirect("needling:chart", clinic=actor.clinic_slug, visit=visit)
        kept = {
            name: request.POST[name] for name in ("site", "depth_mm", "technique") if stays and request.POST.get(name)
        }
        answer["Location"] += f"?{urlencode(kept)}" if kept else ""
        return answer

    view.__doc__, view.__name__, view.__module__ = do.__doc__, do.__name__, do.__module__
    return for_roles(Role.PRACTITIONER)(require_POST(view))


def client_id(request: HttpRequest) -> str:
    """The id that the page gave this command: sent twice it is done once."""
    return request.POST.get("client_id", "")[:64]


@act
def asked_again(request: HttpRequest, actor: Actor, visit: int) -> None:
    """The short list of today."""
    actions.ask_again(
        by=actor, at=_when(request), visit_id=visit, client_id=client_id(request), answers=facts_from(request.POST)
    )


@partial(act, stays=True)
def answered(request: HttpRequest, actor: Actor, visit: int) -> None:
    """Why she goes on past an ASK."""
    data = request.POST
    at = _when(request)
    actions.answer_ask(
        by=actor,
        at=at,
        visit_id=visit,
        client_id=client_id(request),
        code=data.get("code", ""),
        place=data.get("place", ""),
        reason=data.get("reason_words", "").strip() or data.get("reason", ""),
        shown_at=moment(data, "shown_at", at),
    )


@partial(act, stays=True)
def fact_corrected(request: HttpRequest, actor: Actor, visit: int) -> None:
    """A fact that raised a STOP put right: the only way past it. With the areas where it holds, if the form asked."""
    data = request.POST
    areas = [area for area in data.getlist("fact_area") if area] if "fact_area" in data else None
    actions.correct_fact(
        by=actor,
        at=_when(request),
        visit_id=visit,
        client_id=client_id(request),
        code=data.get("fact_code", ""),
        state=data.get("fact_state", ""),
        detail=data.get("fact_detail", ""),
        areas=areas,
    )


@partial(act, stays=True)
def consented(request: HttpRequest, actor: Actor, visit: int) -> None:
    """Her yes to each text that is ticked, in the version that was shown."""
    course_id, texts = visit_for(actor, visit).course_id, texts_ticked(request.POST.getlist("yes"))
    planning.record_consents(by=actor, at=timezone.now(), course_id=course_id, texts=texts)


@partial(act, stays=True)
def withdrawn(request: HttpRequest, actor: Actor, visit: int, consent: int) -> None:
    """A consent taken back, in any words, without a reason; the visit goes on to take needles out."""
    course_id, reason = visit_for(actor, visit).course_id, request.POST.get("reason", "")
    planning.withdraw_consent(by=actor, at=timezone.now(), consent_id=consent, reason=reason, course_id=course_id)


@act
def needle(request: HttpRequest, actor: Actor, visit: int) -> object:
    """One needle more; what it met is evidence for the next look at the roots."""
    at, mode = _when(request), mode_of(actor, visit)
    charted = needles_of(visit_for(actor, visit)) if request.POST.get("quick") == "same" else []
    last = [one for one in charted if one.client_id == request.POST.get("same_as")] or charted[-1:]
    value = needle_from(request.POST, mode=mode, at=at, last=last[0] if last else None)
    return pathway.needle_responded(by=actor, at=at, visit_id=visit, needle=value).visit


@act
def needle_set(request: HttpRequest, actor: Actor, visit: int) -> None:
    """A set that rests: all ticked sites in now."""
    at = _when(request)
    minutes = whole(request.POST, "retain_minutes", 1, MOST_MINUTES_OF_REST)
    with transaction.atomic():
        if minutes is not None:
            actions.set_rest(by=actor, at=at, visit_id=visit, minutes=minutes)
        for value in set_from(request.POST, at=at):
            pathway.needle_responded(by=actor, at=at, visit_id=visit, needle=value)


@act
def line(request: HttpRequest, actor: Actor, visit: int) -> None:
    """Needles typed in shorthand, one line or many."""
    at = _when(request)
    needles, minutes = lines_from(request.POST, at=at)
    if request.POST.get("ask_first") and not request.POST.get("already_in"):
        check_nothing_is_said(actor, visit_for(actor, visit), request.POST["line"])
    with transaction.atomic():
        if minutes is not None:
            actions.set_rest(by=actor, at=at, visit_id=visit, minutes=max(1, round(minutes)))
        for value in needles:
            pathway.needle_responded(by=actor, at=at, visit_id=visit, needle=value)


@act
def out(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """One needle out."""
    given = {name: value for name, value in response_from(request.POST).items() if value is not None}
    actions.take_out(**_told(request, actor, visit, number), **given)


@act
def counted_out(request: HttpRequest, actor: Actor, visit: int) -> None:
    """The resting set out together, with the number she counted in her hand."""
    n = whole(request.POST, "n_counted", 0, 500)
    if n is None:
        raise InvalidValue(_("Say how many you counted."), field="n_counted")
    actions.count_out(by=actor, at=_when(request), visit_id=visit, client_id=client_id(request), n_counted=n)


@act
def response(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """What a needle met, corrected while the visit is open."""
    given = response_from(request.POST) | {"depth_mm": whole(request.POST, "depth_mm", 0, 150)}
    actions.chart_response(**_told(request, actor, visit, number), **given)


@act
def left_in(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """A needle that stays in on purpose."""
    data = request.POST
    due_on = a_day_or_none(data.get("remove_on", ""), "remove_on")
    actions.leave_in(**_told(request, actor, visit, number), reason=data.get("reason", ""), due_on=due_on)


@act
def fragment(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """A broken or stuck needle."""
    detail = request.POST.get("reason", "")
    actions.note_fragment(**_told(request, actor, visit, number), detail=detail)


@act
def missing(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """A needle that was not found: a second person signs with her password, or she signs again alone."""
    witness = second_signature(request, actor)
    actions.sign_missing(
        by=actor,
        at=timezone.now(),
        visit_id=visit,
        client_id=client_id(request),
        number=number,
        reason=request.POST.get("reason", ""),
        witness=witness,
    )


@act
def strike(request: HttpRequest, actor: Actor, visit: int, number: int) -> None:
    """A row charted by mistake."""
    reason = request.POST.get("reason", "")
    actions.strike_insertion(**_told(request, actor, visit, number), reason=reason)


@act
def tally(request: HttpRequest, actor: Actor, visit: int) -> None:
    """Needles opened, or in the sharps box, counted by hand beside the chart: a step, or the number that was typed."""
    data, which = request.POST, request.POST.get("which", "")
    n = whole(data, which, 0, 500)
    step = {"1": 1, "-1": -1}.get(data.get("step", ""), 0)
    is_as_drawn = data.get(which, "") == data.get("was", "")
    actions.tally_needles(
        by=actor,
        at=_when(request),
        visit_id=visit,
        client_id=client_id(request),
        which=which,
        n=None if step and is_as_drawn else n,
        step=step,
    )


@act
def all_out(request: HttpRequest, actor: Actor, visit: int) -> None:
    """All out now: removal first, the count after."""
    actions.call_all_out(by=actor, at=_when(request), visit_id=visit, client_id=client_id(request))


@act
def count(request: HttpRequest, actor: Actor, visit: int) -> None:
    """The count after all out."""
    numbers = [int(number) for number in request.POST.getlist("out") if number.isdecimal()]
    row = visit_for(actor, visit) if request.POST.getlist("out_id") else None
    numbers += [number_meant(row, 0, said) for said in request.POST.getlist("out_id") if row and said]
    actions.count_after_all_out(
        by=actor, at=_when(request), visit_id=visit, client_id=client_id(request), numbers_out=numbers
    )


@for_roles(Role.PRACTITIONER)
def handed_over(request: HttpRequest, actor: Actor, visit: int) -> HttpResponse:
    """Who takes over, and the visit offered to her."""
    colleague, error = whole(request.POST, "practitioner", 1, 10**9), None
    if request.method == "POST" and colleague is not None:
        try:
            actions.hand_over(
                by=actor, at=timezone.now(), visit_id=visit, client_id=client_id(request), practitioner_id=colleague
            )
            return redirect("needling:chart", clinic=actor.clinic_slug, visit=visit)
        except NotFound:
            raise
        except MyotomeError as refused:
            error = refused
    context = chart_context(actor, visit_for(actor, visit), at=timezone.now())
    context |= {"error": error, "colleagues": practitioners_for(actor).exclude(pk=actor.practitioner_id)}
    return render(request, "needling/hand_over.html", context, status=error.http_status if error else 200)


@act
def accepted(request: HttpRequest, actor: Actor, visit: int) -> None:
    """A hand-over accepted."""
    actions.accept_handover(by=actor, at=timezone.now(), visit_id=visit, client_id=client_id(request))


@act
def close(request: HttpRequest, actor: Actor, visit: int) -> None:
    """One act: visit, appointment, next questions, next visit; signed in the same act when she asks for it."""
    data, at = request.POST, timezone.now()
    next_at, because = next_from(data)
    pathway.visit_closed(
        by=actor,
        at=at,
        visit_id=visit,
        version=whole(data, "version", 0, 10**9) or 0,
        sign=bool(data.get("sign")),
        note=data.get("note", ""),
        advice=data.get("advice", ""),
        n_needles_opened=whole(data, "n_needles_opened", 0, 500),
        n_needles_in_sharps=whole(data, "n_needles_in_sharps", 0, 500),
        fit_to_drive_asked=bool(data.get("fit_to_drive_asked")),
        adjuncts=besides_from(data.getlist("besides")),
        next_at=next_at,
        no_next_because=because,
        **_signed_for(request, actor),
    )


@act
def sign(request: HttpRequest, actor: Actor, visit: int) -> None:
    """Signing locks."""
    actions.sign_visit(by=actor, at=timezone.now(), visit_id=visit)


@act
def found(request: HttpRequest, actor: Actor, visit: int) -> None:
    """A needle that was found after closing: a late entry."""
    at = timezone.now()
    pathway.needle_responded(by=actor, at=at, visit_id=visit, needle=found_from(request.POST, at=at))


@act
def addendum(request: HttpRequest, actor: Actor, visit: int) -> None:
    """A dated addition."""
    actions.add_addendum(
        by=actor, at=timezone.now(), visit_id=visit, client_id=client_id(request), text=request.POST.get("text", "")
    )


@act
def resolved(request: HttpRequest, actor: Actor, visit: int, incident: int) -> None:
    """An incident reviewed by somebody else."""
    resolution = request.POST.get("resolution", "")
    actions.resolve_incident(by=actor, at=timezone.now(), incident_id=incident, resolution=resolution)


def _signed_for(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """Needles that were opened and not found, signed for as the visit closes; none while nobody began to sign."""
    data = request.POST
    n = whole(data, "n_not_found", 0, 500)
    if not n or not any(data.get(name, "").strip() for name in ("where_looked", "witness_password")):
        return {}
    witness = second_signature(request, actor)
    return {"n_not_found": n, "where_looked": data.get("where_looked", ""), "witness": witness}


def _when(request: HttpRequest) -> datetime:
    """When the act happened: now, or earlier when a device sends it later."""
    return told_at(request.POST, timezone.now())


def _told(request: HttpRequest, actor: Actor, visit: int, number: int) -> dict[str, Any]:
    """What every command about one needle says: who, when, which visit and needle, and the device's own id of it."""
    return {
        "by": actor,
        "at": _when(request),
        "visit_id": visit,
        "client_id": client_id(request),
        "number": _number(request, actor, visit, number),
    }


def _number(request: HttpRequest, actor: Actor, visit: int, number: int) -> int:
    """The number in the address, or that of a needle which the device charted before it had one (`needle_id`)."""
    said = request.POST.get("needle_id", "")
    return number_meant(visit_for(actor, visit), number, said) if said else number
