"""`myotome open-clinic SLUG`: the first act of a real installation: a clinic with its owner, who invites the others."""

from __future__ import annotations

import argparse
from typing import Any
from zoneinfo import available_timezones

from myotome.cli.house import check_migrated, in_use, open_house
from myotome.cli.mistakes import WrongUse
from myotome.cli.passphrase import passphrase_from, takes_passphrase


def add_to(commands: Any) -> None:
    """Adds `open-clinic`."""
    what = "make a clinic with its owner's login"
    command = commands.add_parser("open-clinic", help=what, description=what, allow_abbrev=False)
    command.add_argument("slug", metavar="SLUG", help="the clinic's short name in addresses, for example alder-street")
    command.add_argument("--name", required=True, help="the clinic's name as patients know it")
    command.add_argument("--time-zone", required=True, metavar="ZONE", help="for example America/Vancouver")
    command.add_argument("--owner-name", required=True, metavar="NAME")
    command.add_argument("--owner-email", required=True, metavar="EMAIL")
    command.add_argument("--rooms", type=int, default=2, metavar="N", help="treatment rooms (default 2)")
    command.add_argument("--treats", action="store_true", help="the owner is also a practitioner")
    takes_passphrase(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Makes the clinic; the owner's password is asked for, or read from a file."""
    if options.time_zone not in available_timezones():
        raise WrongUse(f"there is no time zone {options.time_zone!r}; one is America/Vancouver.")
    if not 1 <= options.rooms <= 99:
        raise WrongUse("a clinic has 1 to 99 rooms.")
    open_house()
    check_migrated()
    word = passphrase_from(options, twice=True)
    from django.utils import timezone

    from myotome.clinic.pathway.opening import open_clinic

    with in_use():
        clinic = open_clinic(
            at=timezone.now(),
            slug=options.slug,
            name=options.name,
            time_zone=options.time_zone,
            n_rooms=options.rooms,
            owner_name=options.owner_name,
            owner_email=options.owner_email,
            password=word,
            owner_treats=options.treats,
        )
    print(f"{clinic.name} is open at /{clinic.slug}/ . Its owner logs in as {options.owner_email}.")
    return 0
