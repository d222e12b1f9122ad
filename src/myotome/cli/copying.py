"""The database as one file and back, for both databases: SQLite by its backup API, PostgreSQL by its own programs.

A copy is taken while the clinic works and is consistent: SQLite copies inside one read transaction, pg_dump inside one
snapshot. Putting back happens whole or not at all: SQLite by a rename, PostgreSQL in one transaction.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from myotome.cli.mistakes import Mistake


def kind_of(database: dict[str, Any]) -> str:
    """`sqlite` or `postgresql`, of a description in Django's settings."""
    return "sqlite" if database["ENGINE"].endswith("sqlite3") else "postgresql"


def copy_out(database: dict[str, Any], target: Path) -> dict[str, int]:
    """Writes the database to `target` and returns the number of rows of each table (SQLite) or nothing.

    Raises:
        Mistake: there is no database, it is damaged, or PostgreSQL's programs are missing or refuse.
    """
    if kind_of(database) == "sqlite":
        return _copy_sqlite(Path(database["NAME"]), target)
    _postgresql(database, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    return {}


def examine_copy(kind: str, copy: Path, counts: dict[str, int]) -> None:
    """Raises Mistake unless the copy is whole: integrity, foreign keys, the counted rows."""
    if kind == "postgresql":
        _run(["pg_restore", "--list", str(copy)], os.environ)
        return
    found = _examine_sqlite(copy)
    if counts and found != counts:
        table = next(name for name in sorted(set(found) | set(counts)) if found.get(name) != counts.get(name))
        raise Mistake(f"the copy does not hold the rows of {table} that were counted; nothing was changed.")


def migrations_in(kind: str, copy: Path) -> set[tuple[str, str]]:
    """The (app, step) pairs that a SQLite copy has taken; empty for PostgreSQL, whose file tells them elsewhere."""
    if kind == "postgresql":
        return set()
    import sqlite3

    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as rows:
        return {(str(app), str(name)) for app, name in rows.execute("SELECT app, name FROM django_migrations")}


def put_back(database: dict[str, Any], copy: Path, kept: Path) -> None:
    """Puts the copy in the place of the database; what was there is kept in the folder `kept` (SQLite)."""
    if kind_of(database) == "postgresql":
        options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        _postgresql(database, "pg_restore", *options, f"--dbname={database['NAME']}", str(copy))
        return
    place = Path(database["NAME"])
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if place.exists():
        _settle(place)
        kept.mkdir(mode=0o700)
        os.link(place, kept / place.name)
        # A log of the old database must never be replayed into the new one.
        for suffix in ("-wal", "-shm", "-journal"):
            log = Path(f"{place}{suffix}")
            if log.exists():
                log.rename(kept / log.name)
    os.replace(copy, place)
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Makes the folder's own entries lasting: a rename survives a power cut only after this."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_sqlite(source: Path, target: Path) -> dict[str, int]:
    import sqlite3

    if not source.exists():
        raise Mistake(f"there is no database {source}; `myotome migrate` makes one.")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=20)) as rows,
            closing(sqlite3.connect(target)) as copy,
        ):
            rows.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise Mistake(f"the database could not be copied ({error}); is there room for the copy?") from None
    return _examine_sqlite(target)


def _examine_sqlite(copy: Path) -> dict[str, int]:
    import sqlite3

    damaged = "the database in it is damaged; nothing was changed."
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as rows:
            if rows.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise Mistake(damaged)
            if rows.execute("PRAGMA foreign_key_check").fetchone():
                raise Mistake("a row in it points at one that is missing; nothing was changed.")
            tables = [name for (name,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: rows.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  names of its own tables
                for name in tables
            }
    except sqlite3.DatabaseError:
        raise Mistake(damaged) from None


def _settle(place: Path) -> None:
    """Brings the log of a healthy database into its file; a damaged one is kept as it is."""
    import sqlite3

    try:
        with closing(sqlite3.connect(place, timeout=5)) as rows:
            rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError:
        return


def _postgresql(database: dict[str, Any], program: str, *options: str) -> None:
    where = {
        "PGHOST": database.get("HOST"),
        "PGPORT": database.get("PORT"),
        "PGUSER": database.get("USER"),
        "PGPASSWORD": database.get("PASSWORD"),
        "PGDATABASE": database.get("NAME"),
    }
    _run([program, *options], os.environ | {name: str(value) for name, value in where.items() if value})


def _run(command: list[str], environment: Any) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise Mistake(f"{command[0]} is not installed; it comes with PostgreSQL's client programs.")
    done = subprocess.run(  # noqa: S603  our own words and file names, no shell
        [program, *command[1:]], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["is there room for the copy?"]
        raise Mistake(f"{command[0]} refused: {lines[0].removeprefix(command[0] + ': ')}; nothing was changed.")
