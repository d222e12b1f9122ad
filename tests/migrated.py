"""The migrated database that tests start from, made once by `myotome migrate` and copied from then on.

Running all migrations takes longer than most files of tests. SQLite's copy lies in `build/` under a name that changes
with every migration, model, database rule, locked package and with the Python version; PostgreSQL's is a template that
lives as long as the server of the run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build" / "tests"
TEMPLATE = "myotome_migrated"
FILE = "myotome.sqlite3"
MIGRATE_ONCE = 20_261_128  # the number of the lock under which the first worker makes the template


def copy_to(file: Path) -> None:
    """A migrated SQLite database at `file`; other processes that ask meanwhile wait for the first."""
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"migrated-{_state()}.sqlite3"
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for old in KEPT.glob("migrated-*.sqlite3"):
                old.unlink()
            _make(kept)
    shutil.copyfile(kept, file)


def template_on(server: str) -> str:
    """The name of a migrated database on the PostgreSQL server at this address, to be copied with `TEMPLATE`."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATE_ONCE])
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            half = f"half_{secrets.token_hex(6)}"
            connection.execute(f'CREATE DATABASE "{half}"')
            with tempfile.TemporaryDirectory() as folder:
                _migrate(Path(folder), on_server(server, half))
            connection.execute(f'ALTER DATABASE "{half}" RENAME TO "{TEMPLATE}"')
    return TEMPLATE


def on_server(server: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _make(kept: Path) -> None:
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        _migrate(Path(folder), "")
        whole = Path(folder) / "whole"
        with closing(sqlite3.connect(Path(folder) / FILE)) as source, closing(sqlite3.connect(whole)) as copy:
            source.backup(copy)
        whole.replace(kept)


def _migrate(folder: Path, database_url: str) -> None:
    mine = {name: v for name, v in os.environ.items() if not name.startswith(("MYOTOME_", "DJANGO_", "DATABASE_"))}
    mine |= {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "MYOTOME_DATA_DIR": str(folder)}
    mine |= {"DATABASE_URL": database_url} if database_url else {}
    subprocess.run([sys.executable, "-m", "myotome", "migrate"], env=mine, check=True, stdout=subprocess.DEVNULL)


def _state() -> str:
    said = hashlib.sha256(sys.version.encode())
    source = ROOT / "src" / "myotome"
    makes = ("migrations/*.py", "models/*.py", "models.py", "apps.py", "kept.py")
    files = [path for pattern in makes for path in source.glob(f"clinic/*/{pattern}")]
    for path in sorted([*files, ROOT / "requirements.lock", *source.glob("website/settings*.py")]):
        said.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return said.hexdigest()[:16]
