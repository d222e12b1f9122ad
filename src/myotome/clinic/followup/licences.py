"""Measures whose text may not ship: the owner says which licences the clinic holds; their totals are stored with LOINC."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.followup.models import LicensedMeasure
from myotome.knowledge.measures import slots
from myotome.science.followup.loinc import checked_loinc
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue


def licensed(clinic_id: int) -> dict[str, LicensedMeasure]:
    """The measures whose licence the clinic holds now, by code."""
    rows = LicensedMeasure.objects.filter(clinic_id=clinic_id, ended_at__isnull=True)
    return {row.code: row for row in rows.order_by("code")}


@transaction.atomic
def add_licence(*, by: Actor, at: datetime, code: str, loinc: str, licence: str) -> LicensedMeasure:
    """From now on totals of this measure are stored, under the LOINC code that the owner has looked up.

    Raises:
        InvalidValue: no such measure, no LOINC code, or no word about the licence.
    """
    by.check_holds(Role.OWNER)
    if code not in slots():
        raise InvalidValue("Please choose a measure of the list.", field="code")
    loinc, licence = checked_loinc(loinc), " ".join(licence.split())[:200]
    if not licence:
        raise InvalidValue("Say what allows the clinic to use it: number, holder, date.", field="licence")
    LicensedMeasure.objects.filter(clinic_id=by.clinic_id, code=code, ended_at__isnull=True).update(ended_at=at)
    row = LicensedMeasure.objects.create(
        clinic_id=by.clinic_id, code=code, loinc=loinc, licence=licence, added_at=at, added_by=by.name
    )
    record(by=by, at=at, act="licence.added", subject=row, code=code, loinc=loinc)
    return row


@transaction.atomic
def end_licence(*, by: Actor, at: datetime, code: str) -> None:
    """No total of this measure is stored any more; those that are there stay."""
    by.check_holds(Role.OWNER)
    row = licensed(by.clinic_id).get(code)
    if row is not None:
        LicensedMeasure.objects.filter(pk=row.pk).update(ended_at=at)
        record(by=by, at=at, act="licence.ended", subject=row, code=code)
