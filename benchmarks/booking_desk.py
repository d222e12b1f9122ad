"""Booking at the desk over HTTP, as it is served: login, permission and audit on, eight receptionists at once.

A clinic of ten practitioners and eight rooms is made for it and served by `myotome serve`'s own server. Each receptionist
logs in with her password through the login page, keeps one connection, and takes the next call when she is free, so that
all are at work until the end. She books by the desk's form: one visit an attempt, each a time that nobody else asks for, so
that every refusal is spurious. The clients share the machine.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[1]
N_CLIENTS = 8
TICKS = os.sysconf("SC_CLK_TCK")

SCENE = """
import django; django.setup()
import json, random, sys
from datetime import UTC, datetime, time, timedelta
from django.utils import timezone
from tests import factories as f
from myotome.clinic.booking import actions
from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.people.models import Room, Place, Patient
from myotome.clinic.screening.models import Course
from myotome.vocabulary.errors import AlreadyBooked
n_bookings, open_courses = int(sys.argv[1]), sys.argv[2] == "courses"
clinic = f.a_clinic()
place = Place.objects.get()
Room.objects.bulk_create(Room(clinic=clinic, place=place, name=f"Room {n}", kind="any") for n in range(3, 9))
staff = [f.a_practitioner(clinic, name=f"Practitioner {n}") for n in range(10)]
for n in range(8):
    desk = f.a_user(clinic, f.Role.RECEPTIONIST, name=f"Desk {n}", email=f"desk{n}@example.org")
rows = [
    Patient(clinic=clinic, given_name=f"Patient {n}", family_name="Bench", born_on="1970-01-01", created_at=f.AT,
            search_name=f"patient {n} bench", email=f"p{n}@example.org")
    for n in range(n_bookings + 100)
]
patients = Patient.objects.bulk_create(rows)
now = timezone.now()
Course.objects.bulk_create(
    Course(clinic=clinic, patient=p, complaint="Low back", condition="low_back_pain", regions=["low_back"], duration_weeks=10,
           n_segments=1, prior_surgery=False, opened_at=now - timedelta(days=90),
           **({} if open_courses else {"closed_at": now - timedelta(days=9), "outcome": "recovered"}))
    for p in patients
)
actor = f.the_system(clinic)
chance = random.Random(7)
acupuncture, ims = Service.objects.get(kind="acupuncture"), Service.objects.get(kind="ims")
done = 0
while done < 500:  # four weeks, half of them acupuncture with its three phases
    service = (acupuncture, ims)[done % 2]
    offers = free_times_for(actor, service=service, first_day=now.date() + timedelta(days=1), n_days=28, at=now)
    for offer in chance.sample(offers, 60):
        try:
            actions.book(by=actor, at=now, patient_id=patients[n_bookings + done % 100].pk, service_id=service.pk,
                         practitioner_id=offer.practitioner_id, starts_at=offer.starts_at)
            done += 1
        except AlreadyBooked:
            pass
# What the desks will ask for: from the fifth week on, at most eight at a time, so that there is a room for each.
wanted = []
first = now.date() + timedelta(days=36)
while len(wanted) < n_bookings:
    offers = free_times_for(actor, service=ims, first_day=first, n_days=28, at=now, step_minutes=30)
    by_start = {}
    for offer in offers:
        by_start.setdefault(offer.starts_at, []).append(offer)
    for start in sorted(by_start):
        wanted += [(o.practitioner_id, start.isoformat()) for o in by_start[start][:8]]
    first += timedelta(days=28)
print(json.dumps({"slug": clinic.slug, "ims": ims.pk, "acupuncture": acupuncture.pk,
                  "wanted": [[patients[n].pk, *row] for n, row in enumerate(wanted[:n_bookings])]}))
"""


class Desk:
    """One receptionist's browser: a kept connection and her cookies."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.stream = socket.create_connection(("127.0.0.1", port))
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.stream.makefile("rb")

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body; cookies are kept."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = urlencode(form | {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}) if form is not None else ""
        head = f"{'POST' if form is not None else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookies}\r\n"
        if form is not None:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        self.stream.sendall((head + "\r\n" + body).encode())
        status = int(self.file.readline().split()[1])
        length, chunked = 0, False
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            name = name.lower()
            if name == "content-length":
                length = int(value)
            elif name == "transfer-encoding":
                chunked = True
            elif name == "set-cookie":
                key, _, rest = value.strip().partition("=")
                if key != "messages":  # what the next page says; a browser would have shown it and dropped it
                    self.cookies[key] = rest.split(";")[0]
        if not chunked:
            return status, self.file.read(length)
        parts = []
        while size := int(self.file.readline(), 16):
            parts.append(self.file.read(size))
            self.file.readline()
        self.file.readline()
        return status, b"".join(parts)

    def log_in(self, email: str, password: str) -> None:
        """Through the login page, as a person does."""
        _, page = self.ask("/accounts/login/")
        token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if token:
            self.cookies.setdefault("csrftoken", token[1].decode())
        status, _ = self.ask("/accounts/login/", {"login": email, "password": password})
        if status != 302:
            raise SystemExit(f"the login was answered with {status}")


@contextmanager
def served(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """(port, process id) of a server of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "myotome", "serve", "--port", str(port), "--no-worker"]
    server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        while server.stdout is not None and "serves" not in (line := server.stdout.readline()):
            if not line:
                raise SystemExit("the server did not start")
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def cpu_ms_of(pid: int) -> float:
    """CPU of a process and its children so far, in milliseconds."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(folder.name) == pid or int(fields[1]) == pid:
            total += int(fields[11]) + int(fields[12])
    return 1000 * total / TICKS


def measure(environment: dict[str, str], *, n_bookings: int, courses: bool = False) -> dict[str, Any]:
    """Free times by one request, then all bookings, eight clients at once."""

    def python(*arguments: str) -> str:
        command = [sys.executable, "-c", *arguments]
        return subprocess.run(command, env=environment, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout

    scene = json.loads(python(SCENE, str(n_bookings), "courses" if courses else "closed"))
    found: dict[str, Any] = {}
    with served(environment) as (port, pid):
        desks = [Desk(port) for _ in range(N_CLIENTS)]
        for n, desk in enumerate(desks):
            desk.log_in(f"desk{n}@example.org", "a long enough password")
        question = f"/{scene['slug']}/book/times/?service={scene['acupuncture']}&days=28"
        times = []
        for n in range(60):
            begun = time.perf_counter()
            status, body = desks[n % 2].ask(question)
            times.append(1000 * (time.perf_counter() - begun))
            if status != 200:
                raise SystemExit(f"free times were answered with {status}")
        found["free_times_http_p50_ms"] = round(statistics.median(times), 2)
        found["free_times_answered"] = sum(len(run["ticks"]) for run in json.loads(body)["free"])
        took: list[float] = []
        statuses: list[int] = []
        start = threading.Barrier(N_CLIENTS + 1)
        calls = iter(scene["wanted"])

        def work(number: int) -> None:
            start.wait()
            for patient, practitioner, starts in calls:
                form = {"service": str(scene["ims"]), "start": f"{starts}|{practitioner}", "key": f"k{patient}"}
                begun = time.perf_counter()
                status, _ = desks[number].ask(f"/{scene['slug']}/desk/book/{patient}/", form)
                took.append(1000 * (time.perf_counter() - begun))
                statuses.append(status)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(N_CLIENTS)]
        for thread in threads:
            thread.start()
        cpu = cpu_ms_of(pid)
        start.wait()
        begun = time.perf_counter()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begun
        cpu = cpu_ms_of(pid) - cpu
    won = statuses.count(302)
    took.sort()
    found |= {
        "bookings_per_s": round(won / seconds, 1),
        "bookings_p50_ms": round(took[len(took) // 2], 1),
        "bookings_p99_ms": round(took[int(len(took) * 0.99)], 1),
        "cpu_ms_per_booking": round(cpu / max(won, 1), 2),
        "refused_spuriously": statuses.count(409),
        "other_answers": len(statuses) - won - statuses.count(409),
    }
    return found


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "MYOTOME_DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "myotome.website.settings",
        }
        subprocess.run(
            [sys.executable, "-m", "myotome", "migrate"], env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        print(json.dumps(measure(env, n_bookings=int(sys.argv[1]), courses=len(sys.argv) > 2), indent=1))
