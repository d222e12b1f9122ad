"""Writing an intake, answer by answer: nothing is lost, nothing is doubled, no raised flag ever disappears.

Every act locks the intake's row, so that two tabs and two clicks come one after the other. Safety answers are only
ever added. Other answers may change until the intake has become a patient's; then they are part of her record, and
only what was left open can be added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from myotome.clinic.audit.actions import record
from myotome.clinic.screening.facts import note_stated
from myotome.clinic.screening.models import Intake, RedFlagAnswer
from myotome.clinic.screening.queries import safety_of
from myotome.knowledge.screening import Step, content
from myotome.science.screening.contradictions import contradictions
from myotome.science.screening.levels import HEIGHT, level_of_answer, standing_level
from myotome.science.screening.reading import reading, regions_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel, SafetyAnswer
from myotome.vocabulary.errors import InvalidValue, NotFound
from myotome.vocabulary.text import odd_character

SHORTEST_REASON, LONGEST_REASON = 3, 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """How saving one screen went. With `problems` (by field) or `other` (what another tab saved) nothing was saved."""

    intake: Intake
    problems: Mapping[str, str] = field(default_factory=dict)
    other: Mapping[str, Any] | None = None

    @property
    def is_saved(self) -> bool:
        """True when the answers are stored."""
        return not self.problems and self.other is None


@transaction.atomic
def begin_intake(
    *,
    by: Actor,
    at: datetime,
    channel: str = "online",
    language: str = "en",
    patient_id: int | None = None,
    instead_of: int | None = None,
) -> Intake:
    """A new, empty intake; `instead_of` names the one that was set aside, so that the audit shows it."""
    intake = Intake.objects.create(
        clinic_id=by.clinic_id,
        patient_id=patient_id,
        content_version=content().version,
        channel=channel,
        language=language,
        started_at=at,
    )
    record(
        by=by,
        at=at,
        act="intake.begun",
        subject=intake,
        patient_id=patient_id,
        channel=channel,
        **({"instead_of": instead_of} if instead_of else {}),
    )
    return intake


def digest_of(intake: Intake, step: Step) -> str:
    """What the stored answers of one screen look like: a form sends it back, so that a second tab is noticed."""
    stored = {f.name: intake.answers[f.name] for f in step.fields if f.name in intake.answers}
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()[:16]


def check_can_answer(intake: Intake, step: Step) -> None:
    """Raises InvalidValue once the answers of a screen are the clinic's; what was left open may be added until the
    course of care has begun."""
    is_open = not any(f.name in intake.answers for f in step.fields)
    if intake.submitted_at is not None and (not is_open or intake.courses.exists()):
        raise InvalidValue(
            "These answers are with the clinic. Please phone us to change them.", field=step.fields[0].name
        )


@transaction.atomic
def answer_step(
    *,
    by: Actor,
    at: datetime,
    intake_id: int,
    step_code: str,
    typed: Mapping[str, Sequence[str]],
    seen: str | None = None,
) -> Answered:
    """The screen's answers saved, or what is wrong with them, or what another tab has saved meanwhile.

    The same answers again change nothing. `seen` is the digest of the answers that the form showed.

    Raises:
        NotFound: there is no such screen or intake.
        InvalidValue: the answers already belong to a patient's record.
    """
    step = content().step(step_code)
    if step is None:
        raise NotFound("There is no such question.")
    intake = _locked(by, intake_id)
    found = reading(step, typed)
    if found.problems:
        return Answered(intake=intake, problems={k: p.sentence(content()) for k, p in found.problems.items()})
    names = {f.name for f in step.fields}
    stored = {name: value for name, value in intake.answers.items() if name in names}
    if stored == found.values:
        return Answered(intake=_at_step(intake, step))
    check_can_answer(intake, step)
    if seen is not None and stored and seen != digest_of(intake, step):
        return Answered(intake=intake, other=stored)
    merged = {name: value for name, value in intake.answers.items() if name not in names} | dict(found.values)
    if again := _again(merged, names, intake, at):
        return Answered(intake=intake, problems=again)
    intake.answers = merged
    intake.regions = sorted(region.value for region in regions_of(merged.get("regions") or []))
    _save(_at_step(intake, step), "answers", "regions", "step")
    record(by=by, at=at, act="intake.answered", subject=intake, patient_id=intake.patient_id, step=step.code)
    if intake.submitted_at is not None:
        note_stated(by=by, at=at, intake=intake)
    return Answered(intake=intake)


def carry_raised(*, by: Actor, at: datetime, before: Intake, intake: Intake) -> None:
    """Takes flags of an intake that nobody phoned about into the next one, with their dates and the words of who
    answered; whatever is answered now is a correction of them."""
    for flag in safety_of(before).raised:
        for row in flag.answers:
            RedFlagAnswer.objects.create(
                clinic_id=intake.clinic_id,
                intake=intake,
                code=row.code,
                answer=row.answer,
                level=row.level,
                answered_at=row.answered_at,
                answered_by=row.answered_by,
                reason=row.reason or f"from the questions of {before.started_at:%Y-%m-%d}",
            )
    intake.level = safety_of(intake).level.value
    _save(intake, "level")
    record(by=by, at=at, act="safety.carried", subject=intake, patient_id=intake.patient_id, level=intake.level)


@transaction.atomic
def answer_safety(
    *, by: Actor, at: datetime, intake_id: int, code: str, answer: SafetyAnswer, reason: str = ""
) -> Intake:
    """The safety answer added, and the intake's level as it stands after it.

    The same answer again changes nothing. An answer that would lower what this question counts is a correction: it
    needs a reason, keeps the answer before it, and takes the question at most one level down.

    Raises:
        NotFound: there is no such question.
        InvalidValue: not an answer, a correction without a reason (field `reason`), or an unstorable reason.
    """
    flag = content().flag(code)
    if flag is None:
        raise NotFound("There is no such question.")
    if answer is SafetyAnswer.NOT_ASKED:
        raise InvalidValue("Please answer with yes, no or not sure.", field="answer")
    intake = _locked(by, intake_id)
    before = list(RedFlagAnswer.objects.filter(intake=intake, code=code).order_by("pk"))
    if before and before[-1].answer == answer.value:
        return intake
    level = level_of_answer(flag.level, answer)
    standing = standing_level([RedFlagLevel(row.level) for row in before])
    is_correction = bool(before) and HEIGHT[level] < HEIGHT[standing]
    if is_correction:
        _check_reason(reason)
    row = RedFlagAnswer.objects.create(
        clinic_id=intake.clinic_id,
        intake=intake,
        code=code,
        answer=answer.value,
        level=level.value,
        answered_at=at,
        answered_by=by.name,
        reason=reason.strip() if is_correction else "",
    )
    before_level, now = RedFlagLevel(intake.level), safety_of(intake).level
    intake.level = now.value
    if HEIGHT[now] > HEIGHT[before_level]:
        intake.called_at = None  # the call was about the answers before this one
    _save(intake, "level", "called_at")
    record(
        by=by,
        at=at,
        act="safety.corrected" if is_correction else "safety.answered",
        subject=row,
        patient_id=intake.patient_id,
        code=code,
        level=intake.level,
    )
    return intake


def _check_reason(reason: str) -> None:
    if odd_character(reason):
        raise InvalidValue("The reason has a character that cannot be stored. Please delete it.", field="reason")
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise InvalidValue(
            "Please say in a few words, at most {longest_reason} characters, why the first answer was not right.",
            field="reason",
            longest_reason=LONGEST_REASON,
        )


def _again(merged: Mapping[str, Any], names: set[str], intake: Intake, at: datetime) -> dict[str, str]:
    """Contradictions that this screen alone can settle; those with other screens are saved and shown at the end."""
    today = at.astimezone(ZoneInfo(intake.clinic.time_zone)).date()
    found = contradictions(merged, content=content(), today=today)
    return {one.fields[0]: one.sentence for one in found if set(one.fields) <= names}


def _locked(by: Actor, intake_id: int) -> Intake:
    rows = Intake.objects.select_for_update(of=("self",)).select_related("clinic")
    intake = rows.filter(pk=intake_id, clinic_id=by.clinic_id).first()
    if intake is None:
        raise NotFound("There is nothing here that you can see.")
    return intake


def _at_step(intake: Intake, step: Step) -> Intake:
    intake.step = step.code
    return intake


def _save(intake: Intake, *fields: str) -> None:
    intake.version = F("version") + 1
    intake.save(update_fields=[*fields, "version"])
    intake.refresh_from_db(fields=["version"])
