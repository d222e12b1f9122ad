"""Safety questions asked by telephone or at the desk: saved all at once, so that a half-asked list never books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from myotome.clinic.people.queries import patient_for
from myotome.clinic.screening.actions import answer_safety, answer_step, begin_intake, carry_raised
from myotome.clinic.screening.intakes import give_intake_to
from myotome.clinic.screening.models import Intake
from myotome.knowledge.screening import content
from myotome.science.screening.levels import questions_for
from myotome.science.screening.reading import regions_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel, Role, SafetyAnswer
from myotome.vocabulary.errors import InvalidValue

CARRIED_DAYS = 30
"""A flag of the last month that nobody phoned about is not answered away by a second call. Source: judgement."""


@transaction.atomic
def answer_aloud(
    *,
    by: Actor,
    at: datetime,
    patient_id: int,
    regions: Sequence[str],
    answers: Mapping[str, str],
    channel: str = "phone",
) -> Intake:
    """A new intake of the patient with her places and every safety question of theirs answered.

    An emergency is kept with its level and is not given on to booking. Flags of an earlier intake that nobody phoned
    about come along: another answer now is a correction of them.

    Raises:
        InvalidValue: no place, or a question that was not answered (field: its code); nothing is saved then.
        NotFound: there is no such patient for the actor.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    patient = patient_for(by, patient_id)
    flags = questions_for(regions_of(regions), content().flags)
    if not flags:
        raise InvalidValue("Please choose where it hurts.", field="regions")
    given = {flag.code: _answer(flag.code, answers.get(flag.code, "")) for flag in flags}
    before = _not_phoned_about(patient_id, at)
    intake = begin_intake(
        by=by, at=at, channel=channel, language=getattr(patient, "language", "en"), patient_id=patient_id
    )
    saved = answer_step(by=by, at=at, intake_id=intake.pk, step_code="where", typed={"regions": list(regions)})
    if not saved.is_saved:
        raise InvalidValue(next(iter(saved.problems.values())), field="regions")
    if before is not None:
        carry_raised(by=by, at=at, before=before, intake=intake)
    for code, answer in given.items():
        intake = answer_safety(
            by=by, at=at, intake_id=intake.pk, code=code, answer=answer, reason="Asked again aloud, answered anew."
        )
    if intake.level != RedFlagLevel.EMERGENCY.value:
        give_intake_to(by=by, at=at, intake=intake, patient_id=patient_id)
    return intake


def _not_phoned_about(patient_id: int, at: datetime) -> Intake | None:
    """The newest intake of the last weeks with a raised flag that nobody has phoned about."""
    rows = Intake.objects.filter(patient_id=patient_id, called_at__isnull=True)
    recent = rows.filter(started_at__gte=at - timedelta(days=CARRIED_DAYS))
    return recent.exclude(level=RedFlagLevel.NONE.value).order_by("-started_at", "-pk").first()


def _answer(code: str, text: str) -> SafetyAnswer:
    try:
        answer = SafetyAnswer(text)
    except ValueError:
        answer = SafetyAnswer.NOT_ASKED
    if answer is SafetyAnswer.NOT_ASKED:
        raise InvalidValue("A safety question is still open. Ask it, or answer “not sure”.", field=code)
    return answer
