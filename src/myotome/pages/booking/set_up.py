"""What the clinic is to its diary, on one plain page for the owner: places, rooms, hours, days, services, rules.

Each part is a small form of its own that posts to `set-up/<what>/`; a wrong value comes back beside its form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from myotome.clinic.booking import set_up as acts
from myotome.clinic.booking.closing import left_behind, n_left_behind
from myotome.clinic.booking.credentials import HAZARD_REGIONS, add_credential, change_credential, credential_rows
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.overlapping import overlapping_hours
from myotome.clinic.booking.registrations import set_registration
from myotome.clinic.booking.services import add_service, change_service
from myotome.clinic.booking.set_up import day_rows, hours_rows
from myotome.knowledge.consents import place_of
from myotome.pages.access import for_roles
from myotome.pages.templatetags.set_up_parts import label_of
from myotome.pages.typed import a_clock, a_day, whole, whole_or_none
from myotome.science.booking.holidays import PROVINCE_NAMES
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound
from myotome.vocabulary.scheduling import Phase, ServiceKind

owner = for_roles(Role.OWNER)
Change = Callable[[Actor, QueryDict, Any], Any]
OF_A_ROW = {"service": "service", "credential": "credential", "registration": "practitioner"}
FIELDS = {"registration_body": "body", "registration_number": "number"}
"""What a row calls a thing, as the form calls it."""
NEW_SERVICE = {"price_cents": 0, "buffer_minutes": 0, "turnover_minutes": 0, "most_resting": 3, "room_kind": "any"}
"""What stands in the form of a service that is added."""


@owner
def set_up(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everything that has been described, and the forms to change it."""
    return render(request, "booking/set_up.html", _page(actor))


@owner
@require_POST
def change(request: HttpRequest, actor: Actor, what: str) -> HttpResponse:
    """One change."""
    if what not in CHANGES:
        raise NotFound("There is nothing here that you can see.")
    try:
        done = CHANGES[what](actor, request.POST, timezone.now())
    except NotFound:
        raise
    except MyotomeError as error:
        error.field = FIELDS.get(error.field or "", error.field)
        context = _page(actor) | {
            "error": error,
            "refused": _part(what, request.POST),
            "wrong_label": label_of(error.field or ""),
            "typed": request.POST,
        }
        return render(request, "booking/set_up.html", context, status=error.http_status)
    messages.success(request, _("Saved."))
    if what == "registration" and not done.registration_number:
        said = _("Receipts of %(name)s carry no registration number from now on; an insurer may not pay on them.")
        messages.warning(request, said % {"name": done.name})
    if what == "add-service":
        said = _("%(name)s is exempt from tax until its tax is set under Money, Prices and tax.")
        messages.info(request, said % {"name": done.name})
    if what in {"add-day", "add-holidays"} and (n := n_left_behind(actor, at=timezone.now())):
        said = ngettext("{n} visit stands on a closed day.", "{n} visits stand on closed days.", n).format(n=n)
        messages.warning(request, said)
    return redirect("booking:set_up", clinic=actor.clinic_slug)


def _part(what: str, given: QueryDict) -> str:
    """The part of the page that a form stands in: "rules", or "service-12" where each row has its own."""
    name = OF_A_ROW.get(what)
    return f"{what}-{given.get(name, '')}" if name else what


def _page(actor: Actor) -> dict[str, Any]:
    known, kinds = set_up_of(actor.clinic_id), _service_kinds()
    return {
        "places": list(known.places.values()),
        "rooms": known.rooms,
        "practitioners": [row for row in known.practitioners.values() if row.is_active],
        "hours": hours_rows(actor),
        "overlapping": overlapping_hours(actor.clinic_id, today=timezone.localdate()),
        "days": day_rows(actor, today=timezone.localdate()),
        "services": [
            _written(row, kinds) for row in sorted(known.services.values(), key=lambda row: not row.is_active)
        ],
        "service_kinds": kinds.items(),
        "new_service": NEW_SERVICE,
        "credentials": credential_rows(actor),
        "hazard_regions": [(region, place_of(region)) for region in HAZARD_REGIONS],
        "today": timezone.localdate(),
        "n_left": n_left_behind(actor, at=timezone.now()),
        "left": left_behind(actor, at=timezone.now()),
        "may_move": True,
        "rules": known.rules,
        "rules_version": known.rules.version if known.rules.pk else 0,
        "kinds": acts.ROOM_KINDS,
        "provinces": PROVINCE_NAMES.items(),
        "year": timezone.localdate().year,
        "weekdays": list(enumerate((_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")))),
    }


def _service_kinds() -> dict[str, str]:
    """What a visit is clinically, in words."""
    return {
        ServiceKind.ASSESSMENT_IMS.value: _("IMS assessment"),
        ServiceKind.ASSESSMENT_ACUPUNCTURE.value: _("Acupuncture assessment"),
        ServiceKind.IMS.value: _("IMS"),
        ServiceKind.ACUPUNCTURE.value: _("Acupuncture"),
    }


def _written(service: Any, kinds: dict[str, str]) -> tuple[Any, str, str, str, str]:
    """(service, its part of the page, its kind in words, its phases and its equipment as they are written into a field)."""
    phases = ", ".join(f"{phase.minutes} {_who(phase)}" for phase in service.phases.all())
    return service, f"service-{service.pk}", kinds[service.kind], phases, ", ".join(service.equipment)


def _who(phase: Any) -> str:
    if phase.occupies_practitioner:
        return "both" if phase.occupies_room else "practitioner"
    return "room" if phase.occupies_room else "patient"


def _add_place(actor: Actor, given: QueryDict, at: Any) -> None:
    acts.add_place(
        by=actor,
        at=at,
        name=given.get("name", ""),
        time_zone=given.get("time_zone", ""),
        address=given.get("address", ""),
    )


def _add_room(actor: Actor, given: QueryDict, at: Any) -> None:
    acts.add_room(
        by=actor,
        at=at,
        place_id=whole(given.get("place", ""), "place"),
        name=given.get("name", ""),
        kind=given.get("kind", ""),
        equipment=given.get("equipment", "").split(","),
    )


def _switch_room(actor: Actor, given: QueryDict, at: Any) -> None:
    room_id = whole(given.get("room", ""), "room")
    acts.open_or_close_room(by=actor, at=at, room_id=room_id, is_active=given.get("is_active") == "yes")


def _add_hours(actor: Actor, given: QueryDict, at: Any) -> None:
    acts.add_hours(
        by=actor,
        at=at,
        practitioner_id=whole(given.get("practitioner", ""), "practitioner"),
        place_id=whole(given.get("place", ""), "place"),
        weekdays=[whole(day, "weekdays") for day in given.getlist("weekday")],
        starts=a_clock(given.get("starts", ""), "starts"),
        ends=a_clock(given.get("ends", ""), "ends"),
        valid_from=a_day(given["valid_from"], "valid_from") if given.get("valid_from") else None,
        valid_until=a_day(given["valid_until"], "valid_until") if given.get("valid_until") else None,
    )


def _add_day(actor: Actor, given: QueryDict, at: Any) -> None:
    is_open = bool(given.get("starts") or given.get("ends"))
    acts.add_day(
        by=actor,
        at=at,
        on=a_day(given.get("on", ""), "on"),
        reason=given.get("reason", ""),
        practitioner_id=whole_or_none(given.get("practitioner", "")),
        place_id=whole_or_none(given.get("place", "")),
        starts=a_clock(given.get("starts", ""), "starts") if is_open else None,
        ends=a_clock(given.get("ends", ""), "ends") if is_open else None,
    )


def _add_service(actor: Actor, given: QueryDict, at: Any) -> Any:
    return add_service(by=actor, at=at, kind=given.get("kind", ""), **_of_service(given))


def _change_service(actor: Actor, given: QueryDict, at: Any) -> None:
    change_service(
        by=actor,
        at=at,
        service_id=whole(given.get("service", ""), "service"),
        version=whole(given.get("version", ""), "version"),
        is_active=given.get("is_active") == "yes",
        **_of_service(given),
    )


def _of_service(given: QueryDict) -> dict[str, Any]:
    """What the form says of a service, new or not."""
    numbers = ("price_cents", "buffer_minutes", "turnover_minutes", "most_resting")
    return {
        "phases": _phases(given.get("phases", "")),
        "name": given.get("name", ""),
        "room_kind": given.get("room_kind", ""),
        "equipment": given.get("equipment", "").split(","),
        "credential": given.get("credential", "").strip(),
        "new_patients_may_book": given.get("new_patients_may_book") == "yes",
        "in_care_may_book": given.get("in_care_may_book") == "yes",
        **{name: whole(given.get(name, ""), name) for name in numbers},
    }


def _phases(text: str) -> list[Phase]:
    """Phases as they are written: `15 both, 20 room, 5 both`."""
    found = []
    for part in text.split(","):
        minutes, _space, who = part.strip().partition(" ")
        if who.strip() not in {"both", "room", "practitioner", "patient"}:
            raise InvalidValue("Write phases as minutes and who is there: 15 both, 20 room, 5 both.", field="phases")
        practitioner, room = who.strip() in {"both", "practitioner"}, who.strip() in {"both", "room"}
        found.append(Phase(whole(minutes, "phases"), practitioner, room))
    return found


def _add_credential(actor: Actor, given: QueryDict, at: Any) -> None:
    add_credential(
        by=actor,
        at=at,
        practitioner_id=whole(given.get("practitioner", ""), "practitioner"),
        body=given.get("body", ""),
        programme=given.get("programme", ""),
        treatment=given.get("treatment", ""),
        level=given.get("level", ""),
        issued_on=_day_or_none(given, "issued_on"),
        expires_on=_day_or_none(given, "expires_on"),
        hazard_regions=given.getlist("hazard_regions"),
    )


def _change_credential(actor: Actor, given: QueryDict, at: Any) -> None:
    change_credential(
        by=actor,
        at=at,
        credential_id=whole(given.get("credential", ""), "credential"),
        expires_on=_day_or_none(given, "expires_on"),
        hazard_regions=given.getlist("hazard_regions"),
    )


def _registration(actor: Actor, given: QueryDict, at: Any) -> Any:
    return set_registration(
        by=actor,
        at=at,
        practitioner_id=whole(given.get("practitioner", ""), "practitioner"),
        body=given.get("body", ""),
        number=given.get("number", ""),
    )


def _day_or_none(given: QueryDict, name: str) -> Any:
    return a_day(given[name], name) if given.get(name) else None


def _set_rules(actor: Actor, given: QueryDict, at: Any) -> None:
    numbers = ("undo_seconds", "hold_minutes", "offer_minutes", "offers_at_once", "reminder_hours", "cancel_hours")
    acts.set_rules(
        by=actor,
        at=at,
        version=whole(given.get("version", ""), "version"),
        quiet_from=a_clock(given.get("quiet_from", ""), "quiet_from"),
        quiet_until=a_clock(given.get("quiet_until", ""), "quiet_until"),
        no_show_fee_cents=whole(given.get("no_show_fee_cents", ""), "no_show_fee_cents"),
        **{name: whole(given.get(name, ""), name) for name in numbers},
    )


CHANGES: dict[str, Change] = {
    "add-place": _add_place,
    "add-room": _add_room,
    "switch-room": _switch_room,
    "add-hours": _add_hours,
    "remove-hours": lambda actor, given, at: acts.remove_hours(
        by=actor, at=at, hours_id=whole(given.get("hours", ""), "hours")
    ),
    "add-day": _add_day,
    "remove-day": lambda actor, given, at: acts.remove_day(by=actor, at=at, day_id=whole(given.get("day", ""), "day")),
    "add-holidays": lambda actor, given, at: acts.add_holidays(
        by=actor, at=at, year=whole(given.get("year", ""), "year"), province=given.get("province", "")
    ),
    "add-service": _add_service,
    "service": _change_service,
    "add-credential": _add_credential,
    "credential": _change_credential,
    "registration": _registration,
    "rules": _set_rules,
}
