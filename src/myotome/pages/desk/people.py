"""People at the desk: found, created, corrected, joined and parted. Nothing of anybody's health."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.booking.own_records import herself_likely, own_record_of, part_own_record, tie_own_record
from myotome.clinic.booking.queries import appointments_of
from myotome.clinic.booking.wishes import choice_of, choice_seen, note_choice
from myotome.clinic.pathway.actions import patients_joined, patients_parted
from myotome.clinic.people import actions
from myotome.clinic.people.merging import likely_duplicates, merges_of
from myotome.clinic.people.queries import find_patients, patient_for, practitioners_for
from myotome.clinic.screening.phone import newest_intake
from myotome.pages.access import for_roles
from myotome.pages.typed import whole, whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, MyotomeError, StaleVersion

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
FIELDS = ("given_name", "family_name", "born_on", "phone", "email", "note_for_desk")


@desk
def find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """People by name, birth date or telephone number."""
    text = request.GET.get("q", "")[:120].replace("\x00", "")
    return render(request, "desk/find.html", {"q": text, "patients": find_patients(actor, text)})


@desk
def new_patient(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Somebody new: name, birth date, a way to reach her; an e-mail is not needed and may be shared."""
    context: dict[str, Any] = {"typed": request.POST or {"family_name": request.GET.get("q", "")}}
    if request.method == "POST":
        try:
            person = actions.create_patient(by=actor, at=timezone.now(), **_typed(request))
            return redirect("desk:patient", clinic=actor.clinic_slug, patient=person.pk)
        except MyotomeError as error:
            context["error"] = error
            return render(request, "desk/new_patient.html", context, status=error.http_status)
    return render(request, "desk/new_patient.html", context)


@desk
def patient(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """Who she is, her visits, and records that may be hers too."""
    return render(request, "desk/patient.html", _page(actor, patient))


@desk
@require_POST
def correct(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """Identity and contacts corrected; two who correct at once are shown both versions."""
    version = request.POST.get("version", "")
    try:
        actions.correct_patient(
            by=actor,
            at=timezone.now(),
            patient_id=patient,
            version=whole_or_none(version) or 0,
            **_typed(request),
        )
    except (InvalidValue, StaleVersion) as error:
        context = _page(actor, patient) | {"error": error, "typed": request.POST}
        return render(request, "desk/patient.html", context, status=error.http_status)
    messages.success(request, _("Saved."))
    return redirect("desk:patient", clinic=actor.clinic_slug, patient=patient)


@desk
@require_POST
def merge(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """Another record joined to this one."""
    other = request.POST.get("other", "")
    try:
        patients_joined(by=actor, at=timezone.now(), keep_id=patient, merge_id=whole_or_none(other) or 0)
        messages.success(request, _("Joined. You can part them again below."))
    except (AlreadyBooked, InvalidValue) as error:
        return render(request, "desk/patient.html", _page(actor, patient) | {"error": error}, status=error.http_status)
    return redirect("desk:patient", clinic=actor.clinic_slug, patient=patient)


@desk
@require_POST
def unmerge(request: HttpRequest, actor: Actor, merge: int) -> HttpResponse:
    """Two records parted again."""
    row = patients_parted(by=actor, at=timezone.now(), merge_id=merge)
    return redirect("desk:patient", clinic=actor.clinic_slug, patient=row.kept_id)


@desk
@require_POST
def treats_here(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """She said to be one of the practitioners, or not to be."""
    now, who = timezone.now(), request.POST.get("practitioner", "")
    try:
        if request.POST.get("is_she") == "no":
            part_own_record(by=actor, at=now, patient_id=patient)
        else:
            tie_own_record(by=actor, at=now, patient_id=patient, practitioner_id=whole(who, "practitioner"))
        messages.success(request, _("Saved."))
    except (AlreadyBooked, InvalidValue) as error:
        context = _page(actor, patient) | {"tie_error": error, "herself": whole_or_none(who)}
        return render(request, "desk/patient.html", context, status=error.http_status)
    return redirect("desk:patient", clinic=actor.clinic_slug, patient=patient)


@desk
@require_POST
def what_we_send(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """Her choice of reminders and short messages, as she told the desk."""
    ticked = request.POST.getlist("send")
    try:
        note_choice(
            by=actor,
            at=timezone.now(),
            patient_id=patient,
            reminders="reminders" in ticked,
            offers="offers" in ticked,
            by_sms="sms" in ticked,
            said=request.POST.get("said", ""),
            seen=request.POST.get("seen", ""),
        )
    except (InvalidValue, StaleVersion) as error:
        context = _page(actor, patient) | {"send_error": error, "said": request.POST.get("said", "")}
        if not isinstance(error, StaleVersion):
            context["ticked"] = ticked
        return render(request, "desk/patient.html", context, status=error.http_status)
    messages.success(request, _("Saved."))
    return redirect("desk:patient", clinic=actor.clinic_slug, patient=patient)


def _page(actor: Actor, pk: int) -> dict[str, Any]:
    person = patient_for(actor, pk)
    own = own_record_of(actor, pk)
    likely = None if own else herself_likely(actor, person)
    wish = choice_of(person)
    on = {"reminders": not wish.no_reminders, "offers": not wish.no_offers, "sms": wish.by_sms}
    return {
        "own": own,
        "wish": wish,
        "seen": choice_seen(wish),
        "ticked": [name for name, is_on in on.items() if is_on],
        "likely": likely,
        "herself": likely.pk if likely else None,
        "practitioners": list(practitioners_for(actor)),
        "patient": person,
        "appointments": list(appointments_of(actor, pk)[:20]),
        "duplicates": likely_duplicates(actor, person),
        "merges": merges_of(actor, pk),
        "intake": newest_intake(actor, patient_id=pk),
        "typed": {},
        "is_practitioner": actor.holds(Role.PRACTITIONER),
    }


def _typed(request: HttpRequest) -> dict[str, Any]:
    values: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in FIELDS}
    try:
        values["born_on"] = date.fromisoformat(values["born_on"])
    except ValueError as fault:
        raise InvalidValue(
            "Please give the birth date as year, month, day, for example 1968-03-12.", field="born_on"
        ) from fault
    return values
