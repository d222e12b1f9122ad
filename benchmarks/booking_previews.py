"""What the desk waits for before it says yes to a series: the whole preview from the rows, in the clinic of `booking_desk`.

Its ten practitioners and eight rooms hold what the desks have booked there. One series of eight with one practitioner and with
anybody (CPU), and forty of eight placed together (wall clock, the first one with OR-tools still to be loaded), of IMS and of
acupuncture with its three phases; the larger of the two is told. Nothing is written.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SCRIPT = """
import django; django.setup()
import json, statistics, time
from datetime import time as clock, timedelta
from django.utils import timezone
from tests import factories as f
from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.booking.preview import Wish, preview_series
from myotome.clinic.booking.together import preview_together
from myotome.clinic.people.models import Clinic, Patient, Practitioner
by, now = f.the_system(Clinic.objects.get()), timezone.now()
staff = list(Practitioner.objects.order_by("pk").values_list("pk", flat=True))
patients = list(Patient.objects.order_by("pk").values_list("pk", flat=True)[:40])
tuesday = now.date() + timedelta(days=8 - now.date().weekday())


def a_wish(service, n, who):
    return Wish(service_id=service.pk, practitioner_id=who, first_day=tuesday + timedelta(days=n % 4), at_time=clock(9 + n % 7), n_visits=8)


def cpu_ms(wishes):
    costs = []
    for patient, wish in wishes:
        begun = time.process_time()
        preview_series(by, at=now, patient_id=patient, wish=wish)
        costs.append(1000 * (time.process_time() - begun))
    return statistics.median(costs)


one, anybody, seconds, found = [], [], [], []
for kind in ("ims", "acupuncture"):
    service = Service.objects.get(kind=kind)
    one.append(cpu_ms([(patients[n], a_wish(service, n, staff[n % 10])) for n in range(11)]))
    anybody.append(cpu_ms([(patients[n], a_wish(service, n, None)) for n in range(5)]))
    for named in (True, False):
        wishes = [(patient, a_wish(service, n, staff[n % 5] if named else None)) for n, patient in enumerate(patients)]
        begun = time.perf_counter()
        found.append(preview_together(by, at=now, wishes=wishes))
        seconds.append(time.perf_counter() - begun)
print(json.dumps({
    "previewed_among": Appointment.objects.count(),
    "series_preview_ms": round(max(one), 1),
    "series_preview_anybody_ms": round(max(anybody), 1),
    "forty_series_preview_s": round(max(seconds), 2),
    "forty_series_previewed": [f"{row.n_placed} of {row.n_wished}" for row in found],
    "forty_series_percent_less_at_most": [row.percent_less_at_most for row in found],
}))
"""


def measure(environment: dict[str, str]) -> dict[str, Any]:
    """The figures, in the installation that `environment` names."""
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
