"""The clinic as a command finds it: which settings, which data folder, and who else is using it.

Django is set up here and nowhere else, so that a command that needs no rows starts at once. A server holds a shared
lock on the data folder while it runs; a restore asks for the whole of it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myotome.cli.mistakes import Mistake

PRODUCTION = "myotome.website.settings"
DEMO = "myotome.website.settings_demo"


def data_dir() -> Path:
    """The folder of this clinic's database, keys and mail: `MYOTOME_DATA_DIR`, or ./var."""
    return Path(os.environ.get("MYOTOME_DATA_DIR", "var")).resolve()


def open_house(settings: str = PRODUCTION) -> None:
    """Sets Django up with the settings, unless the environment names others; once per process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    make_data_dir()
    import django
    from django.apps import apps

    if not apps.ready:
        try:
            django.setup()
        except ValueError as error:  # an address of a database that cannot be read
            raise Mistake(str(error)) from None


def make_data_dir() -> Path:
    """The data folder, made for its owner's eyes only when it was missing."""
    folder = data_dir()
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
    elif not folder.is_dir():
        raise Mistake(f"{folder} is not a folder; MYOTOME_DATA_DIR names the data folder.")
    return folder


def check_migrated() -> None:
    """Raises Mistake when the database is older or newer than this program."""
    missing, unknown = migrations_apart()
    if unknown:
        raise Mistake(f"the database is newer than this program ({unknown[0]}); install the newer Myotome.")
    if missing:
        raise Mistake("the database is older than this program; run `myotome backup`, then `myotome migrate`.")


def migrations_apart() -> tuple[list[str], list[str]]:
    """(steps that the database still lacks, steps that it has and this program does not know), as `app.name`."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    ours, theirs = set(loader.disk_migrations), set(loader.applied_migrations)
    apps = loader.migrated_apps
    missing = sorted(".".join(key) for key in ours - theirs)
    unknown = sorted(".".join(key) for key in theirs - ours if key[0] in apps)
    return missing, unknown


@contextmanager
def in_use(*, alone: bool = False) -> Iterator[None]:
    """Holds the data folder: shared with other servers and workers, or alone.

    Raises:
        Mistake: it is asked for alone and somebody uses it, or somebody has it alone.
    """
    path = make_data_dir() / "in_use.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        who = "Myotome is running with" if alone else "a restore is going on in"
        raise Mistake(f"{who} the data folder {path.parent}; end it first, nothing was changed.") from None
    try:
        yield
    finally:
        os.close(handle)
