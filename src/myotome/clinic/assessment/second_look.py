"""The blind second examiner: a colleague examines the same patient on the same day without seeing what was found.

While hers is open neither sees the other's. When both are finished the two, and nobody else, see how far they agreed;
what an examiner's pairs say together becomes her noise in the ranking of roots.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from myotome.clinic.assessment.models import ExamFinding, Examination, ExaminerReliability
from myotome.clinic.audit.actions import record
from myotome.knowledge.signs import parameters, signs
from myotome.science.assessment.agreement import Agreement, agreement, icc_of_counts, pooled
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from myotome.vocabulary.findings import FindingKind

SAME_DAY = timedelta(hours=12)
FEWEST_PLACES = parameters().fewest_places
"""With fewer places tested by both, an examiner keeps the noise of the tables."""

Place = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Together:
    """How two examiners agree: in this patient, in all patients of the two, and on the count of bands."""

    here: Agreement
    all: Agreement
    n_patients: int
    bands: tuple[int, int]
    icc_of_bands: float | None


@transaction.atomic
def begin_second_look(*, by: Actor, at: datetime, examination_id: int) -> Examination:
    """A second, blind examination of the same patient; the one that she has begun already, if there is one.

    Raises:
        InvalidValue: it is her own, a second look itself, of another day, or a colleague is the second examiner already.
    """
    by.check_holds(Role.PRACTITIONER)
    first = Examination.objects.for_actor(by).get_or_not_found(pk=examination_id)
    second = Examination.objects.filter(blind_to=first).first()
    if second is not None:
        if second.examiner_id == by.practitioner_id:
            return second
        raise InvalidValue("A colleague is the second examiner already.", field="examination")
    if first.examiner_id == by.practitioner_id or first.blind_to_id is not None:
        raise InvalidValue("A second examination is a colleague's, of the first one.", field="examination")
    if at - first.started_at > SAME_DAY:
        raise InvalidValue("Two examinations are compared on the same day only.", field="examination")
    row = Examination.objects.create(
        clinic_id=by.clinic_id,
        course_id=first.course_id,
        examiner_id=by.practitioner_id,
        region=first.region,
        started_at=at,
        blind_to=first,
    )
    record(by=by, at=at, act="second_look.begun", subject=row, patient_id=first.course.patient_id)
    return row


def can_be_second(actor: Actor, examination: Examination, *, at: datetime) -> bool:
    """True when this colleague may examine blind today. Read `examination` with its `second_look`."""
    return (
        examination.examiner_id != actor.practitioner_id
        and examination.blind_to_id is None
        and at - examination.started_at <= SAME_DAY
        and not hasattr(examination, "second_look")
    )


def can_see_agreement(actor: Actor, examination: Examination) -> bool:
    """True for a finished first examination with its finished second look, for the two examiners."""
    second = getattr(examination, "second_look", None)
    return (
        second is not None
        and None not in (examination.finished_at, second.finished_at)
        and actor.practitioner_id in {examination.examiner_id, second.examiner_id}
    )


@transaction.atomic
def agreement_on(actor: Actor, examination_id: int, *, at: datetime) -> tuple[Examination, Examination, Together]:
    """The two examinations and how far they agree, for their two examiners only; the reading is audited.

    Raises:
        NotFound: there is no such examination for her.
        NotAllowed: she is neither of the two.
        InvalidValue: nobody examined blind, or one of the two is not finished.
    """
    row = Examination.objects.for_actor(actor).get_or_not_found(pk=examination_id)
    first = row.blind_to or row
    second = Examination.objects.filter(blind_to=first).first()
    if second is None:
        raise InvalidValue("Nobody has examined this patient blind.", field="examination")
    if actor.practitioner_id not in {first.examiner_id, second.examiner_id}:
        raise NotAllowed("Only the two examiners see how far they agreed.")
    if first.finished_at is None or second.finished_at is None:
        raise InvalidValue("Finish both examinations first.", field="examination")
    pairs = _pairs(
        first.clinic_id,
        Q(examiner_id=second.examiner_id, blind_to__examiner_id=first.examiner_id)
        | Q(examiner_id=first.examiner_id, blind_to__examiner_id=second.examiner_id),
    )
    found = _findings([exam for pair in pairs for exam in pair])
    here = found.get(first.pk, {}), found.get(second.pk, {})
    counts = [(_n_bands(found.get(a.pk, {})), _n_bands(found.get(b.pk, {}))) for a, b in pairs]
    record(by=actor, at=at, act="agreement.read", subject=first, patient_id=first.course.patient_id)
    return (
        first,
        second,
        Together(
            here=agreement(*here),
            all=pooled([(found.get(a.pk, {}), found.get(b.pk, {})) for a, b in pairs]),
            n_patients=len(pairs),
            bands=(_n_bands(here[0]), _n_bands(here[1])),
            icc_of_bands=icc_of_counts(counts),
        ),
    )


def note_reliability(*, by: Actor, at: datetime, examination: Examination) -> None:
    """Once both of a pair are finished: what all their pairs say of each of the two, kept for the next examination.

    Call it inside the transaction that finishes an examination; without a finished pair nothing happens.
    """
    first = examination.blind_to or examination
    second = Examination.objects.filter(blind_to=first).first()
    if second is None or None in (first.finished_at, second.finished_at):
        return
    for examiner in {first.examiner_id, second.examiner_id}:
        pairs = _pairs(examination.clinic_id, Q(examiner_id=examiner) | Q(blind_to__examiner_id=examiner))
        found = _findings([exam for pair in pairs for exam in pair])
        together = pooled([(found.get(a.pk, {}), found.get(b.pk, {})) for a, b in pairs])
        is_known = together.n >= FEWEST_PLACES and together.kappa is not None
        ExaminerReliability.objects.update_or_create(
            practitioner_id=examiner,
            defaults={
                "clinic_id": examination.clinic_id,
                "kappa": round(min(max(together.kappa, 0.0), 1.0), 2) if is_known else None,
                "n_places": together.n,
                "updated_at": at,
            },
        )
    record(by=by, at=at, act="reliability.noted", subject=first, patient_id=examination.course.patient_id)


def _pairs(clinic_id: int, who: Q) -> list[tuple[Examination, Examination]]:
    """Finished pairs, the first examination before the second look."""
    rows = Examination.objects.filter(who, clinic_id=clinic_id, blind_to__isnull=False, finished_at__isnull=False)
    rows = rows.filter(blind_to__finished_at__isnull=False).select_related("blind_to").order_by("pk")
    return [(row.blind_to, row) for row in rows]


def _findings(examinations: list[Examination]) -> dict[int, dict[Place, int]]:
    """Examination id to what was felt there: (muscle, level, side, sign) to grade."""
    felt = [code for code, sign in signs().items() if sign.palpation]
    rows = ExamFinding.objects.filter(
        examination__in=examinations, kind=FindingKind.MUSCLE.value, sign__in=felt, replaced_at__isnull=True
    )
    found: dict[int, dict[Place, int]] = {}
    for exam, subject, level, side, sign, grade in rows.values_list(
        "examination_id", "subject", "level", "side", "sign", "grade"
    ):
        found.setdefault(exam, {})[subject, level, side, sign] = grade
    return found


def _n_bands(found: dict[Place, int]) -> int:
    return sum(grade > 0 for (_subject, _level, _side, sign), grade in found.items() if sign == "band")
