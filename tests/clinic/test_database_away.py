"""A database that is locked for too long or gone: 503 and when to come back, never a fault, never twice."""

from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.models import Appointment, Claim, Service
from myotome.clinic.booking.queries import free_times_for
from myotome.website import sessions
from tests.factories import a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
FOR_TESTS_MS = 200


@contextmanager
def somebody_elses_pen():
    """Another connection writes, and does not come to an end; we wait for a fifth of a second."""
    if connection.vendor == "sqlite":
        import sqlite3

        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            with connection.cursor() as ours:
                ours.execute(f"PRAGMA busy_timeout = {FOR_TESTS_MS}")
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        import psycopg

        with psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]) as other:
            with connection.cursor() as ours:
                ours.execute(f"SET lock_timeout = '{FOR_TESTS_MS}ms'")
            other.execute("LOCK TABLE booking_claim IN EXCLUSIVE MODE")
            yield
            other.rollback()
    connection.close()


@pytest.fixture
def form(client):
    """(address, a form that would be booked), with the receptionist logged in."""
    client.raise_request_exception = False
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    robin = a_receptionist(clinic)
    client.force_login(robin)
    hannah = a_patient(clinic)
    a_course(clinic, hannah)
    ims = Service.objects.get(clinic=clinic, kind="ims")
    now = timezone.now()
    offer = free_times_for(
        an_actor(robin, clinic), service=ims, first_day=now.date() + timedelta(days=2), n_days=7, at=now
    )[0]
    client.get(f"/{clinic.slug}/desk/")  # the session has been touched: what follows writes the booking only
    address = reverse("desk:book", kwargs={"clinic": clinic.slug, "patient": hannah.pk})
    return address, {"service": ims.pk, "start": f"{offer.starts_at.isoformat()}|{elena.pk}", "key": "one form"}


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_for_another_writer_is_told_when_to_come_back_and_is_booked_once_then(client, form):
    address, typed = form
    with somebody_elses_pen():
        answer = client.post(address, typed)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "do not answer" in answer.content.decode()
    assert not Appointment.objects.exists()
    assert not Claim.objects.exists()
    assert [client.post(address, typed).status_code for _ in range(2)] == [302, 302]
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize("fault", [OperationalError("server closed the connection"), InterfaceError("closed")])
def test_a_database_that_is_gone_before_anybody_knows_who_asks_is_told_too(client, form, monkeypatch, fault):
    address, typed = form

    def gone(store):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(sessions.SessionStore, "_get_session_from_db", gone)
        answers = [client.get(address), client.post(address, typed), client.get("/")]
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert all("Retry-After" in answer for answer in answers)
    assert client.post(address, typed).status_code == 302


def test_another_fault_is_still_a_fault(client, form, monkeypatch):
    address, _ = form

    def broken(store):
        raise ZeroDivisionError

    monkeypatch.setattr(sessions.SessionStore, "_get_session_from_db", broken)
    assert client.get(address).status_code == 500


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_has_ended_is_made_anew_for_the_next_request(client, form):
    address, typed = form
    if connection.vendor == "postgresql":
        import psycopg

        info = connection.connection.info
        with psycopg.connect(info.dsn, password=connection.settings_dict["PASSWORD"], autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [info.backend_pid])
    else:
        connection.close()
    connection.close_if_unusable_or_obsolete()  # what stands before every request
    assert client.post(address, typed).status_code == 302
    assert Appointment.objects.count() == 1
