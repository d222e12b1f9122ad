"""A process killed at any point of a booking: what was answered is there, what was not is there whole or not at all.

The booking of the desk is killed before and after each of its statements and around its commit, by a signal that nobody
can catch. Afterwards the same form is sent again, as a person does whose page never came: it is one booking.
"""

import json

KILLED = """
import django; django.setup()
import json, os, signal, sys
from datetime import timedelta
from django.db import connection, connections
from tests import factories as f
from tests.clinic.booking.overlaps import findings
from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.models import Appointment, AppointmentSpan, Claim, DeskAct, Notice, Service
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.pathway.actions import patient_booked
from myotome.clinic.people.models import CareRelation, Clinic, Patient, Practitioner
from myotome.clinic.screening.models import Course
from django_tasks_db.models import DBTaskResult

clinic, elena = Clinic.objects.get(), Practitioner.objects.get()
desk = f.an_actor(f.a_user(clinic, f.Role.RECEPTIONIST, email="desk@example.org"), clinic)
patient, course = Patient.objects.get(), Course.objects.get()
service = Service.objects.get(kind="ims")
COUNTED = (Appointment, AppointmentSpan, Claim, DeskAct, Notice, MeasureRequest, CareRelation, AuditEvent, DBTaskResult)


def counts():
    return {model.__name__: model.objects.count() for model in COUNTED}


def book(n):
    return patient_booked(
        by=desk, at=f.AT, patient=patient, service_id=service.pk, practitioner_id=elena.pk,
        starts_at=f.AT + timedelta(days=7 * (1 + n // 10), minutes=35 * (n % 10)), course_id=course.pk,
        key=f"form {n}", newcomer=False,
    )


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_child(n, statement, when):
    # The exit of a child that books form n and is killed there; True when it had answered before.
    reads, writes = os.pipe()
    connections.close_all()
    child = os.fork()
    if child == 0:
        seen = [0]

        def watch(execute, sql, params, many, context):
            seen[0] += 1
            if when == "before" and seen[0] == statement:
                die()
            done = execute(sql, params, many, context)
            if when == "after" and seen[0] == statement:
                die()
            return done

        commit = connection.commit

        def commit_or_die():
            if when == "before commit":
                die()
            commit()
            if when == "after commit":
                die()

        connection.commit = commit_or_die
        try:
            with connection.execute_wrapper(watch):
                book(n)
            os.write(writes, b"y")
            os._exit(0)
        except BaseException as fault:
            print(repr(fault), file=sys.stderr, flush=True)
            os._exit(3)
    os.close(writes)
    answered = os.read(reads, 1) == b"y"
    os.close(reads)
    _, status = os.waitpid(child, 0)
    return answered, os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)


def tried(n, statement, when):
    before = counts()
    answered, signal_ = in_a_child(n, statement, when)
    left = {name: number - before[name] for name, number in counts().items()}
    again = [book(n).pk for _ in range(2)]
    whole = {name: number - before[name] for name, number in counts().items()}
    return {
        "point": [statement, when], "answered": answered, "signal": signal_, "left": left, "whole": whole,
        "is_one": len(set(again)) == 1 and whole["Appointment"] == 1,
    }


book(0)  # she is in Elena's care from here on: every later booking writes the same rows
found, n = [], 1
for when in ("before commit", "after commit"):
    found.append(tried(n, 0, when))
    n += 1
for when in ("before", "after"):
    for statement in range(1, 60):
        found.append(tried(n, statement, when))
        n += 1
        if found[-1]["answered"]:
            break
print(json.dumps({"found": found, "sound": findings()}))
"""


def test_a_booking_killed_at_any_point_is_whole_or_not_there_and_sent_again_it_is_one(house):
    told = json.loads(house.python(KILLED).splitlines()[-1])
    found = told["found"]
    assert len(found) > 30
    (whole,) = {json.dumps(row["whole"], sort_keys=True) for row in found}
    nothing = json.dumps(dict.fromkeys(json.loads(whole), 0), sort_keys=True)
    for row in found:
        assert row["is_one"], row
        left = json.dumps(row["left"], sort_keys=True)
        if row["answered"] or row["point"][1] == "after commit":
            assert left == whole, row
        else:
            assert row["signal"] == 9, row
            assert left in {whole, nothing}, row
    assert [row["answered"] for row in found].count(True) == 2, "the last of each round was left alive"
    rows = json.loads(whole)
    assert rows["AuditEvent"] >= 1
    assert rows["Notice"] == rows["DBTaskResult"]
    assert told["sound"] == {"overlaps": 0, "without_claims": 0, "claims_left_over": 0, "claims_astray": 0}
