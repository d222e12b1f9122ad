"""SQLite's migrated test database, made once for each state of the migrations and copied from then on.

Running all migrations takes longer than most files of tests. The copy lies in `build/` under a name that changes with
every migration, model, database rule, locked package and with the Python version. Without it the database is migrated
as usual and kept for the next run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[1]


def kept_copy() -> Path:
    """Where the database with today's migrations lies, whether or not it does yet."""
    said = hashlib.sha256(sys.version.encode())
    source = ROOT / "src" / "myotome"
    makes = ("migrations/*.py", "models/*.py", "models.py", "apps.py", "kept.py")
    files = [path for pattern in makes for path in source.glob(f"clinic/*/{pattern}")]
    for path in sorted([*files, ROOT / "requirements.lock", *source.glob("website/settings*.py")]):
        said.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return ROOT / "build" / "tests" / f"migrated-{said.hexdigest()[:16]}.sqlite3"


def copy_to(database: Path) -> bool:
    """Whether a migrated database was there to be copied to `database`."""
    if not (kept := kept_copy()).exists():
        return False
    shutil.copyfile(kept, database)
    return True


def keep(database: Path) -> None:
    """Keeps `database`, freshly migrated and without rows of any test; older copies go."""
    kept = kept_copy()
    kept.parent.mkdir(parents=True, exist_ok=True)
    written = kept.with_name(f"{kept.name}.{os.getpid()}")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(written)) as copy:
        source.backup(copy)
    written.replace(kept)
    for old in kept.parent.glob("migrated-*.sqlite3"):
        if old != kept:
            old.unlink(missing_ok=True)
