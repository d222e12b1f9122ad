"""For every test: append-only tables may be emptied between tests, and only then.

Triggers refuse to delete audit events and safety answers. Tests that need a real server (`live_server`) end with a
flush of all tables. SQLite's file is filled from the migrated one instead, which takes a tenth of the time; PostgreSQL
empties tables past its triggers.

Hypothesis times no example, because a busy machine is not a fault. `make test` draws the same examples each time, so
that its answer is about the change and not about the draw; `make soak` draws new ones.

Vancouver keeps the clocks it had in 2025, whatever the zone data of the day say (`zones`).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import testcases
from hypothesis import settings as hypothesis

from tests import migrated, zones

zones.put_in_place()
PATIENCE_S = 20.0
SOAKING = os.environ.get("MYOTOME_SOAK") == "1"
hypothesis.register_profile("house", deadline=None, derandomize=not SOAKING)
hypothesis.load_profile("house")


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Whether the test database is there already, migrated, as SQLite's copy is."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """The test database begins as a copy of the migrated one; SQLite's is deleted at the end."""
    test = connection.settings_dict["TEST"]
    if connection.vendor == "postgresql":
        test["TEMPLATE"] = migrated.template_on(os.environ["DATABASE_URL"])
        yield
        return
    file, whole = Path(test["NAME"]), Path(f"{test['NAME']}.migrated")
    migrated.copy_to(whole)
    shutil.copyfile(whole, file)
    yield
    connection.close()
    file.unlink()
    whole.unlink()


@pytest.fixture(scope="session", autouse=True)
def flush_is_a_copy() -> Iterator[None]:
    """Puts the migrated database in the place of the flush of Django's transaction tests, on SQLite."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testcases, "call_command", _call_command)
        yield


def _call_command(name: str, *args: Any, **options: Any) -> Any:
    if name != "flush" or connection.vendor != "sqlite":
        return call_command(name, *args, **options)
    whole, begun = Path(f"{connection.settings_dict['NAME']}.migrated"), time.monotonic()

    def not_for_ever(*_step: int) -> None:
        if time.monotonic() - begun > PATIENCE_S:
            raise OperationalError("database is locked: somebody is still in a transaction after the test")

    connection.ensure_connection()
    with closing(sqlite3.connect(f"{whole.as_uri()}?mode=ro&immutable=1", uri=True)) as source:
        source.backup(connection.connection, progress=not_for_ever)
    return None
