"""`myotome worker`: sends what the clinic queued (mail, reminders), one job at a time, until it is told to stop."""

from __future__ import annotations

import argparse
from typing import Any

from myotome.cli.house import check_migrated, in_use, open_house


def add_to(commands: Any) -> None:
    """Adds `worker`."""
    what = "work off the queue of mails and reminders; `serve` and `demo` start one by themselves"
    command = commands.add_parser("worker", help=what, description=what, allow_abbrev=False)
    command.add_argument("--once", action="store_true", help="end when the queue is empty")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Works until the queue is empty (`--once`) or the process is told to stop; a running job is ended first.

    It queues the first look at last month's forecasts; from then on each look queues the next.
    """
    open_house()
    check_migrated()
    from django.core.management import call_command
    from django.utils import timezone

    from myotome.clinic.learning.months import months_go_on

    with in_use():
        months_go_on(at=timezone.now(), due=timezone.now())
        call_command("db_worker", queue_name="*", interval=1, batch=options.once, startup_delay=False, reload=False)
    return 0
