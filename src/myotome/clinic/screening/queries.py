"""Reading an intake: what its safety answers amount to, whether it may go on to booking, the practitioner's summary."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.people.models import Patient
from myotome.clinic.screening.models import Intake, RedFlagAnswer
from myotome.knowledge.screening import Content, RedFlag, Step, content
from myotome.science.screening.contradictions import Contradiction, contradictions
from myotome.science.screening.levels import HEIGHT, highest, questions_for, standing_level, unanswered
from myotome.science.screening.reading import regions_of
from myotome.science.screening.stated import place_words
from myotome.science.screening.suitability import Suitability, quote, suitability
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel, SafetyAnswer
from myotome.vocabulary.errors import BookingStopped, InvalidValue, MyotomeError


@dataclass(frozen=True, kw_only=True, slots=True)
class RaisedFlag:
    """One safety question with all answers given to it, oldest first, and what it counts now."""

    code: str
    question: str
    why: str
    level: RedFlagLevel
    answers: tuple[RedFlagAnswer, ...]
    same_day: bool
    sources: tuple[str, ...]

    @property
    def was_corrected(self) -> bool:
        """True when a later answer differs from the first."""
        return len({row.answer for row in self.answers}) > 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Safety:
    """All safety answers of one intake: what stands, what is still open."""

    level: RedFlagLevel
    current: dict[str, SafetyAnswer]
    asked: tuple[RedFlag, ...]
    open: tuple[RedFlag, ...]
    raised: tuple[RaisedFlag, ...]

    @property
    def is_complete(self) -> bool:
        """True when places are named and every question of theirs is answered."""
        return bool(self.asked) and not self.open

    @property
    def same_day(self) -> bool:
        """True when one raised question says: see a doctor today."""
        return any(flag.same_day for flag in self.raised)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerInWords:
    """An answer in the words it was given in; `label` says which, where a screen asks more than one thing."""

    name: str
    label: str
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What the practitioner reads before the first assessment."""

    intake: Intake
    patient: Patient | None
    places: str
    safety: Safety
    suitability: Suitability
    again: tuple[Contradiction, ...]
    answers: tuple[tuple[Step, tuple[AnswerInWords, ...]], ...]
    content: Content


def safety_of(intake: Intake) -> Safety:
    """What the safety answers of an intake amount to, by the levels that were stored with each."""
    rows: dict[str, list[RedFlagAnswer]] = defaultdict(list)
    for row in RedFlagAnswer.objects.filter(intake=intake).order_by("pk"):
        rows[row.code].append(row)
    now = content()
    regions = regions_of(intake.answers.get("regions") or [])
    current = {code: SafetyAnswer(given[-1].answer) for code, given in rows.items()}
    raised = [_raised(code, given, now) for code, given in rows.items()]
    return Safety(
        level=highest(flag.level for flag in raised),
        current=current,
        asked=questions_for(regions, now.flags),
        open=unanswered(current, regions, now.flags),
        raised=tuple(
            sorted((flag for flag in raised if flag.level is not RedFlagLevel.NONE), key=lambda f: -HEIGHT[f.level])
        ),
    )


def _raised(code: str, given: list[RedFlagAnswer], now: Content) -> RaisedFlag:
    flag = now.flag(code)
    return RaisedFlag(
        code=code,
        question=flag.question if flag else code,
        why=flag.why if flag else "",
        level=standing_level([RedFlagLevel(row.level) for row in given]),
        answers=tuple(given),
        same_day=flag.same_day if flag else False,
        sources=flag.sources if flag else (),
    )


def contradictions_of(intake: Intake, *, at: datetime) -> tuple[Contradiction, ...]:
    """Answers of the intake that cannot both be true, by the clinic's day."""
    today = at.astimezone(ZoneInfo(intake.clinic.time_zone)).date()
    return contradictions(intake.answers, content=content(), today=today)


def check_can_book(intake: Intake, *, at: datetime) -> None:
    """Raises unless the intake may go on to a time.

    Raises:
        BookingStopped: an emergency answer stands.
        InvalidValue: safety questions are open (field `safety`), or answers contradict each other (field of the first).
    """
    safety = safety_of(intake)
    if safety.level is RedFlagLevel.EMERGENCY:
        raise BookingStopped("One of your answers cannot wait for an appointment. Please read the page about it.")
    if not safety.is_complete:
        raise InvalidValue("Please answer the safety questions first.", field="safety")
    for one in contradictions_of(intake, at=at):
        raise InvalidValue(one.sentence, field=one.fields[0])


def can_book(intake: Intake, *, at: datetime) -> bool:
    """True when `check_can_book` passes."""
    try:
        check_can_book(intake, at=at)
    except MyotomeError:
        return False
    return True


def answers_in_words(intake: Intake, *, content: Content) -> tuple[tuple[Step, tuple[AnswerInWords, ...]], ...]:
    """Every screen in order, safety apart, with what was answered on it; nothing where nothing was."""
    return tuple((step, _given(intake, step, content)) for step in content.steps if step.code != "safety")


def _given(intake: Intake, step: Step, content: Content) -> tuple[AnswerInWords, ...]:
    found = []
    for f in step.fields:
        given = intake.answers.get(f.name)
        if given is None:
            continue
        words = place_words(given, content=content) if f.kind == "regions" else quote(content, f.name, given)
        found.append(AnswerInWords(name=f.name, label=f.label if len(step.fields) > 1 else "", answer=words))
    return tuple(found)


@transaction.atomic
def summary_of(actor: Actor, intake_id: int, *, at: datetime) -> Summary:
    """The intake as the practitioner reads it; the reading is audited.

    Raises:
        NotFound: there is none that she may see.
    """
    rows = Intake.objects.for_actor(actor).select_related("patient", "clinic")
    intake: Any = rows.get_or_not_found(pk=intake_id)
    record(by=actor, at=at, act="chart.read", subject=intake, patient_id=intake.patient_id)
    now = content()
    return Summary(
        intake=intake,
        patient=intake.patient,
        places=place_words(intake.answers.get("regions") or [], content=now),
        safety=safety_of(intake),
        suitability=suitability(intake.answers, content=now),
        again=contradictions_of(intake, at=at),
        answers=answers_in_words(intake, content=now),
        content=now,
    )
