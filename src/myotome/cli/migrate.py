"""`myotome migrate`: brings the database up to date with this program, or leaves it as it was."""

from __future__ import annotations

import argparse
from typing import Any

from myotome.cli.house import in_use, migrations_apart, open_house
from myotome.cli.mistakes import Mistake


def add_to(commands: Any) -> None:
    """Adds `migrate`."""
    what = "bring the database up to date with this program"
    command = commands.add_parser("migrate", help=what, description=what, allow_abbrev=False)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Migrates while nobody else uses the data folder."""
    open_house()
    with in_use(alone=True):
        n = bring_up_to_date()
    print(f"The database is up to date ({n} steps taken)." if n else "The database was up to date.")
    return 0


def bring_up_to_date() -> int:
    """Applies the missing steps and makes the cache's table; returns how many steps there were.

    Raises:
        Mistake: the database is newer than this program.
    """
    from django.core.management import call_command

    missing, unknown = migrations_apart()
    if unknown:
        raise Mistake(f"the database is newer than this program ({unknown[0]}); install the newer Myotome.")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    return len(missing)
