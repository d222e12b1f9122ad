"""A log line says what happened and where, and nothing about whom."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from django.test import RequestFactory

from myotome.website.logs import JsonLines
from tests import factories as f

CANARY = "Hannah Lindqvist"


def line(msg: object, *args: object, exc: BaseException | None = None, **extra: object) -> dict:
    info = (type(exc), exc, exc.__traceback__) if exc else None
    record = logging.LogRecord("myotome.test", logging.ERROR, __file__, 1, msg, args, info)
    record.__dict__.update(extra)
    text = JsonLines().format(record)
    assert "\n" not in text
    assert CANARY not in text
    return json.loads(text)


def test_a_message_is_its_template():
    said = line("Patient %s has %d visits", CANARY, 7)
    assert said["message"] == "Patient %s has %d visits"
    assert said["numbers"] == [7]


def test_what_is_attached_is_not_told_unless_it_is_a_word_of_ours():
    said = line("Sent", patient=CANARY, note={"text": CANARY}, act="notice.sent", status_code=500)
    assert (said["act"], said["status"]) == ("notice.sent", 500)
    assert "patient" not in said


def test_an_object_as_message_is_its_kind():
    assert line(ValueError(CANARY))["message"] == "ValueError"


def test_an_exception_is_its_kind_and_its_places():
    def open_the_chart(name: str) -> None:
        raise LookupError(f"nothing about {name}")

    try:
        open_the_chart(CANARY)
    except LookupError as error:
        said = line("Unforeseen", exc=error)
    assert said["exception"] == "LookupError"
    assert said["places"][-1].endswith("open_the_chart")


def test_a_request_is_its_route():
    request = RequestFactory().get(f"/alder/me/page/{CANARY}/")
    request.resolver_match = type("Match", (), {"route": "<slug:clinic>/me/page/<str:token>/"})()
    assert (
        line("%s: %s", "Not Found", request.path, request=request)["route"] == "GET <slug:clinic>/me/page/<str:token>/"
    )


@pytest.mark.django_db
def test_a_page_that_breaks_over_a_patient_names_nobody(client, monkeypatch, capsys):
    clinic = f.a_clinic()
    patient = f.a_patient(clinic)
    client.force_login(f.a_practitioner(clinic).user)
    client.raise_request_exception = False

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError(f"no plate for {patient.name}")

    monkeypatch.setattr("myotome.pages.chart.views.render", broken)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("django.request")
    log.addHandler(handler)
    try:
        answer = client.post(f"/alder/chart/{patient.pk}/", {"reason": CANARY})
        answer = client.get(f"/alder/chart/{patient.pk}/") if answer.status_code != 500 else answer
    finally:
        log.removeHandler(handler)
    told = capsys.readouterr().err
    assert answer.status_code == 500
    assert "RuntimeError" in told
    assert "Lindqvist" not in told
    assert CANARY not in answer.content.decode()
