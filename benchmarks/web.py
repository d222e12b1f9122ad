"""What a page costs: CPU per request and answer times of the pages that matter, on a clinic of 10,000 patients.

`python benchmarks/web.py [--patients 10000] [--seconds 5] [--tap] [--json FILE]` makes the demo clinic once (build/bench), serves
it as `myotome serve` does (granian, two workers), and asks each page in turn over kept connections. CPU is that of the
server's workers alone, read from the kernel; the load of the machine stands beside, because answer times depend on it.
What a tap on the needle chart costs goes to build/visit-figures.json: one practitioner, one needle after the other, each
tap with its CPU, which a busy machine does not lengthen. `--tap` measures that alone, in half a minute once the clinic is made.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
N_CONNECTIONS = 2
N_VISITS = 40
NEEDLES_A_VISIT = 12
FIGURES = ROOT / "build" / "visit-figures.json"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Page:
    """One thing to ask for: a path, or for a POST a function from the number of the request to (path, form)."""

    name: str
    path: str
    form: Callable[[int], tuple[str, dict[str, str]]] | None = None
    most: int = 0


@dataclass
class House:
    """The clinic that is asked: who asks, and for what."""

    slug: str
    cookies: str
    csrf: str
    pages: list[Page] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    visits: list[int] = field(default_factory=list)


def prepare(patients: int) -> House:
    """Makes the clinic if it is not there, and finds a practitioner, a patient with a course, an intake and visits."""
    os.environ["MYOTOME_DATA_DIR"] = str(ROOT / "build" / f"bench-{patients}")
    os.environ["DJANGO_SETTINGS_MODULE"] = "myotome.website.settings_demo"
    from myotome.cli import main as myotome

    begun = time.monotonic()
    if myotome(["demo", "--patients", str(patients), "--seed", "1", "--no-serve"]):
        raise SystemExit("the demo clinic could not be made")
    made_s = time.monotonic() - begun

    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    settings.ALLOWED_HOSTS.append("testserver")
    from myotome.clinic.booking.models import Appointment, Service
    from myotome.clinic.booking.queries import free_times_for
    from myotome.clinic.needling.actions import open_visit
    from myotome.clinic.people.links import link_token
    from myotome.clinic.people.models import Clinic, Practitioner, User
    from myotome.clinic.people.queries import actor_of
    from myotome.clinic.screening.models import Course, Intake
    from myotome.vocabulary.needling import TreatmentMode

    clinic = Clinic.objects.get()
    elena = User.objects.get(email__startswith="elena@")
    actor, now = actor_of(elena, clinic), timezone.now()
    client = Client()
    client.force_login(elena)
    csrf = secrets.token_hex(16)
    courses = list(Course.objects.for_actor(actor).filter(closed_at__isnull=True).order_by("-pk")[:N_VISITS])
    patient = courses[0].patient_id
    intake = Intake.objects.filter(level="none").order_by("-pk").first()
    token = link_token("intake", intake.pk, intake.link_version)
    visits = [open_visit(by=actor, at=now, course_id=course.pk, mode=TreatmentMode.IMS).pk for course in courses]
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    cpu, offers = time.process_time(), []
    for _ in range(5):
        offers = free_times_for(actor, service=service, first_day=now.date(), n_days=28, at=now)
    free_cpu_ms = 1000 * (time.process_time() - cpu) / 5

    def needle(number: int) -> tuple[str, dict[str, str]]:
        visit = visits[number % len(visits)]
        form = {
            "site": "muscle:gluteus_medius::left",
            "depth_mm": "50",
            "size": "0.30x60",
            "quick": "grasp-release",
            "client_id": secrets.token_hex(8),
        }
        return f"/{clinic.slug}/visit/{visit}/needle/", form

    ahead = Appointment.objects.filter(clinic=clinic, starts_at__range=(now, now + timedelta(days=28)))
    return House(
        slug=clinic.slug,
        cookies=f"sessionid={client.cookies['sessionid'].value}; csrftoken={csrf}",
        csrf=csrf,
        pages=[
            Page("intake page", f"/{clinic.slug}/intake/{token}/where/"),
            Page("free times", f"/{clinic.slug}/book/?intake={token}"),
            Page("day view", f"/{clinic.slug}/desk/"),
            Page("chart page", f"/{clinic.slug}/chart/{patient}/"),
            Page("visit page", f"/{clinic.slug}/visit/{visits[0]}/"),
            Page("insertion POST", "", form=needle, most=len(visits) * NEEDLES_A_VISIT),
        ],
        facts={
            "patients": patients,
            "practitioners": Practitioner.objects.filter(clinic=clinic).count(),
            "bookings_in_4_weeks": ahead.count(),
            "making_s": round(made_s, 1),
            "free_times_4_weeks_cpu_ms": round(free_cpu_ms, 1),
            "free_times_offered": len(offers),
        },
        visits=visits,
    )


@contextmanager
def server(patients: int) -> Iterator[tuple[int, list[int]]]:
    """The running server: its port and the process ids of its workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "myotome", "demo", "--patients", str(patients), "--seed", "1", "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if not any(line.strip() == f"http://127.0.0.1:{port}/" for line in process.stdout):
            raise SystemExit("the server did not start")
        yield port, _workers(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _workers(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        int(pid)
        for pid in children
        if b"\0worker\0" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        and b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def _cpu_ns(pids: list[int]) -> int:
    """CPU of all threads of the workers, from the scheduler: fine enough for one request."""
    return sum(
        int(path.read_text().split()[0]) for pid in pids for path in Path(f"/proc/{pid}/task").glob("*/schedstat")
    )


def _cpu_s(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        parts = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        total += int(parts[11]) + int(parts[12])
    return total / TICKS


def ask(page: Page, house: House, port: int, workers: list[int], seconds: float) -> dict[str, Any]:
    """Asks for the page for some seconds over kept connections; every answer must be good."""
    times: list[float] = []
    strange: list[str] = []
    until = time.monotonic() + seconds

    def one(connection: http.client.HTTPConnection) -> bool:
        begun = time.perf_counter()
        connection.request("GET", page.path, headers={"Cookie": house.cookies})
        answer = connection.getresponse()
        content = answer.read()
        times.append(time.perf_counter() - begun)
        if answer.status != 200:
            strange.append(f"{answer.status} {answer.headers.get('Location', '')} {content[:200]!r}")
        return time.monotonic() < until and not strange

    def keep_asking() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while one(connection):
            pass

    for _ in range(3):  # both workers have loaded what the page needs
        one(http.client.HTTPConnection("127.0.0.1", port, timeout=30))
    times.clear()
    threads = [threading.Thread(target=keep_asking) for _ in range(N_CONNECTIONS)]
    cpu, begun = _cpu_s(workers), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu, wall = _cpu_s(workers) - cpu, time.monotonic() - begun
    if strange:
        raise SystemExit(f"{page.name}: {strange[0]}")
    times.sort()
    return {
        "page": page.name,
        "requests": len(times),
        "per_s": round(len(times) / wall, 1),
        "cpu_ms": round(1000 * cpu / len(times), 2),
        "p50_ms": round(1000 * times[len(times) // 2], 1),
        "p95_ms": round(1000 * times[int(len(times) * 0.95)], 1),
        "load": round(os.getloadavg()[0], 1),
    }


def taps(house: House, port: int, workers: list[int]) -> dict[str, Any]:
    """Tap to saved row to the page that shows it, one after the other: wall and CPU of each.

    The CPU is that of a worker while it answers; what it does between two taps is its own and is left out.
    """
    page = next(page for page in house.pages if page.form is not None)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Cookie": house.cookies, "X-CSRFToken": house.csrf, "HX-Request": "true"}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    wall: list[float] = []
    cpu: list[float] = []
    n_warm = 2 * len(house.visits)
    assert page.form is not None
    for number in range(page.most):
        path, form = page.form(number)
        before, begun = _cpu_ns(workers), time.perf_counter()
        connection.request("POST", path, urlencode(form), headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{page.name}: {answer.status} {content[:200]!r}")
        if number >= n_warm:
            wall.append(1000 * (time.perf_counter() - begun))
            cpu.append((_cpu_ns(workers) - before) / 1e6)
    return {
        "page": "tap, one by one",
        "requests": len(wall),
        "per_s": round(1000 * len(wall) / sum(wall), 1),
        "cpu_ms": round(sum(cpu) / len(cpu), 2),
        "cpu_p95_ms": _p95(cpu),
        "p50_ms": round(sorted(wall)[len(wall) // 2], 1),
        "p95_ms": _p95(wall),
        "load": round(os.getloadavg()[0], 1),
    }


def _p95(times: list[float]) -> float:
    return round(sorted(times)[math.ceil(0.95 * len(times)) - 1], 1)


def ladder_ms(house: House) -> list[float]:
    """How long the roots to consider take for each visit of the benchmark, with the needles that were charted in it."""
    from myotome.clinic.assessment.queries import last_findings
    from myotome.clinic.needling.models import TreatmentVisit
    from myotome.clinic.needling.queries import needle_as_value, needles_of
    from myotome.clinic.pathway.roots import roots_with_needles
    from myotome.clinic.people.models import User
    from myotome.clinic.people.queries import actor_of

    found = []
    for visit in TreatmentVisit.objects.filter(pk__in=house.visits).select_related("clinic"):
        actor = actor_of(User.objects.get(email__startswith="elena@"), visit.clinic)
        for is_timed in (False, True):
            begun = time.perf_counter()
            examination, findings = last_findings(actor, course_id=visit.course_id)
            values = [needle_as_value(row) for row in needles_of(visit)]
            answer, _shown = roots_with_needles(examination, findings, values, with_reasons=False)
            if is_timed and answer is not None:
                found.append(1000 * (time.perf_counter() - begun))
    if not found:
        raise SystemExit("no visit of the benchmark has an examination whose roots may be seen")
    return sorted(found)


def write_figures(patients: int, rows: list[dict[str, Any]], ladder: list[float]) -> None:
    """The two figures of a visit that only a large clinic can tell, beside those of the browser tests."""
    save = rows[-1]
    figures = {
        "save_ms_p95": save["p95_ms"],
        "save_cpu_ms_p95": save["cpu_p95_ms"],
        "ladder_ms_p95": _p95(ladder),
        "measured_with_patients": patients,
        "measured_at_load": save["load"],
    }
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    FIGURES.write_text(json.dumps(known | figures, indent=1))
    print(figures)


def main() -> int:
    """Prints one line a page, and writes JSON where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--tap", action="store_true", help="only what a tap on the needle chart costs")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    house = prepare(options.patients)
    with server(options.patients) as (port, workers):
        pages = [page for page in house.pages if page.form is None and not options.tap]
        rows = [ask(page, house, port, workers, options.seconds) for page in pages]
        rows.append(taps(house, port, workers))
    write_figures(options.patients, rows, ladder_ms(house))
    for name, value in house.facts.items():
        print(f"{name}: {value}")
    print(f"{'page':<16} {'requests':>8} {'per s':>7} {'CPU ms':>7} {'p50 ms':>7} {'p95 ms':>7} {'load':>5}")
    for row in rows:
        print(
            f"{row['page']:<16} {row['requests']:>8} {row['per_s']:>7} {row['cpu_ms']:>7} {row['p50_ms']:>7} "
            f"{row['p95_ms']:>7} {row['load']:>5}"
        )
    if options.json:
        options.json.write_text(json.dumps({"clinic": house.facts, "pages": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
