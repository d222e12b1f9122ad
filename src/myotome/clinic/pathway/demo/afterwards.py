"""What came after the demo's needles: the check a day later, asked for the last six weeks, and the needle stock they used.

Most checks are answered, some never are, a few could not be sent and one in thirty was asked by telephone. The shares of
what was felt are near those of published surveys; nothing in them is urgent, so that nobody's day begins with an alarm.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from django.db.models import Count

from myotome.clinic.needling.models import (
    AdverseEvent,
    AfterAnswer,
    AfterCheck,
    NeedleInsertion,
    NeedleLot,
    StockChange,
    TreatmentVisit,
)
from myotome.clinic.pathway.demo.house import House
from myotome.clinic.pathway.demo.rows import Batch
from myotome.knowledge.aftercare import NO, after_check

SINCE = timedelta(days=42)
LINK_DAYS = timedelta(days=14)
DESK = "Robin Clarke"
FELT = {
    "faint": (("nearly", 0.006),),
    "nerve": (("gone", 0.008),),
    "sore": (("little", 0.42), ("much", 0.03)),
    "bruise": (("small", 0.08),),
    "tired": (("little", 0.22), ("much", 0.012)),
}
"""Answers other than no, with their shares: soreness after Ga 2007, bruises after Brady 2014, tiredness after MacPherson 2005."""
UNSENT, UNANSWERED, BY_TELEPHONE = 0.006, 0.3, 0.03


def add_check(batch: Batch, rng: np.random.Generator, house: House, visit: TreatmentVisit, at: datetime) -> None:
    """The check of a closed visit of the last six weeks, as it stands at `at`."""
    closed_at = visit.closed_at
    if closed_at is None or closed_at < at - SINCE:
        return
    due_at, fate, hours = closed_at + timedelta(hours=24), float(rng.random()), float(rng.gamma(1.5, 3.0))
    check = batch.add(
        AfterCheck(
            clinic=house.clinic,
            visit=visit,
            questions_version=after_check().version,
            created_at=closed_at,
            due_at=due_at,
            expires_at=due_at + LINK_DAYS,
        )
    )
    if due_at > at:
        return
    if fate < UNSENT:
        check.n_failures = 12
        return
    is_phoned = fate > 1 - BY_TELEPHONE
    check.mail_at = None if is_phoned else due_at
    said_at = due_at + timedelta(hours=hours)
    if said_at > at or fate < UNSENT + UNANSWERED:
        return
    check.opened_at = None if is_phoned else said_at
    check.completed_at, check.asked_by = said_at, DESK if is_phoned else ""
    for question in after_check().questions:
        choice = question.choice(_felt(rng, question.code))
        answer = batch.add(
            AfterAnswer(
                clinic=house.clinic,
                check_of=check,
                question=question.code,
                choice=choice.code if choice else NO,
                answered_at=said_at,
            )
        )
        if choice is not None and choice.grade is not None:
            batch.add(
                AdverseEvent(
                    clinic=house.clinic,
                    visit=visit,
                    answer=answer,
                    kind=question.kind.value,
                    grade=choice.grade.value,
                    outcome=str(choice.label),
                    reported_at=said_at,
                    reported_by=DESK if is_phoned else visit.course.patient.name,
                )
            )


def _felt(rng: np.random.Generator, question: str) -> str:
    dice = float(rng.random())
    for code, share in FELT.get(question, ()):
        if dice < share:
            return code
        dice -= share
    return NO


def fill_stock(house: House, *, at: datetime) -> None:
    """Lots on the shelf with what the visits of the last six weeks took: one has expired, one is nearly used up."""
    received_at = at - SINCE - timedelta(days=3)
    used = NeedleInsertion.objects.filter(clinic=house.clinic, visit__closed_at__gte=at - SINCE)
    taken = list(used.values("visit_id", "visit__closed_at", "lot").annotate(n=Count("pk")).order_by("visit_id"))
    changes = []
    for gauge, length, name, days_good, n_spare, n_lost in LOTS:
        lot = NeedleLot.objects.create(
            clinic=house.clinic,
            gauge_mm=gauge,
            length_mm=length,
            lot=name,
            maker="Demo Needles",
            expires_on=(at + timedelta(days=days_good)).date(),
            low_at=50,
            received_at=received_at,
        )
        here = [row for row in taken if row["lot"] == name]
        n_used = sum(row["n"] for row in here)
        boxes = -(-(n_used + n_spare) // 100) * 100
        changes.append(_change(house, lot, "received", boxes, at=received_at))
        if n_lost:
            why = "Counted anew: packets opened by mistake were thrown away."
            changes.append(_change(house, lot, "corrected", -n_lost, at=at - timedelta(days=9), reason=why))
        changes += [
            _change(house, lot, "used", -row["n"], at=row["visit__closed_at"], visit_id=row["visit_id"]) for row in here
        ]
    StockChange.objects.bulk_create(changes, batch_size=2000)


LOTS = (
    (0.30, 50, "D-2611", 700, 900, 0),
    (0.25, 40, "D-2612", 640, 700, 0),
    (0.30, 60, "D-2598", 420, 1000, 0),
    (0.25, 25, "C-2307", -20, 100, 63),
    (0.20, 25, "D-2455", 300, 100, 91),
)
"""Gauge, length, lot, days it is good for from today, needles beyond those used, and how many were thrown away."""


def _change(house: House, lot: NeedleLot, kind: str, n: int, **what: object) -> StockChange:
    return StockChange(clinic=house.clinic, lot=lot, kind=kind, n=n, by_name=DESK, **what)
