"""A text that is also a program is shown as text, wherever it was written and on whatever page it appears.

The canary is put into every free-text column of the clinic's rows, past the forms: whatever the forms let through,
no page or calendar file may carry it as a program.
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.test import Client

from tests.clinic.test_access_matrix import a_world, own_routes, url_of

pytestmark = pytest.mark.django_db
STAGES = {"people", "screening", "booking", "money", "assessment", "planning", "needling", "followup"}
CANARY = "<script>alert(1)</script>{{7*7}}'\";--"
SHOWN = "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}"
FREE_TEXT = {
    "given_name", "family_name", "name", "note", "note_for_desk", "advice", "impression", "complaint", "reason", "text",
    "resolution", "detail", "action_taken", "description", "recorded_by", "opened_by", "merged_by",
}  # fmt: skip


def put_canaries() -> set[str]:
    """The columns that now hold the canary; a database trigger or uniqueness may protect others."""
    put = set()
    for model in apps.get_models():
        if model._meta.app_label not in STAGES:
            continue
        for field in model._meta.get_fields():
            is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
            if not is_text or field.name not in FREE_TEXT or (field.max_length or 999) < len(CANARY):
                continue
            try:
                with transaction.atomic():
                    if model._base_manager.update(**{field.name: CANARY}):
                        put.add(f"{model._meta.label}.{field.name}")
            except DatabaseError:
                continue
    return put


@pytest.mark.parametrize("role", ["practitioner", "receptionist", "owner", "patient", "anonymous"])
def test_what_was_typed_is_only_ever_shown_as_text(role):
    alder = a_world("alder")
    client = Client()
    if role != "anonymous":
        client.force_login(alder.users[role])
    put = put_canaries()
    assert {"people.Patient.given_name", "screening.Course.complaint", "people.Clinic.name"} <= put, put
    shown, raw = set(), []
    for name, _pattern, path in own_routes():
        with transaction.atomic():
            answer = client.get(url_of(name, path, "alder", alder.hers))
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        page = body.decode(errors="replace")
        if answer.get("Content-Type", "").startswith("text/html"):
            if "<script>alert(1)" in page or CANARY in page:
                raw.append(name)
            if SHOWN in page:
                shown.add(name)
        elif answer.get("Content-Type", "").startswith("text/calendar") and CANARY in page.replace("\r\n ", ""):
            raw.append(name)
    assert raw == []
    assert len(shown) >= 3, shown
