"""One writer of a race: a process that books, moves or cancels at hot times as fast as it can, and counts what it got.

Run as `python -m tests.clinic.booking.racers SEED ATTEMPTS WHAT`, with `DJANGO_SETTINGS_MODULE` and the database in the
environment. Waits for a line on standard input, so that all writers start together. Prints a JSON count by outcome:
`won`, `refused` (409), and anything else by the name of its error. WHAT is `book` (a shared afternoon, most of it given
back), `move` (what is there, to that afternoon), `place` (all writers after one place each week) or `blind` (the same,
written without looking whether it is free: only the claims stand between two writers).
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.db import transaction  # noqa: E402

from myotome.clinic.booking import actions  # noqa: E402
from myotome.clinic.booking.claims import occupy, spans_for  # noqa: E402
from myotome.clinic.booking.models import Appointment, Service  # noqa: E402
from myotome.clinic.booking.queries import phases_of  # noqa: E402
from myotome.clinic.people.models import Clinic, Patient, Place, Practitioner, Room  # noqa: E402
from myotome.clinic.people.queries import system_actor  # noqa: E402
from myotome.vocabulary.errors import MyotomeError  # noqa: E402

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""09:00 in Vancouver, the moment the race takes place in."""


def main(seed: int, n_attempts: int, what: str) -> None:
    """Makes the attempts and prints what came of them."""
    chance = random.Random(seed)
    clinic = Clinic.objects.get()
    actor = system_actor(clinic, name=f"writer {seed}")
    service = Service.objects.get(kind="assessment_ims")
    place, room = Place.objects.get(), Room.objects.order_by("pk")[0]
    patients = list(Patient.objects.order_by("pk").values_list("pk", flat=True))
    practitioners = list(Practitioner.objects.order_by("pk").values_list("pk", flat=True))
    counts: Counter[str] = Counter()
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(n_attempts):
        starts_at = NOON + timedelta(hours=1, minutes=0 if what in {"place", "blind"} else 5 * chance.randrange(48))
        if what in {"place", "blind"}:
            starts_at += timedelta(days=7 * n)
        try:
            if what == "move":
                mine = chance.choice(list(Appointment.objects.values_list("pk", "version")))
                actions.move(by=actor, at=NOON, appointment_id=mine[0], version=mine[1], starts_at=starts_at)
            elif what == "blind":
                with transaction.atomic():
                    made = Appointment.objects.create(
                        clinic=clinic,
                        place=place,
                        patient_id=patients[seed],
                        practitioner_id=practitioners[0],
                        service=service,
                        starts_at=starts_at,
                        ends_at=starts_at + timedelta(hours=1),
                        created_at=NOON,
                        created_by=actor.name,
                    )
                    occupy(spans_for(made, phases_of(service), room_id=room.pk))
            else:
                made = actions.book(
                    by=actor,
                    at=NOON,
                    patient_id=patients[seed % len(patients)] if what == "place" else chance.choice(patients),
                    service_id=service.pk,
                    practitioner_id=practitioners[0] if what == "place" else chance.choice(practitioners),
                    starts_at=starts_at,
                )
                if what == "book" and chance.random() < 0.7:
                    actions.cancel(by=actor, at=NOON, appointment_id=made.pk)
            counts["won"] += 1
        except MyotomeError as error:
            counts["refused" if error.http_status == 409 else type(error).__name__] += 1
        except Exception as error:
            counts[f"{type(error).__name__}: {error}"[:120]] += 1
    print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
