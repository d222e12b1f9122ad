"""`myotome check`: is this installation configured so that records are safe? Ends with 1 on any fault."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from myotome.cli.answering import say_json, takes_json
from myotome.cli.house import open_house

MARKS = {"ok": "ok     ", "warning": "WARNING", "fault": "FAULT  "}


def add_to(commands: Any) -> None:
    """Adds `check`."""
    what = "examine configuration and safety; ends with 1 on any fault"
    command = commands.add_parser("check", help=what, description=what, allow_abbrev=False)
    takes_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints every question with its verdict."""
    open_house()
    from myotome.cli.safety import findings

    found = findings()
    n_faults = sum(finding.verdict == "fault" for finding in found)
    if options.json:
        say_json({"ok": n_faults == 0, "findings": [asdict(finding) for finding in found]})
    else:
        for finding in found:
            print(f"{MARKS[finding.verdict]}  {finding.name}: {finding.sentence}")
        print("No faults." if not n_faults else f"Faults: {n_faults}.")
    return 1 if n_faults else 0
