"""Acts that come after the needles: events put on record and followed up, the second signature of a supervised visit."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from myotome.clinic.needling import actions
from myotome.clinic.needling.cosigning import waiting_for_cosignature
from myotome.pages.access import for_roles
from myotome.pages.needling.acts import act, client_id
from myotome.pages.needling.forms import whole
from myotome.pages.needling.kept import told_at
from myotome.pages.templatetags.needling import words
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, HowNow, Lasted, Relatedness, Role, Seriousness
from myotome.vocabulary.errors import InvalidValue

Word = TypeVar("Word", bound=StrEnum)
MOST_ONSET_MINUTES = 60 * 24 * 60
JUDGED = {"yes": True, "no": False}
"""What was ticked of a judgement; not ticked is not judged."""


@act
def adverse_event(request: HttpRequest, actor: Actor, visit: int) -> None:
    """Something was felt or went wrong."""
    told = event_from(request.POST)
    at = told_at(request.POST, timezone.now())
    actions.report_adverse_event(by=actor, at=at, visit_id=visit, client_id=client_id(request), **told)
    messages.success(request, _("On record: %(what)s.") % {"what": words(told["kind"]).lower()})


@act
def follow_up(request: HttpRequest, actor: Actor, visit: int, event: int) -> None:
    """How an event stands now."""
    how = _word(HowNow, request.POST.get("how", ""))
    if how is None:
        raise InvalidValue("Choose how it is now.", field="how")
    actions.follow_up_event(
        by=actor,
        at=timezone.now(),
        visit_id=visit,
        client_id=client_id(request),
        event_id=event,
        how=how,
        lasted=_word(Lasted, request.POST.get("lasted", "")),
        words=request.POST.get("words", ""),
    )


@act
def cosign(request: HttpRequest, actor: Actor, visit: int) -> None:
    """The supervisor's name beside that of the practitioner she supervises."""
    actions.cosign_visit(by=actor, at=timezone.now(), visit_id=visit, words=request.POST.get("words", ""))


@for_roles(Role.PRACTITIONER)
@require_safe
def to_sign(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Visits that wait for her name, and visits of hers that wait for another's."""
    rows = [row for row in waiting_for_cosignature(actor) if actor.practitioner_id in (row.cosigner_id, row.signer_id)]
    context = {
        "by_me": [row for row in rows if row.cosigner_id == actor.practitioner_id],
        "by_others": [row for row in rows if row.signer_id == actor.practitioner_id],
    }
    return render(request, "needling/to_sign.html", context)


def event_from(data: QueryDict) -> dict[str, Any]:
    """What the form says of an event.

    Raises:
        InvalidValue: not said what or how bad, or minutes that are no number.
    """
    kind, grade = _word(AdverseKind, data.get("kind", "")), _word(AdverseGrade, data.get("grade", ""))
    if kind is None or grade is None:
        raise InvalidValue("Say what happened and how bad it was.", field="kind")
    relatedness, lasted = _word(Relatedness, data.get("relatedness", "")), _word(Lasted, data.get("lasted", ""))
    return {
        "kind": kind,
        "grade": grade,
        "serious": _word(Seriousness, data.get("serious", "")),
        "relatedness": relatedness.value if relatedness else "",
        "number": whole(data, "number", 1, 500),
        "onset_minutes": whole(data, "onset_minutes", 0, MOST_ONSET_MINUTES),
        "lasted": lasted.value if lasted else "",
        "expected": JUDGED.get(data.get("expected", "")),
        "preventable": JUDGED.get(data.get("preventable", "")),
        "action_taken": data.get("action_taken", ""),
        "patient_told": bool(data.get("patient_told")),
        "reported_to": data.get("reported_to", ""),
        "learned": data.get("learned", ""),
    }


def _word(kind: type[Word], text: str) -> Word | None:
    return kind(text) if text in set(kind) else None
