"""For every test: append-only tables may be emptied between tests, and only then.

Triggers refuse to delete audit events and safety answers. Tests that need a real server (`live_server`) end with a
flush of all tables; around that flush, and nowhere else, the triggers of SQLite are taken off and put back.

Hypothesis times no example, because a busy machine is not a fault. `make test` draws the same examples each time, so
that its answer is about the change and not about the draw; `make soak` draws new ones.

Vancouver keeps the clocks it had in 2025, whatever the zone data of the day say (`zones`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import testcases
from hypothesis import settings as hypothesis

from tests import migrated, zones

zones.put_in_place()
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
    migrated.copy_to(file := Path(test["NAME"]))
    yield
    connection.close()
    file.unlink()


@pytest.fixture(scope="session", autouse=True)
def flush_past_the_triggers() -> Iterator[None]:
    """Wraps the flush of Django's transaction tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testcases, "call_command", _call_command)
        yield


def _call_command(name: str, *args: Any, **options: Any) -> Any:
    if name != "flush" or connection.vendor != "sqlite":
        return call_command(name, *args, **options)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for trigger, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{trigger}"')
    try:
        return call_command(name, *args, **options)
    finally:
        with connection.cursor() as cursor:
            for _, sql in triggers:  # some are put back by the flush itself
                cursor.execute(sql.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS", 1))
