"""Two records of one person joined, and parted again. What was moved is written down row by row."""

from __future__ import annotations

from datetime import datetime

from django.apps import apps
from django.db import models, transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.people.models import Patient, PatientMerge
from myotome.clinic.people.queries import digits, patient_for
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotFound


def likely_duplicates(actor: Actor, patient: Patient) -> list[Patient]:
    """Records that may be the same person: same birth date and family name, or same name, or same number and first name."""
    rows = Patient.objects.for_actor(actor).filter(merged_into__isnull=True).exclude(pk=patient.pk)
    same = models.Q(born_on=patient.born_on, family_name__iexact=patient.family_name)
    same |= models.Q(search_name=patient.search_name)
    same |= models.Q(born_on=patient.born_on, given_name__iexact=patient.given_name)
    if digits(patient.phone):
        same |= models.Q(phone_digits=patient.phone_digits, given_name__iexact=patient.given_name)
    return list(rows.filter(same).order_by("search_name")[:6])


@transaction.atomic
def merge_patients(*, by: Actor, at: datetime, keep_id: int, merge_id: int) -> PatientMerge:
    """The second record joined to the first: its rows move, the record stays and points to the kept one.

    Raises:
        InvalidValue: both are the same record, or one was joined already.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    keep, merged = patient_for(by, keep_id), patient_for(by, merge_id)
    if keep.pk == merged.pk or keep.merged_into_id or merged.merged_into_id:
        raise InvalidValue("Choose two records that are not joined yet.", field="merge")
    moved: list[list[object]] = []
    for model, field in _rows_of_patients():
        keys = list(model._base_manager.filter(**{field: merged.pk}).values_list("pk", flat=True))
        if not keys:
            continue
        if model._meta.label == "people.CareRelation" or model._meta.label == "screening.PatientFact":
            continue
        if _is_one_a_person(model, field) and model._base_manager.filter(**{field: keep.pk}).exists():
            continue  # what the kept record says stands
        model._base_manager.filter(pk__in=keys).update(**{field: keep.pk})
        moved.append([model._meta.label, field, keys])
    Patient.objects.filter(pk=merged.pk).update(merged_into=keep)
    _care_for_both(keep.pk, merged.pk)
    row = PatientMerge.objects.create(
        clinic_id=by.clinic_id, kept=keep, merged=merged, moved=moved, merged_at=at, merged_by=by.name
    )
    record(by=by, at=at, act="patient.merged", subject=row, patient_id=keep.pk, merged=merged.pk)
    return row


@transaction.atomic
def unmerge_patients(*, by: Actor, at: datetime, merge_id: int) -> PatientMerge:
    """The two records as they were; rows written since stay with the kept one. Undone already stays undone."""
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    row = PatientMerge.objects.for_actor(by).filter(pk=merge_id).first()
    if row is None:
        raise NotFound("There is nothing here that you can see.")
    if row.unmerged_at is None:
        for label, field, keys in row.moved:
            apps.get_model(label)._base_manager.filter(pk__in=keys).update(**{field: row.merged_id})
        Patient.objects.filter(pk=row.merged_id).update(merged_into=None)
        row.unmerged_at = at
        row.save(update_fields=["unmerged_at"])
        record(by=by, at=at, act="patient.unmerged", subject=row, patient_id=row.kept_id, merged=row.merged_id)
    return row


def merges_of(actor: Actor, patient_id: int) -> list[PatientMerge]:
    """Records that were joined to this one and not parted since."""
    rows = PatientMerge.objects.for_actor(actor).filter(kept_id=patient_id, unmerged_at__isnull=True)
    return list(rows.select_related("merged"))


def _rows_of_patients() -> list[tuple[type[models.Model], str]]:
    """Every (model, column) of the house that points at a patient, found from the models themselves."""
    return [
        (model, field.attname)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is Patient and model not in (Patient, PatientMerge)
    ]


def _is_one_a_person(model: type[models.Model], column: str) -> bool:
    return any(field.attname == column and field.one_to_one for field in model._meta.concrete_fields)


def _care_for_both(keep_id: int, merged_id: int) -> None:
    """Whoever cares for the joined record may open the kept one."""
    relations = apps.get_model("people.CareRelation")
    held = set(relations.objects.filter(patient_id=keep_id).values_list("user_id", flat=True))
    for relation in relations.objects.filter(patient_id=merged_id, expires_at__isnull=True).exclude(user_id__in=held):
        relation.pk = None
        relation.patient_id = keep_id
        relation.save()
