"""Reading what comes after the needles: the check by its link and as it stands, adverse events, calls that wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from myotome.clinic.needling.models import AdverseEvent, AdverseFollowUp, AfterAnswer, AfterCheck, TreatmentVisit
from myotome.clinic.people.links import check_opens, link_token, row_of_link
from myotome.clinic.people.models import Clinic
from myotome.clinic.people.outgoing import LONGEST_SENDING
from myotome.knowledge.aftercare import NO, CheckQuestion, Choice, after_check
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Urgency
from myotome.vocabulary.sentences import Sentence

NOTED = ("how", "lasted", "words", "noted_at", "noted_by")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with her answer as it stands: `choice` is None while unanswered, and when it was skipped."""

    question: CheckQuestion
    choice: Choice | None
    is_answered: bool

    @property
    def is_skipped(self) -> bool:
        """True when she chose to say nothing."""
        return self.is_answered and self.choice is None


@dataclass(frozen=True, slots=True)
class CheckStory:
    """The check of a visit as its page says it.

    `state` is waiting (not due yet), not_sent, not_known (whether it was sent), unanswered, begun or answered; `told` are
    answers other than "no".
    """

    check: AfterCheck
    state: str
    told: tuple[Asked, ...]
    n_skipped: int

    @property
    def is_none(self) -> bool:
        """True when she answered every question and felt nothing of it."""
        return self.state == "answered" and not self.told and not self.n_skipped

    @property
    def can_be_phoned(self) -> bool:
        """True when she was to be asked by now and has not sent her answers."""
        return self.state in ("not_sent", "not_known", "unanswered", "begun")


def check_link(check: AfterCheck) -> str:
    """The token of the link to the check."""
    return link_token("check", check.pk, check.link_version)


def check_by_link(clinic: Clinic, token: str, *, at: datetime) -> AfterCheck:
    """The check of a link.

    Raises:
        NotFound: not a link of this clinic.
        LinkExpired: two weeks have passed, or it was replaced.
        TooManyAttempts: the birth date was wrong five times.
    """
    rows = AfterCheck.objects.filter(clinic=clinic)
    rows = rows.select_related("visit__course__patient", "visit__course__clinic", "visit__practitioner")
    row, version = row_of_link(rows, "check", token)
    run_out = Sentence("This link has run out. If you feel unwell, phone the clinic.")
    check_opens(row, version, ends_at=row.expires_at, at=at, run_out=run_out)
    return row


def asked_in(check: AfterCheck) -> list[Asked]:
    """The questions in order with her answers."""
    answered = {row.question: row for row in AfterAnswer.objects.filter(check_of=check, replaced_at__isnull=True)}
    return [
        Asked(one, one.choice(answered[one.code].choice) if one.code in answered else None, one.code in answered)
        for one in after_check().questions
    ]


def gravest(asked: list[Asked]) -> Urgency:
    """What her answers together ask for."""
    found = {one.choice.urgency for one in asked if one.choice is not None}
    return next((urgency for urgency in (Urgency.EMERGENCY, Urgency.TODAY) if urgency in found), Urgency.NONE)


def check_story(visit: TreatmentVisit, *, at: datetime) -> CheckStory | None:
    """The check of a visit as it stands; None when it has none."""
    check = AfterCheck.objects.filter(visit=visit).first()
    return story_of(check, at=at) if check is not None else None


def story_of(check: AfterCheck, *, at: datetime) -> CheckStory:
    """A check as its visit's page says it."""
    asked = asked_in(check) if check.opened_at or check.completed_at else []
    told = tuple(one for one in asked if one.choice is not None and one.choice.code != NO)
    return CheckStory(check, _state(check, asked, at), told, sum(one.is_skipped for one in asked))


def _state(check: AfterCheck, asked: list[Asked], at: datetime) -> str:
    if check.completed_at is not None:
        return "answered"
    if any(one.is_answered for one in asked):
        return "begun"
    sent = [(check.mail_at, check.mail_going_since), (check.sms_at, check.sms_going_since)]
    has_gone = check.opened_at is not None or any(sent_at and going is None for sent_at, going in sent)
    if not has_gone and any(going and going <= at - LONGEST_SENDING for _, going in sent):
        return "not_known"
    if check.mail_at or check.sms_at:
        return "unanswered"
    return "waiting" if check.due_at > at else "not_sent"


def check_due(actor: Actor, *, at: datetime) -> AfterCheck | None:
    """The patient's newest check that she can answer now, for her own page."""
    rows = AfterCheck.objects.for_actor(actor).filter(
        visit__course__patient_id=actor.patient_id, completed_at__isnull=True, due_at__lte=at, expires_at__gt=at
    )
    return rows.order_by("-due_at").first()


def events_of(visit: TreatmentVisit) -> list[AdverseEvent]:
    """What was felt or went wrong, oldest first, each with how it went on (`noted`, oldest first), in one query."""
    rows = visit.adverse_events.select_related("insertion")
    rows = rows.annotate(**{f"_{name}": F(f"follow_ups__{name}") for name in NOTED})
    found: dict[int, Any] = {}
    for row in rows.order_by("reported_at", "pk", "follow_ups__pk"):
        event = found.setdefault(row.pk, row)
        event.noted = [*getattr(event, "noted", []), *([_noted(row)] if row._how else [])]
    return list(found.values())


def _noted(row: Any) -> AdverseFollowUp:
    return AdverseFollowUp(
        clinic_id=row.clinic_id, event_id=row.pk, **{name: getattr(row, f"_{name}") for name in NOTED}
    )
