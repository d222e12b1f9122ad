"""Every refusal, of every role on every route: nothing is written, and the audit says once who tried.

A refusal is a 403 or 404 of a route for roles. What is not refused is rolled back, so that a route's rows tell of refusals.
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client

from myotome.clinic.audit.models import AuditEvent
from tests.clinic.test_access_matrix import a_world, own_routes, url_of
from tests.factories import an_actor

pytestmark = pytest.mark.django_db
STAGES = {"people", "screening", "booking", "money", "assessment", "planning", "needling", "followup"}
TYPED = {"version": "1", "reason": "curious", "text": "a word", "note": "a word", "answer": "yes", "impression": "L5"}


def n_rows() -> tuple[int, ...]:
    """How many rows each table of the clinic has."""
    tables = sorted(model._meta.db_table for model in apps.get_models() if model._meta.app_label in STAGES)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables))
        return cursor.fetchone()


def n_refusals() -> int:
    return AuditEvent.objects.filter(act="access.refused").count()


@pytest.mark.parametrize("role", ["practitioner", "colleague", "receptionist", "owner", "steward", "patient"])
def test_a_refusal_writes_nothing_and_is_on_record_once(role):
    alder, birch = a_world("alder"), a_world("birch")
    client = Client()
    client.force_login(alder.users[role])
    held = an_actor(alder.users[role], alder.clinic).roles
    before, wrong, n_refused = n_rows(), [], 0
    for name, pattern, path in own_routes():
        access = pattern.callback.access
        if access.kind != "roles":
            continue
        targets = [("alder", alder.hers), ("birch", birch.hers)]
        if held & access.roles:
            targets += [("alder", alder.others), ("alder", birch.hers)]
        n_before, refused = n_refusals(), []
        for slug, ids in targets:
            url = url_of(name, path, slug, ids)
            for method in ("GET", "POST"):
                with transaction.atomic():
                    status = (client.get(url) if method == "GET" else client.post(url, TYPED)).status_code
                    if status in {403, 404}:
                        refused.append((method, url, status))
                    else:
                        transaction.set_rollback(True)
                    if status >= 500:
                        wrong.append((method, url, status, "fell over"))
        if n_refusals() - n_before != len(refused):
            wrong.append((name, refused, "refusals on record", n_refusals() - n_before))
        if n_rows() != before:
            wrong.append((name, refused, "one of them wrote"))
            before = n_rows()
        n_refused += len(refused)
    assert wrong == []
    assert n_refused > 100


def test_somebody_not_logged_in_is_sent_to_the_login_and_writes_nothing():
    alder = a_world("alder")
    before, client = n_rows(), Client()
    for name, pattern, path in own_routes():
        if pattern.callback.access.kind == "roles":
            url = url_of(name, path, "alder", alder.hers)
            for answer in (client.get(url), client.post(url, TYPED)):
                assert answer.status_code == 302, name
                assert answer["Location"].startswith("/accounts/login/"), name
    assert n_rows() == before
    assert n_refusals() == 0
