"""Acts of the day: taking back what was done a moment ago, and telling the next three that we run late. And her mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from myotome.clinic.booking.late import next_today, take_back_late, tell_now, tell_running_late, waiting
from myotome.clinic.booking.queries import practitioner_of
from myotome.clinic.booking.undo import open_acts, undo
from myotome.clinic.booking.wishes import choice_of, choose_mail, patient_of_mail_link
from myotome.clinic.followup.wishes import choose_questions, wants_later_questions
from myotome.clinic.people.queries import patient_by_link
from myotome.pages.access import by_link, for_roles
from myotome.pages.typed import whole
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import MyotomeError

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
DELAYS = (10, 15, 20, 30, 45)
LATE_ACTS = {
    "take-back": (take_back_late, gettext_lazy("Taken back, and not told: %(names)s")),
    "now": (tell_now, gettext_lazy("Told: %(names)s")),
}


@desk
def undoable(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What this person did in the last minutes and nobody has been told of."""
    return render(request, "booking/undo.html", {"acts": open_acts(actor, at=timezone.now())})


@desk
@require_POST
def take_back(request: HttpRequest, actor: Actor, act: int) -> HttpResponse:
    """One act taken back."""
    try:
        undo(by=actor, at=timezone.now(), act_id=act)
        messages.success(request, _("Taken back. Nobody was told."))
    except MyotomeError as error:
        if error.http_status in {403, 404} and error.slug == "not-found":
            raise
        messages.error(request, error.message)
    return redirect("booking:undoable", clinic=actor.clinic_slug)


@desk
def late(request: HttpRequest, actor: Actor, practitioner: int) -> HttpResponse:
    """Who would be told; after the tap who will be, and until when it can be taken back or told at once."""
    who = practitioner_of(actor, practitioner)
    at = timezone.now()
    if request.method == "POST":
        try:
            _late_act(request, actor, who.pk, at)
        except MyotomeError as error:
            messages.error(request, error.message)
        return redirect("booking:late", clinic=actor.clinic_slug, practitioner=who.pk)
    context = {
        "practitioner": who,
        "next": next_today(actor, who.pk, at=at),
        "waiting": waiting(actor, who.pk, at=at),
        "delays": DELAYS,
    }
    return render(request, "booking/late.html", context)


def _late_act(request: HttpRequest, actor: Actor, practitioner: int, at: datetime) -> None:
    """What was tapped, done and said."""
    act = request.POST.get("act", "")
    if act in LATE_ACTS:
        do, said = LATE_ACTS[act]
        rows = do(by=actor, at=at, practitioner_id=practitioner)
    else:
        minutes = whole(request.POST.get("minutes", ""), "minutes")
        rows = tell_running_late(by=actor, at=at, practitioner_id=practitioner, minutes=minutes)
        said = gettext_lazy("Will be told: %(names)s")
    if not rows and act in LATE_ACTS:
        messages.success(request, _("Nothing waits any more: they have been told."))
    elif rows:
        messages.success(request, said % {"names": ", ".join(row.patient.name for row in rows)})
    else:
        messages.success(request, _("Nobody was left to tell."))


@by_link
def mail(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """What she wants to be sent."""
    patient = patient_of_mail_link(request.clinic, token)
    here = reverse("booking:mail", kwargs={"clinic": actor.clinic_slug, "token": token})
    return mail_page(request, patient_by_link(patient, request.clinic), patient, here=here)


def mail_page(request: HttpRequest, her: Actor, patient: Any, *, here: str) -> HttpResponse:
    """The page on which she chooses, at the address `here`: under her link, or with her account."""
    if request.method == "POST":
        ticked = request.POST.getlist("send")
        now = timezone.now()
        choose_mail(
            by=her,
            at=now,
            patient=patient,
            reminders="reminders" in ticked,
            offers="offers" in ticked,
            by_sms="sms" in ticked,
        )
        choose_questions(by=her, at=now, patient=patient, later="questions" in ticked)
        messages.success(request, _("Saved."))
        return redirect(here)
    asked = wants_later_questions(patient)
    context = {"choice": choice_of(patient), "asked_later": asked, "patient": patient}
    return render(request, "booking/mail.html", context)
