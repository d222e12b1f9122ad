"""The check a day later asked by telephone: where no link could go out, or where nobody answered it.

The desk and the practitioner phone. Whom to phone is identity and visit, nothing of the chart; what she says is kept as
her answers, with the name of who asked, and what cannot wait opens its incident as by the link. Nobody reads here what she
has answered by the link before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from myotome.clinic.needling.aftercare import answer_check, finish_check
from myotome.clinic.needling.check_notices import WAYS
from myotome.clinic.needling.locks import note_in_audit
from myotome.clinic.needling.models import AfterCheck
from myotome.clinic.people.outgoing import is_not_known
from myotome.knowledge.aftercare import after_check
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue, NotFound

ON_ITS_WAY = timedelta(hours=1)
"""So long after it is due a link that has not gone out yet may still be waiting for its worker."""
MOST_SHOWN = 20


def checks_to_phone(actor: Actor, *, at: datetime) -> list[AfterCheck]:
    """Checks that were due and for which no link could go out, the oldest first, at most twenty."""
    rows = checks_mailed(actor).filter(
        completed_at__isnull=True, opened_at__isnull=True, mail_at__isnull=True, sms_at__isnull=True,
        due_at__lte=at - ON_ITS_WAY, expires_at__gt=at,
    )  # fmt: skip
    return list(rows.order_by("due_at")[:MOST_SHOWN])


def check_to_ask(actor: Actor, visit_id: int, *, at: datetime) -> AfterCheck:
    """The check of a visit, as soon as it is due; answered or not.

    Raises:
        NotFound: there is none, it is not due yet, or a practitioner has not this patient in her care.
    """
    check = checks_mailed(actor).filter(visit_id=visit_id, due_at__lte=at).first()
    if check is None:
        raise NotFound("There is nothing to ask about this visit.")
    return check


def checks_mailed(actor: Actor) -> QuerySet[AfterCheck]:
    """The desk phones anybody of the clinic, a practitioner those in her care."""
    rows = AfterCheck.objects.for_desk(actor)
    return rows.select_related("visit__course__patient", "visit__course__clinic", "visit__practitioner")


def check_not_heard_of(at: datetime) -> Q:
    """Checks whose link a worker died with, and which reached her in no other way."""
    waits = Q(completed_at__isnull=True, opened_at__isnull=True, expires_at__gt=at)
    went = [Q(**{f"{way.sent}__isnull": False, f"{way.going}__isnull": True}) for way in WAYS.values()]
    died = [is_not_known(at, way) for way in WAYS.values()]
    return waits & (died[0] | died[1]) & ~went[0] & ~went[1]


@transaction.atomic
def answered_by_telephone(*, by: Actor, at: datetime, visit_id: int, answers: Mapping[str, str]) -> AfterCheck:
    """What she said on the telephone (question to choice), sent at once; the same form again changes nothing.

    A question without an answer was not said: known by the link if it was answered there, else not known and never "no".

    Raises:
        InvalidValue: nothing was answered, or something that is no answer.
        VisitLocked: she, or a colleague, has sent the answers already.
    """
    check = check_to_ask(by, visit_id, at=at)
    if check.completed_at is not None and check.asked_by == by.name:
        return check
    if not any(answers.values()):
        raise InvalidValue("Mark at least one answer. What she does not say stays unknown.", field="answers")
    known = set(check.answers.filter(replaced_at__isnull=True).values_list("question", flat=True))
    for question in after_check().questions:
        choice = answers.get(question.code, "")
        if choice or question.code not in known:
            answer_check(by=by, at=at, check=check, question=question.code, choice=choice)
    finish_check(by=by, at=at, check=check)
    check.asked_by = by.name
    check.save(update_fields=["asked_by"])
    note_in_audit(by, at, "check.asked_by_telephone", check.visit)
    return check
