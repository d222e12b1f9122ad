"""What a user did or met, as one sentence with the way out, and the exit code that goes with it."""

from __future__ import annotations


class Mistake(Exception):
    """Something the person at the shell can put right; the message says how."""

    exit_code = 1


class WrongUse(Mistake):
    """The command line itself makes no sense."""

    exit_code = 2
