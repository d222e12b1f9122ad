"""What booking costs: free times of four weeks, a series, bookings over HTTP, and 1,000 races for one place.

`python benchmarks/booking.py [--json FILE] [--database-url URL] [--bookings 1600] [--races 1000]` makes installations of its
own on the database that is named (embedded SQLite without one). `free_times_cpu_ms` is CPU of the pure function: 4 weeks,
10 practitioners, 8 rooms, 500 bookings, acupuncture with its three phases; `free_times_http_p50_ms` the same question
answered by one request of a served clinic, its rows read and login and permission on; `bookings_per_s` eight
receptionists at its desk (see booking_desk.py). `series_ms` is the search for one series alone; what the desk waits for,
rows read and every clash named, is `series_preview_ms` and `forty_series_preview_s` (see booking_previews.py). The load of the machine stands beside: all of it shares two cores.
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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT), str(ROOT / "benchmarks")]
FIRST_TICK, DAY_TICKS, N_DAYS = 5_990_400, 288, 28
PLACES_A_ROUND = 125
DAY_MINUTES = 24 * 60


def free_times_cpu_ms(rounds: int = 301) -> float:
    """Median CPU of the whole question, in milliseconds; of so many rounds that a processor that slept is awake."""
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


def series_ms(rounds: int = 15) -> float:
    """Median CPU of the best series of 8 out of ten weeks of free times with two in five taken, in milliseconds."""
    from myotome.science.booking.series import SeriesWish, best_series

    chance = random.Random(2)
    minutes = [
        day * DAY_MINUTES + clock
        for day in range(70)
        if day % 7 < 5
        for clock in range(8 * 60, 16 * 60, 15)
        if chance.random() < 0.6
    ]
    prices = [abs(minute % DAY_MINUTES - 15 * 60) for minute in minutes]
    wish = SeriesWish(n_visits=8, wanted_gap=7 * DAY_MINUTES, least_gap=5 * DAY_MINUTES, most_gap=14 * DAY_MINUTES)
    costs = []
    for _ in range(rounds):
        begun = time.process_time()
        found = best_series(minutes, prices, wish)
        costs.append(1000 * (time.process_time() - begun))
        if len(found.chosen) != 8:
            raise SystemExit("the series of 8 was not found")
    return statistics.median(costs)


def forty_series() -> dict[str, Any]:
    """Forty series of eight placed together into the diaries of five practitioners: seconds, and how good it is known to be."""
    from myotome.science.booking.many_series import Candidate, place_many
    from myotome.science.booking.series import SeriesWish

    wishes, candidates = [], []
    for number in range(40):
        wishes.append(
            SeriesWish(n_visits=8, wanted_gap=7 * DAY_MINUTES, least_gap=5 * DAY_MINUTES, most_gap=14 * DAY_MINUTES)
        )
        wished = 9 * 60 + 30 * (number * 7 % 16)
        candidates.append(
            [
                Candidate(
                    minute=day * DAY_MINUTES + clock,
                    price=abs(clock - wished),
                    takes=((f"practitioner {number % 5}", day * 100 + clock // 30),),
                )
                for day in range(number % 5, 63, 7)
                for clock in range(9 * 60, 17 * 60, 60)
            ]
        )
    begun = time.perf_counter()
    found = place_many(wishes, candidates, {}, most_seconds=4)
    return {
        "forty_series_s": round(time.perf_counter() - begun, 2),
        "forty_series_placed": f"{found.n_placed} of {found.n_wished}",
        "forty_series_optimal": found.is_optimal,
    }


def acupuncture_day() -> dict[str, Any]:
    """Patients in one acupuncturist's day of eight hours and three rooms, starts every 20 minutes, 5 minutes to turn the room over.

    With phases she is with somebody else while needles rest; without, she stays for all 40 minutes. Each start that is
    free is taken, the first one first; never more than three rest at once.
    """
    from myotome.science.booking.free import Diary, Question, Retained, free_times
    from myotome.vocabulary.scheduling import TICK_SECONDS, Interval, Phase

    phased = [Phase(15, True, True), Phase(20, False, True), Phase(5, True, True)]
    day = Interval(FIRST_TICK * TICK_SECONDS, (FIRST_TICK + 96) * TICK_SECONDS)
    counts = {}
    for name, phases in (("with", phased), ("without", [Phase(40, True, True)])):
        hers: list[tuple[int, int]] = []
        rooms: dict[int, list[tuple[int, int]]] = {1: [], 2: [], 3: []}
        resting: list[tuple[int, int]] = []
        n = 0
        while True:
            question = Question(
                phases=phases, first_tick=FIRST_TICK, end_tick=FIRST_TICK + 96, step_ticks=4, turnover_ticks=1
            )
            free = free_times(
                question,
                {1: Diary(working=[day], busy=hers)},
                {room: Diary(working=[day], busy=busy) for room, busy in rooms.items()},
                {1: Retained(stretches=resting, most_at_once=3)},
            )
            if not free:
                break
            n += 1
            tick, room = free[0].tick, free[0].room or 0
            rooms[room].append((tick, tick + 9))
            if name == "with":
                hers += [(tick, tick + 3), (tick + 7, tick + 8)]
                resting.append((tick + 3, tick + 7))
            else:
                hers.append((tick, tick + 8))
        counts[name] = n
        most = max((sum(a <= t < b for a, b in resting) for t in range(FIRST_TICK, FIRST_TICK + 96)), default=0)
        if most > 3:
            raise SystemExit("more than three rest at once")
    return {
        "patients_with_phases": counts["with"],
        "patients_without_phases": counts["without"],
        "times_the_patients": round(counts["with"] / counts["without"], 2),
    }


def races(folder: Path, n_races: int) -> dict[str, Any]:
    """How many of so many places, each wanted by eight processes at once, had exactly one winner."""
    from tests.clinic.booking.test_races import N_WRITERS, SOUND, Race

    found: dict[str, Any] = {"races": n_races, "races_with_one_winner": 0, "race_errors": 0, "overlaps": 0}
    track = Race(folder / "races")
    left = n_races
    while left:
        n = min(left, PLACES_A_ROUND)
        track.empty()
        counts = track.run("place", N_WRITERS * n)
        wrong = track.findings()
        found["overlaps"] += wrong["overlaps"]
        found["race_errors"] += counts.total() - counts["won"] - counts["refused"]
        if wrong == SOUND and counts["won"] == n == track.n_live():
            found["races_with_one_winner"] += n
        left -= n
    track.end()
    return found


def measure(n_bookings: int, n_races: int) -> dict[str, Any]:
    """All figures of one run."""
    import booking_desk
    import booking_previews

    found: dict[str, Any] = {"load": os.getloadavg()[0], "free_times_cpu_ms": round(free_times_cpu_ms(), 2)}
    found["series_ms"] = round(series_ms(), 2)
    found |= forty_series() | acupuncture_day()
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "MYOTOME_DATA_DIR": f"{folder}/desk",
            "DJANGO_SETTINGS_MODULE": "myotome.website.settings",
        }
        command = [sys.executable, "-m", "myotome", "migrate"]
        subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        found |= booking_desk.measure(environment, n_bookings=n_bookings)
        found |= booking_previews.measure(environment)
        found |= races(Path(folder), n_races)
    found["load_at_the_end"] = os.getloadavg()[0]
    return found


def main() -> int:
    """Prints the figures, and writes them where asked; 1 when anything was booked twice, lost or refused without need."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bookings", type=int, default=1600)
    parser.add_argument("--races", type=int, default=1000)
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; embedded SQLite without one")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.database_url:
        os.environ["DATABASE_URL"] = given.database_url
    found = measure(given.bookings, given.races)
    for name, value in found.items():
        print(f"{name:30} {value}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    wrong = found["overlaps"] or found["race_errors"] or found["other_answers"] or found["refused_spuriously"]
    return int(bool(wrong or found["races_with_one_winner"] != found["races"]))


if __name__ == "__main__":
    raise SystemExit(main())
