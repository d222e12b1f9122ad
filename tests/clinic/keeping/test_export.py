"""A patient's record leaves whole: every table about her, readable by a person and by a program, told in the audit."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from icalendar import Calendar

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.pathway.record import record_schema, tables, whole_record
from myotome.exchange.record.page import record_page
from myotome.vocabulary.errors import NotFound
from tests import factories as f

SCHEMA = Path(__file__).parents[3] / "docs" / "reference" / "record.schema.json"
pytestmark = pytest.mark.django_db


def conforms(value: object, schema: dict, where: str = "record") -> None:
    """Asserts that the value has the form of the schema: the part of JSON Schema that ours uses."""
    kinds = schema.get("type")
    if kinds is not None:
        names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
        kind = "null" if value is None else names[type(value)]
        wanted = kinds if isinstance(kinds, list) else [kinds]
        assert kind in wanted or (kind == "integer" and "number" in wanted), f"{where}: {kind} is not {kinds}"
    if "enum" in schema:
        assert value in schema["enum"], f"{where}: {value!r}"
    if "const" in schema:
        assert value == schema["const"], where
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema.get("required", [])) <= set(value), where
        assert set(value) <= set(schema["properties"]), where
        for name, part in value.items():
            conforms(part, schema["properties"][name], f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for n, part in enumerate(value):
            conforms(part, schema["items"], f"{where}[{n}]")


def a_record():
    visit, _ = f.an_open_visit()
    patient = visit.course.patient
    return patient, whole_record(f.the_system(visit.clinic), patient.pk, at=f.AT)


def test_the_record_has_the_form_that_is_published():
    _, record = a_record()
    schema = json.loads(SCHEMA.read_text())
    assert schema == record_schema(), (
        "docs/reference/record.schema.json is stale; `python tests/write_docs.py` writes it"
    )
    conforms(record, schema)


def test_a_record_of_another_form_is_noticed():
    _, record = a_record()
    record["stages"]["people"]["patient"][0]["born_on"] = 1968
    with pytest.raises(AssertionError, match="born_on"):
        conforms(record, record_schema())


def test_every_table_about_a_patient_is_in_it():
    names = {model._meta.label for model in tables()}
    assert {"people.Patient", "screening.Course", "needling.NeedleInsertion", "people.CareRelation"} <= names
    _, record = a_record()
    for model in tables():
        assert model._meta.model_name in record["stages"][model._meta.app_label]


def test_it_holds_her_rows_and_nobody_elses():
    patient, before = a_record()
    f.a_patient(patient.clinic, given_name="Somebody", family_name="Else")
    record = whole_record(f.the_system(patient.clinic), patient.pk, at=f.AT)
    assert [row["id"] for row in record["stages"]["people"]["patient"]] == [patient.pk]
    assert len(record["stages"]["needling"]["treatmentvisit"]) == 1
    assert "Else" not in json.dumps(record)
    assert record["stages"]["screening"] == before["stages"]["screening"]


def test_the_leaving_is_in_the_audit_and_in_the_record():
    patient, record = a_record()
    assert AuditEvent.objects.filter(act="record.exported", patient_id=patient.pk).count() == 1
    assert "record.exported" in {event["act"] for event in record["access"]}


def test_a_patient_of_another_clinic_is_not_found():
    patient, _ = a_record()
    other = f.a_clinic("birch", name="Birch")
    with pytest.raises(NotFound):
        whole_record(f.the_system(other), patient.pk, at=f.AT)


def test_what_a_patient_wrote_is_text_on_the_page():
    clinic = f.a_clinic()
    patient = f.a_patient(clinic, given_name="<script>alert(1)</script>", born_on=date(1968, 3, 12))
    page = record_page(whole_record(f.the_system(clinic), patient.pk, at=f.AT))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page
    assert "src=" not in page


def test_the_command_writes_one_zip(house, tmp_path):
    target = tmp_path / "record.zip"
    answer = json.loads(house.myotome("export", house.patient, "--output", str(target), "--json").stdout)
    assert answer["members"] == ["calendar.ics", "record.html", "record.json"]
    with zipfile.ZipFile(io.BytesIO(target.read_bytes())) as archive:
        record = json.loads(archive.read("record.json"))
        assert record["patient"]["name"] == "Hannah Lindqvist"
        assert "&lt;b&gt;parks at the back" in archive.read("record.html").decode()
        assert Calendar.from_ical(archive.read("calendar.ics")).name == "VCALENDAR"
    assert target.stat().st_mode & 0o077 == 0
    assert "exists" in house.myotome("export", house.patient, "--output", str(target), fails=True).stderr
    assert "nothing here" in house.myotome("export", "99999", fails=True).stderr
