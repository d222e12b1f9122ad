"""What booking costs: free times of four weeks, and eight writers after the same afternoon.

`python benchmarks/booking.py [--json FILE] [--attempts 2000] [--races 50]` makes an installation of its own on the database that
`DATABASE_URL` names (embedded SQLite without it), with no web server in between. Peers were measured over HTTP and must not be
compared with these figures by division. `free_times_cpu_ms` is CPU of the pure function: 4 weeks, 10 practitioners, 8 rooms,
500 bookings, acupuncture with its three phases; `free_times_with_rows_cpu_ms` adds the reading of the rows of the small clinic
of the race. The load of the machine stands beside.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
N_WRITERS = 8
FIRST_TICK, DAY_TICKS, N_DAYS = 5_990_400, 288, 28

SCENE = """
import django; django.setup()
from tests import factories as f
clinic = f.a_clinic()
for n in range(3):
    f.a_practitioner(clinic, name=f"Practitioner {n}")
for n in range(16):
    f.a_patient(clinic, given_name=f"Patient {n}", email="")
"""
FINDINGS = """
import django; django.setup()
import json
from tests.clinic.booking.overlaps import findings
print(json.dumps(findings()))
"""
WITH_ROWS = """
import django; django.setup()
import time
from datetime import UTC, datetime
from myotome.clinic.booking.models import Service
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.people.models import Clinic
from myotome.clinic.people.queries import system_actor
at = datetime(2026, 11, 24, 17, tzinfo=UTC)
actor, service = system_actor(Clinic.objects.get(), name="bench"), Service.objects.get(kind="acupuncture")
costs = []
for _ in range(20):
    begun = time.process_time()
    free_times_for(actor, service=service, first_day=at.date(), n_days=28, at=at)
    costs.append(time.process_time() - begun)
print(1000 * sorted(costs)[len(costs) // 2])
"""


def free_times_cpu_ms(rounds: int = 31) -> float:
    """Median CPU of the whole question, in milliseconds."""
    from myotome.science.booking.free import Diary, Question, free_times
    from myotome.vocabulary.scheduling import TICK_SECONDS, Interval, Phase

    chance = random.Random(1)
    days = [FIRST_TICK + day * DAY_TICKS + 96 for day in range(N_DAYS)]
    hours = [Interval(day * TICK_SECONDS, (day + 96) * TICK_SECONDS) for day in days]
    taken: dict[str, dict[int, set[int]]] = {"practitioner": {n: set() for n in range(10)}}
    taken["room"] = {n: set() for n in range(8)}
    for _ in range(500):
        start = chance.choice(days) + chance.randrange(0, 90, 3)
        for diaries in taken.values():
            diaries[chance.randrange(len(diaries))] |= set(range(start, start + 6))
    question = Question(
        phases=[Phase(15, True, True), Phase(20, False, True), Phase(5, True, True)],
        first_tick=FIRST_TICK,
        end_tick=FIRST_TICK + N_DAYS * DAY_TICKS,
    )
    practitioners, rooms = (
        {n: Diary(working=hours, taken=sorted(ticks)) for n, ticks in taken[kind].items()}
        for kind in ("practitioner", "room")
    )
    costs = []
    for _ in range(rounds):
        begun = time.process_time()
        free_times(question, practitioners, rooms)
        costs.append(1000 * (time.process_time() - begun))
    return statistics.median(costs)


def race(environment: dict[str, str], what: str, n_attempts: int) -> tuple[Counter[str], float]:
    """Outcomes of all writers together, and the seconds they took."""
    command = [sys.executable, "-m", "tests.clinic.booking.racers"]
    writers = [
        subprocess.Popen(
            [*command, str(seed), str(-(-n_attempts // N_WRITERS)), what],
            env=environment,
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for seed in range(N_WRITERS)
    ]
    for writer in writers:
        if writer.stdout is None or writer.stdout.readline() != "ready\n":
            raise SystemExit("A writer did not start.")
    begun = time.perf_counter()
    for writer in writers:
        if writer.stdin is not None:
            writer.stdin.write("go\n")
            writer.stdin.flush()
    counts: Counter[str] = Counter()
    for writer in writers:
        counts.update(json.loads(writer.communicate()[0]))
    return counts, time.perf_counter() - begun


def measure(n_attempts: int, n_races: int) -> dict[str, Any]:
    """All figures of one run."""
    found: dict[str, Any] = {"load": os.getloadavg()[0], "free_times_cpu_ms": round(free_times_cpu_ms(), 2)}
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "MYOTOME_DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "myotome.website.settings",
        }

        def run(*arguments: str) -> str:
            done = subprocess.run(
                [sys.executable, *arguments], env=environment, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE
            )
            return done.stdout.strip()

        run("-m", "myotome", "migrate")
        run("-c", SCENE)
        one_place, _ = race(environment, "place", N_WRITERS * n_races)
        found["races"], found["races_won"] = n_races, one_place["won"]
        found["free_times_with_rows_cpu_ms"] = round(float(run("-c", WITH_ROWS)), 2)
        counts, seconds = race(environment, "book", n_attempts)
        found["attempts_per_s"] = round(counts.total() / seconds, 1)
        found["bookings_per_s"] = round(counts["won"] / seconds, 1)
        found["refused_taken"] = counts["refused"]
        found["other_errors"] = counts.total() - counts["won"] - counts["refused"]
        found |= json.loads(run("-c", FINDINGS))
    return found


def main() -> int:
    """Prints the figures, and writes them where asked; 1 when anything was booked twice or failed otherwise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--attempts", type=int, default=2000)
    parser.add_argument("--races", type=int, default=50, help="places that eight writers want, one a week; at most 56")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = measure(given.attempts, min(given.races, 56))
    for name, value in found.items():
        print(f"{name:30} {value}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    return int(bool(found["overlaps"] or found["other_errors"] or found["races_won"] != found["races"]))


if __name__ == "__main__":
    raise SystemExit(main())
