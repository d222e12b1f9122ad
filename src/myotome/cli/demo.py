"""`myotome demo`: a synthetic clinic on this machine, made once for its size and seed and kept for the next start.

Nothing in it is about a real person. It runs on loopback with the settings of a real clinic, except that its logins
need no second factor. A demo never touches a data folder that it did not make.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from myotome.cli import serving
from myotome.cli.house import DEMO, in_use, make_data_dir, open_house
from myotome.cli.migrate import bring_up_to_date
from myotome.cli.mistakes import Mistake
from myotome.cli.serve import port_number

MARK = "demo.json"
MOST_PATIENTS = 200_000
OLD_AFTER = timedelta(days=14)


def add_to(commands: Any) -> None:
    """Adds `demo`."""
    what = "a synthetic clinic on this machine, with logins to try"
    command = commands.add_parser("demo", help=what, description=what, allow_abbrev=False)
    command.add_argument("--patients", type=_n_patients, default=300, metavar="N", help="how many (default 300)")
    command.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same clinic")
    command.add_argument("--port", type=port_number, default=8000, metavar="P", help="port on 127.0.0.1 (default 8000)")
    command.add_argument("--fresh", action="store_true", help="make it anew, around today")
    command.add_argument("--no-serve", action="store_true", help="make it and end")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Makes the clinic if it is not there, then serves it until Ctrl-C."""
    if not options.no_serve:
        serving.check_port_free("127.0.0.1", options.port)
    folder = folder_for(options.patients, options.seed)
    os.environ["MYOTOME_DATA_DIR"] = str(folder)
    os.environ["MYOTOME_PUBLIC_URL"] = f"http://127.0.0.1:{options.port}"
    os.environ["DJANGO_SETTINGS_MODULE"] = DEMO
    os.environ.pop("DATABASE_URL", None)
    mark = _mark_in(folder)
    with in_use(alone=True):
        if mark is None or options.fresh or not _fits(mark, options):
            mark = make(options.patients, options.seed, folder)
    if options.no_serve:
        print(f"The demo clinic lies in {folder}.")
        return 0
    if datetime.now(UTC) - datetime.fromisoformat(mark["made_at"]) > OLD_AFTER:
        print(f"This demo clinic was made on {mark['made_at'][:10]}; --fresh makes a new one around today.")
    open_house(DEMO)
    serving.collect_static()
    with in_use():
        serving.serve_until_stopped(
            host="127.0.0.1", port=options.port, tls=None, ready=lambda: _welcome(mark, options.port), worker=True
        )
    return 0


def folder_for(patients: int, seed: int) -> Path:
    """The data folder of this demo; beside other demos, never among a clinic's real records.

    Raises:
        Mistake: MYOTOME_DATA_DIR names a folder with records that no demo made.
    """
    if given := os.environ.get("MYOTOME_DATA_DIR"):
        folder = Path(given).resolve()
        if (folder / "myotome.sqlite3").exists() and not (folder / MARK).exists():
            raise Mistake(f"{folder} holds a clinic that is no demo; nothing was changed.")
        return folder
    return Path("var", "demo", f"{patients}-{seed}").resolve()


def make(patients: int, seed: int, folder: Path) -> dict[str, Any]:
    """Makes the clinic from nothing and returns the mark that is left beside it."""
    begun = time.monotonic()
    for name in ("myotome.sqlite3", "myotome.sqlite3-wal", "myotome.sqlite3-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "mail", ignore_errors=True)
    mark: dict[str, Any] = {"patients": patients, "seed": seed, "made": False}
    _write_mark(folder, mark)  # from now on this folder is a demo's, whole or half
    open_house(DEMO)
    bring_up_to_date()
    from myotome.clinic.pathway.demo import fill_clinic

    filled = fill_clinic(patients=patients, seed=seed, progress=progress_bar(f"Making {patients:,} patients"))
    mark |= {
        "made": True,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "clinic": filled.slug,
        "logins": [list(login) for login in filled.logins],
        "newest": _newest(),
    }
    _write_mark(folder, mark)
    print(f"A clinic of {patients:,} patients, made in {time.monotonic() - begun:.1f} s.", flush=True)
    return mark


def progress_bar(what: str) -> Callable[[int, int], None]:
    """A function of (done, total): a bar on a terminal, a line each tenth elsewhere, both on standard error."""
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        percent = 100 if total <= 0 else min(100, 100 * done // total)
        if sys.stderr.isatty():
            if percent != shown:
                bar = "#" * (percent // 4)
                sys.stderr.write(f"\r{what} [{bar:<25}] {percent:3d} %" + ("\n" if percent == 100 else ""))
                sys.stderr.flush()
        elif percent // 10 != shown // 10:
            print(f"{what}: {percent} %", file=sys.stderr, flush=True)
        shown = percent

    return show


def _n_patients(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_PATIENTS:
        raise argparse.ArgumentTypeError(f"from 1 to {MOST_PATIENTS:,} patients, not {number}")
    return number


def _mark_in(folder: Path) -> dict[str, Any] | None:
    try:
        mark: dict[str, Any] = json.loads((folder / MARK).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return mark if mark.get("made") and (folder / "myotome.sqlite3").exists() else None


def _write_mark(folder: Path, mark: dict[str, Any]) -> None:
    new = make_data_dir() / f"{MARK}.new"
    new.write_text(json.dumps(mark, indent=1))
    new.replace(folder / MARK)


def _fits(mark: dict[str, Any], options: argparse.Namespace) -> bool:
    """True if what lies there is the clinic that is asked for, made by this version of the rows."""
    open_house(DEMO)
    return (mark["patients"], mark["seed"], mark["newest"]) == (options.patients, options.seed, _newest())


def _newest() -> dict[str, str]:
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    return dict(sorted(loader.disk_migrations))


def _welcome(mark: dict[str, Any], port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    print("\nLogins (a synthetic clinic; every name is invented):")
    for who, where, word in mark["logins"]:
        print(f"  {who:<24} {address + where if where.startswith('/') else where}   {word}")
    print(
        f"\nStaff log in at {address}/accounts/login/ ; patients begin at {address}/{mark['clinic']}/ . Ctrl-C ends it."
    )
    print(f"{address}/", flush=True)
