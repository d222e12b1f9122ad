"""Which journal for the embedded database: WAL or rollback, both with synchronous FULL, as a clinic uses them.

Two processes write (a chart row and its audit event in one IMMEDIATE transaction), two read (a patient's last 20 rows),
for some seconds each, on a file beside this one's build folder. `python benchmarks/journal.py [--seconds 6] [--json FILE]`
prints transactions and reads a second, their 50th and 99th percentile in milliseconds, CPU, and the load of the machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pysqlite3 as sqlite3

ROOT = Path(__file__).parents[1]
SCHEMA = """
CREATE TABLE needle (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL, site TEXT, side TEXT, depth_mm INTEGER, note TEXT);
CREATE INDEX by_patient ON needle (patient, id);
CREATE TABLE audit (id INTEGER PRIMARY KEY, at TEXT, act TEXT, subject INTEGER REFERENCES needle (id), detail TEXT);
"""


def connect(path: str, journal: str) -> Any:
    """A connection with the pragmas of the settings."""
    rows = sqlite3.connect(path, timeout=20, isolation_level=None)
    rows.executescript(f"PRAGMA journal_mode={journal};PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;")
    return rows


def write(path: str, journal: str, until: float, seed: int, out: Any) -> None:
    """Writes until the moment and tells the seconds of each transaction."""
    rows, times, n = connect(path, journal), [], seed * 1_000_003
    while time.time() < until:
        n += 1
        begun = time.perf_counter()
        rows.execute("BEGIN IMMEDIATE")
        cursor = rows.execute(
            "INSERT INTO needle (patient, site, side, depth_mm, note) VALUES (?, 'gluteus_medius', 'left', 50, ?)",
            (n % 10_000, "x" * 120),
        )
        rows.execute(
            "INSERT INTO audit (at, act, subject, detail) VALUES (datetime('now'), 'needle.recorded', ?, '{}')",
            (cursor.lastrowid,),
        )
        rows.execute("COMMIT")
        times.append(time.perf_counter() - begun)
    out.put(("write", times, time.process_time()))


def read(path: str, journal: str, until: float, seed: int, out: Any) -> None:
    """Reads until the moment and tells the seconds of each reading."""
    rows, times, n = connect(path, journal), [], seed * 7
    while time.time() < until:
        n += 1
        begun = time.perf_counter()
        rows.execute("SELECT * FROM needle WHERE patient = ? ORDER BY id DESC LIMIT 20", (n % 10_000,)).fetchall()
        times.append(time.perf_counter() - begun)
        time.sleep(0.002)  # a page does other work between two readings
    out.put(("read", times, time.process_time()))


def measure(journal: str, seconds: float, folder: Path) -> dict[str, Any]:
    """One run of two writers and two readers."""
    path = str(folder / f"{journal}.sqlite3")
    rows = connect(path, journal)
    rows.executescript(SCHEMA)
    rows.executemany(
        "INSERT INTO needle (patient, site, side, depth_mm, note) VALUES (?, 'multifidus', 'right', 40, ?)",
        ((n % 10_000, "x" * 120) for n in range(100_000)),
    )
    rows.close()
    out: Any = mp.Queue()
    until = time.time() + seconds
    processes = [
        mp.Process(target=job, args=(path, journal, until, n, out)) for n, job in enumerate([write, write, read, read])
    ]
    for process in processes:
        process.start()
    told = [out.get(timeout=seconds + 60) for _ in processes]
    for process in processes:
        process.join()
    answer: dict[str, Any] = {"journal": journal}
    for kind in ("write", "read"):
        times = sorted(t for name, each, _ in told if name == kind for t in each)
        answer |= {
            f"{kind}s_per_s": round(len(times) / seconds),
            f"{kind}_p50_ms": round(1000 * times[len(times) // 2], 2),
            f"{kind}_p99_ms": round(1000 * times[int(len(times) * 0.99)], 2),
            f"{kind}_max_ms": round(1000 * times[-1], 1),
            f"{kind}_cpu_ms": round(1000 * sum(cpu for name, _, cpu in told if name == kind) / len(times), 3),
        }
    return answer


def main() -> int:
    """Runs both, twice in turn, and prints the better of each pair by transactions a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    (ROOT / "build").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="journal-", dir=ROOT / "build"))
    try:
        runs = []
        for turn in range(2):
            for journal in ("WAL", "DELETE"):
                place = folder / str(turn)
                place.mkdir(exist_ok=True)
                runs.append(measure(journal, options.seconds, place))
    finally:
        shutil.rmtree(folder)
    best = [max((r for r in runs if r["journal"] == j), key=lambda r: r["writes_per_s"]) for j in ("WAL", "DELETE")]
    answer = {"sqlite": sqlite3.sqlite_version, "load": os.getloadavg()[0], "runs": best}
    for run in best:
        print("  ".join(f"{name}={value}" for name, value in run.items()))
    print(f"SQLite {sqlite3.sqlite_version}, load {answer['load']:.1f}")
    if options.json:
        options.json.write_text(json.dumps(answer, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
