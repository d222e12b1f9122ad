"""A patient's whole record as one value, to leave the clinic with: every row about her, stage by stage.

No list of tables is kept here: every model that leads to a patient (`patient_path`) is in the record by itself, so a
table that comes later cannot be forgotten. `record_schema()` describes the value in JSON Schema, from the same models.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.queries import events_for
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.notices import invitation_of
from myotome.clinic.people.queries import patient_for
from myotome.exchange.icalendar.invitation import calendar_file
from myotome.vocabulary.actors import Actor

FORMAT = "myotome-record/1"
STAGES = ("people", "screening", "booking", "money", "assessment", "planning", "needling", "followup", "learning")
HIDDEN = {
    "clinic_id",
    "user_id",
    "by_user_id",
    "opened_by_user_id",
    "resolved_by_user_id",
    "search_name",
    "phone_digits",
    "link_version",
}
"""Columns that are the program's and not the patient's: keys of logins, search, links."""


@transaction.atomic
def whole_record(actor: Actor, patient_id: int, *, at: datetime) -> dict[str, Any]:
    """Everything the clinic holds about a patient, as plain JSON values; the leaving is audited.

    `stages` maps stage, then table, to its rows in the order they were made; a table without rows is an empty list.
    `access` lists who saw or changed the record. Times are ISO 8601 in UTC.

    Raises:
        NotFound: there is no such patient for the actor.
    """
    patient = patient_for(actor, patient_id)
    record(by=actor, at=at, act="record.exported", subject=patient, patient_id=patient.pk)
    stages: dict[str, dict[str, list[dict[str, Any]]]] = {stage: {} for stage in STAGES}
    for model in tables():
        rows = model.objects.for_actor(actor).filter(**{str(_path_to_patient(model)): patient.pk}).order_by("pk")
        stages[model._meta.app_label][model._meta.model_name] = [_values(row) for row in rows]
    events = events_for(actor).filter(patient_id=patient.pk).order_by("at", "pk")
    value = {
        "format": FORMAT,
        "written_at": at,
        "clinic": {"slug": patient.clinic.slug, "name": patient.clinic.name, "time_zone": patient.clinic.time_zone},
        "patient": {"id": patient.pk, "name": patient.name, "born_on": patient.born_on},
        "stages": stages,
        "access": [{"at": e.at, "who": e.actor_name, "via": e.via, "act": e.act, "reason": e.reason} for e in events],
    }
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def appointments_file(actor: Actor, patient_id: int, *, at: datetime) -> bytes:
    """All appointments of the patient, past and to come, as one calendar.

    Raises:
        NotFound: there is no such patient for the actor.
    """
    patient = patient_for(actor, patient_id)
    rows = (
        Appointment.objects.for_actor(actor)
        .filter(patient=patient)
        .select_related("clinic", "place", "patient")
        .order_by("starts_at")
    )
    return calendar_file([invitation_of(row) for row in rows], name=patient.clinic.name, written_at=at)


def tables() -> list[type[models.Model]]:
    """Every model whose rows are about one patient, in the order of care."""
    return [
        model
        for stage in STAGES
        for model in apps.get_app_config(stage).get_models()
        if _path_to_patient(model) is not None
    ]


def record_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `whole_record` returns."""
    stages: dict[str, Any] = {}
    for model in tables():
        stages.setdefault(model._meta.app_label, {})[model._meta.model_name] = {
            "type": "array",
            "description": (model.__doc__ or "").strip().splitlines()[0],
            "items": {
                "type": "object",
                "properties": {field.attname: _field_schema(field) for field in _fields(model)},
                "required": [field.attname for field in _fields(model)],
                "additionalProperties": False,
            },
        }
    text, moment = {"type": "string"}, {"type": "string", "format": "date-time"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A patient's record as it leaves Myotome",
        "type": "object",
        "required": ["format", "written_at", "clinic", "patient", "stages", "access"],
        "properties": {
            "format": {"const": FORMAT},
            "written_at": moment,
            "clinic": _all_required({"slug": text, "name": text, "time_zone": text}),
            "patient": _all_required({"id": {"type": "integer"}, "name": text, "born_on": text | {"format": "date"}}),
            "stages": _all_required({stage: _all_required(stages.get(stage, {})) for stage in STAGES}),
            "access": {
                "type": "array",
                "items": _all_required({"at": moment, "who": text, "via": text, "act": text, "reason": text}),
            },
        },
        "additionalProperties": False,
    }


def _path_to_patient(model: type[models.Model]) -> str | None:
    """How a row leads to its patient, or None if it is not about one."""
    if path := getattr(model, "patient_path", None):
        return str(path)
    names = {field.name for field in model._meta.concrete_fields if field.is_relation}
    return "patient" if "patient" in names else None


def _fields(model: type[models.Model]) -> Iterator[Any]:
    return (field for field in model._meta.concrete_fields if field.attname not in HIDDEN)


def _values(row: models.Model) -> dict[str, Any]:
    return {field.attname: field.value_from_object(row) for field in _fields(type(row))}


def _all_required(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _field_schema(field: Any) -> dict[str, Any]:
    target = field.target_field if field.is_relation else field
    schema: dict[str, Any] = {}
    if isinstance(target, models.JSONField):
        return {"description": "any JSON value"}
    if isinstance(target, models.BooleanField):
        schema = {"type": "boolean"}
    elif isinstance(target, models.AutoField | models.IntegerField):
        schema = {"type": "integer"}
    elif isinstance(target, models.FloatField):
        schema = {"type": "number"}
    elif isinstance(target, models.DateTimeField):
        schema = {"type": "string", "format": "date-time"}
    elif isinstance(target, models.DateField):
        schema = {"type": "string", "format": "date"}
    else:
        schema = {"type": "string"}
    if field.choices and isinstance(target, models.CharField):
        schema["enum"] = [value for value, _ in field.flatchoices]
        if field.blank and "" not in schema["enum"]:
            schema["enum"].append("")
    if field.null:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"].append(None)
    return schema
