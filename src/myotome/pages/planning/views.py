"""The plan page: sites by segment, the series in treatments and money, the patient's yes, and consent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.assessment.queries import examinations_for, last_belief
from myotome.clinic.booking.queries import services_of_kind
from myotome.clinic.followup.queries import last_forecast, open_course
from myotome.clinic.planning import actions
from myotome.clinic.planning.queries import cautions_from, consents_of, current_plan, last_style, sites_of
from myotome.clinic.screening.courses import course_for
from myotome.clinic.screening.facts import facts_of
from myotome.exchange.stricta.sessions import STYLES
from myotome.pages.access import for_roles
from myotome.pages.planning.proposal import proposals, site_choices
from myotome.pages.planning.texts import texts_of, texts_ticked
from myotome.pages.typed import whole_or_none
from myotome.science.needling.consents import NeededConsent, consents_needed
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound, StaleVersion
from myotome.vocabulary.needling import SiteKind, Style, TreatmentMode

plans = for_roles(Role.PRACTITIONER)
SERIES = (1, 2, 3, 4, 6, 8)
REVIEWS = (2, 3, 4)
OF_ACUPUNCTURE = frozenset(Style) - {Style.IMS, Style.TRIGGER_POINT}


@plans
def plan(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """The plan in force, or what it may be made of."""
    row = open_course(actor, course, at=timezone.now())
    return render(request, "planning/plan.html", _page(actor, row, request.GET))


@plans
@require_POST
def make(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """A new plan from the sites and the series that she chose."""
    data = request.POST
    try:
        mode = _mode(data)
        n_treatments = _whole(data, "n_treatments")
        service = _service(actor, mode, data)
        examination = examinations_for(actor, course_id=course).last()
        actions.make_plan(
            by=actor,
            at=timezone.now(),
            course_id=course,
            mode=mode,
            n_treatments=n_treatments,
            review_visits=actions.default_reviews(n_treatments, max(1, _whole(data, "review_every"))),
            interval_days=_whole(data, "interval_days"),
            price_cents_each=service.price_cents if service else 0,
            service_id=service.pk if service else None,
            sites=_chosen_sites(actor, course, data) if mode is TreatmentMode.IMS else [],
            examination_id=examination.pk if examination else None,
            rationale=data.get("rationale", ""),
            style=_style(data) if mode is TreatmentMode.ACUPUNCTURE else None,
            instead_of=_whole(data, "instead_of"),
        )
    except NotFound:
        raise
    except MyotomeError as error:
        context = _page(actor, course_for(actor, course), data) | {
            "error": error,
            "typed": data,
            "making": True,
            "is_stale": isinstance(error, StaleVersion),
        }
        return render(request, "planning/plan.html", context, status=error.http_status)
    return redirect("planning:plan", clinic=actor.clinic_slug, course=course)


@plans
@require_POST
def agree(request: HttpRequest, actor: Actor, course: int, plan: int) -> HttpResponse:
    """The patient's yes to what the page showed."""
    try:
        actions.agree_plan(by=actor, at=timezone.now(), plan_id=plan, version=_whole(request.POST, "version"))
    except StaleVersion as error:
        context = _page(actor, course_for(actor, course), request.GET) | {"error": error}
        return render(request, "planning/plan.html", context, status=error.http_status)
    messages.success(request, _("Her yes to the series is recorded."))
    return redirect("planning:plan", clinic=actor.clinic_slug, course=course)


@plans
@require_POST
def consent(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """Her yes to each versioned text that was read with her and is ticked."""
    row = course_for(actor, course)
    try:
        texts = texts_ticked(request.POST.getlist("yes"))
    except InvalidValue as error:
        context = _page(actor, row, request.POST) | {"error": error}
        return render(request, "planning/plan.html", context, status=error.http_status)
    actions.record_consents(by=actor, at=timezone.now(), course_id=course, texts=texts)
    messages.success(request, _("Her consent is recorded."))
    return redirect("planning:plan", clinic=actor.clinic_slug, course=course)


@plans
@require_POST
def withdraw(request: HttpRequest, actor: Actor, course: int, consent: int) -> HttpResponse:
    """The consent withdrawn."""
    actions.withdraw_consent(by=actor, at=timezone.now(), consent_id=consent, reason=request.POST.get("reason", ""))
    return redirect("planning:plan", clinic=actor.clinic_slug, course=course)


def _page(actor: Actor, course: Any, given: QueryDict) -> dict[str, Any]:
    course_id = course.pk
    mode = _mode(given)
    belief = last_belief(actor, course_id=course_id)
    known = [row for row in facts_of(actor, course.patient_id) if row.state == "present"]
    cautions = cautions_from(known)
    current = current_plan(actor, course_id=course_id, mode=mode.value)
    consents = consents_of(actor, course_id=course_id)
    in_force = {
        (row.kind, row.subject)
        for row in consents
        if row.withdrawn_at is None and (row.kind != "course" or row.text_id == mode.value)
    }
    sites = sites_of(current) if current else []
    making = current is None or "again" in given or "n_treatments" in given
    proposed = proposals(actor, course_id=course_id, belief=belief, cautions=cautions)
    services = services_of_kind(actor, mode.value) if making else []
    return {
        "course": course,
        "patient": course.patient,
        "cautions": cautions,
        "mode": mode.value,
        "plan": current,
        "sites": sites,
        "proposed": proposed,
        "making": making,
        "services": services,
        "service_chosen": given.get("service") or _usual(services, current),
        "price_cents": services[0].price_cents if len(services) == 1 else 0,
        "total_cents": current.price_cents_each * current.n_treatments if current else 0,
        "series": SERIES,
        "reviews": REVIEWS,
        "n_chosen": given.get("n_treatments") or str(actions.FIRST_REVIEW_VISIT),
        "review_chosen": given.get("review_every") or str(actions.FIRST_REVIEW_VISIT),
        "interval_chosen": given.get("interval_days") or "7",
        "ticked": given.getlist("site") if "n_treatments" in given else [p.key for p in proposed if p.is_chosen],
        "forecast": last_forecast(actor, course_id=course_id),
        "consents": consents,
        "texts": texts_of(_asked(known, sites, proposed, in_force), mode.value, course.patient.language),
        "typed": {},
    } | (_styles(actor, given) if mode is TreatmentMode.ACUPUNCTURE else {})


def _usual(services: list[Any], current: Any) -> str:
    """The service that stands chosen: that of the plan in force while it is offered, else the clinic's first."""
    offered = [str(row.pk) for row in services]
    now = str(current.service_id) if current else ""
    return now if now in offered else next(iter(offered), "")


def _service(actor: Actor, mode: TreatmentMode, data: QueryDict) -> Any:
    """The service that was chosen; the only one where there is no choice, None where the clinic offers none.

    Raises:
        InvalidValue: it is none of those that are offered.
    """
    services = services_of_kind(actor, mode.value)
    if len(services) < 2 and not data.get("service"):
        return next(iter(services), None)
    chosen = next((row for row in services if str(row.pk) == data.get("service")), None)
    if chosen is None:
        raise InvalidValue("Please choose one of the treatments that are offered.", field="service")
    return chosen


def _styles(actor: Actor, given: QueryDict) -> dict[str, Any]:
    """Styles to choose from, and the one that stands: as typed, else that of her last acupuncture plan."""
    chosen = given.get("style", "") if "n_treatments" in given else last_style(actor)
    return {"styles": [(one.value, words) for one, words in STYLES.items() if one in OF_ACUPUNCTURE], "style": chosen}


def _style(data: QueryDict) -> Style | None:
    text = data.get("style", "")
    if text and text not in set(Style):
        raise InvalidValue("Please choose a style of the list.", field="style")
    return Style(text) if text else None


def _chosen_sites(actor: Actor, course_id: int, data: QueryDict) -> list[actions.SiteChoice]:
    known = proposals(actor, course_id=course_id, belief=last_belief(actor, course_id=course_id), cautions=())
    return site_choices(data.getlist("site"), known)


def _asked(
    known: list[Any], sites: list[Any], proposed: list[Any], in_force: set[tuple[str, str]]
) -> list[NeededConsent]:
    """What is not agreed to yet: the course, and each hazard region of the planned sites, else of the proposed ones."""
    facts = [row.code for row in known]
    keys = [(row.site_kind, row.site, row.level) for row in sites]
    keys = keys or [tuple(row.key.split(":")[:3]) for row in proposed]
    needed = [NeededConsent("course")]
    for kind, site, level in keys:
        needed += consents_needed(site_kind=SiteKind(kind), site=site, level=level or None, facts=facts)
    return [one for one in dict.fromkeys(needed) if (one.kind, one.subject) not in in_force]


def _mode(given: QueryDict) -> TreatmentMode:
    return TreatmentMode.ACUPUNCTURE if given.get("mode") == TreatmentMode.ACUPUNCTURE.value else TreatmentMode.IMS


def _whole(data: QueryDict, name: str) -> int:
    n = whole_or_none(data.get(name, ""))
    if n is None:
        raise InvalidValue("{name} is a whole number.", field=name, name=name.replace("_", " "))
    return n
