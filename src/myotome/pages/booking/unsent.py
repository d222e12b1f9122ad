"""Messages that did not go out: whom to phone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.booking.notices import word_of
from myotome.clinic.booking.unsent import told_by_phone, try_again, unsent
from myotome.clinic.pathway.unsent import letter_settled, letters_unsent
from myotome.pages.access import for_roles
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)


@desk
def unsent_messages(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who was not told of what, with her telephone number."""
    now = timezone.now()
    rows = [{"notice": row, "word": word_of(row)} for row in unsent(actor, at=now)]
    return render(request, "booking/unsent.html", {"rows": rows, "letters": letters_unsent(actor, at=now)})


@desk
@require_POST
def settle(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """She was phoned about this visit, or what was to be said of it is tried again."""
    if request.POST.get("how") == "phoned":
        told_by_phone(by=actor, at=timezone.now(), appointment_id=appointment)
        messages.success(request, _("Noted. The message is not sent any more."))
    else:
        try_again(by=actor, at=timezone.now(), appointment_id=appointment)
        messages.success(request, _("It is being sent again. If it fails, it comes back here."))
    return redirect("booking:unsent", clinic=actor.clinic_slug)


@desk
@require_POST
def settle_letter(request: HttpRequest, actor: Actor, letter: str, number: int) -> HttpResponse:
    """As `settle`, of a letter beside those of a visit; to an offer she may say yes or no on the telephone."""
    how = request.POST.get("how", "")
    try:
        is_settled = letter_settled(by=actor, at=timezone.now(), kind=letter, pk=number, how=how)
    except (AlreadyBooked, InvalidValue) as error:
        messages.error(request, error.message)
    else:
        said = {"again": _("It is being sent again. If it fails, it comes back here."), "yes": _("Booked.")}
        phoned = _("Noted. The message is not sent any more.")
        messages.success(request, said.get(how, phoned) if is_settled else _("It was settled already."))
    return redirect("booking:unsent", clinic=actor.clinic_slug)
