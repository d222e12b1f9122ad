"""No request changes a row of the clinic without an audit event in the same transaction.

Every route is posted to, by everybody who may take it, with what forms commonly send; where the database saw an
INSERT, UPDATE or DELETE on a table of the clinic and the request succeeded, the audit has grown.
"""

from __future__ import annotations

import re

import pytest
from django.db import connection, transaction
from django.test import Client

from myotome.clinic.audit.models import AuditEvent
from tests.clinic.test_access_matrix import a_world, own_routes, url_of
from tests.factories import an_actor

pytestmark = pytest.mark.django_db
WRITES = re.compile(
    r'^(INSERT INTO|UPDATE|DELETE FROM) "(people|screening|booking|money|assessment|planning|needling|followup)_'
)
TYPED = {
    "version": "1", "reason": "asked by the patient", "text": "sore for a day", "note": "as planned", "answer": "yes",
    "impression": "L5", "resolution": "talked through", "kind": "faint", "grade": "mild", "regions": "left:low_back",
    "given_name": "Hannah", "family_name": "Lindqvist", "born_on": "1968-03-12", "phone": "604 555 0199",
    "outcome": "recovered", "complaint": "Low back", "mode": "ims", "n_treatments": "4", "score": "4", "value": "4",
}  # fmt: skip

NO_ACT_OF_CARE = {"beat"}
"""A device says every twenty seconds that it is there; the last time is kept, and nobody did anything."""


@pytest.mark.parametrize("role", ["practitioner", "receptionist", "anonymous"])
def test_what_a_request_changes_is_on_record(role):
    alder = a_world("alder")
    client, held = Client(), frozenset()
    if role != "anonymous":
        client.force_login(alder.users[role])
        held = an_actor(alder.users[role], alder.clinic).roles
    silent, n_written = [], 0
    for name, pattern, path in own_routes():
        access = pattern.callback.access
        if name in NO_ACT_OF_CARE:
            continue
        if access.kind == "roles" and not held & access.roles:
            continue
        written: list[str] = []

        def watch(execute, sql, params, many, context, written=written):
            if found := WRITES.match(sql):
                written.append(found.group(0))
            return execute(sql, params, many, context)

        with transaction.atomic():
            n_before = AuditEvent.objects.count()
            with connection.execute_wrapper(watch):
                status = client.post(url_of(name, path, "alder", alder.hers), TYPED).status_code
            if written and status < 400:
                n_written += 1
                if AuditEvent.objects.count() == n_before:
                    silent.append((name, status, written))
            transaction.set_rollback(True)
    assert silent == []
    assert n_written >= 1
