"""The command line from its first word to the exit code: one parser, one place where errors become sentences."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module, metadata

from myotome.cli.mistakes import Mistake, WrongUse
from myotome.vocabulary.errors import MyotomeError

COMMANDS = (
    "demo",
    "serve",
    "worker",
    "migrate",
    "opening",
    "certificate",
    "check",
    "backup",
    "restore",
    "export",
    "answers",
    "recovery",
    "refit",
)
INTERRUPTED = 130
OUR_FAULT = 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `myotome ARGUMENTS` (default: those of the process) and returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        _check_readable(arguments)
        options = parser().parse_args(arguments)
        return int(options.run(options) or 0)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("MYOTOME_TRACEBACK") == "1":
            traceback.print_exc()
        sentence, code = told(error)
        print(f"myotome: {sentence}", file=sys.stderr)
        return code


def parser() -> argparse.ArgumentParser:
    """The whole command line; argparse leaves with 2 on a wrong one."""
    root = argparse.ArgumentParser(
        prog="myotome",
        description="The clinical system for clinics that treat with Intramuscular Stimulation and with acupuncture.",
        allow_abbrev=False,
    )
    root.add_argument("--version", action="version", version=f"myotome {version()}")
    commands = root.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"myotome.cli.{name}").add_to(commands)
    return root


def version() -> str:
    """The version of this distribution, or `unknown` when it runs from a folder that was never installed."""
    try:
        return metadata.version("myotome")
    except metadata.PackageNotFoundError:
        return "unknown"


def told(error: Exception) -> tuple[str, int]:
    """An error as (sentence, exit code). What we did not foresee is named by its kind and place only."""
    if isinstance(error, Mistake):
        return str(error), error.exit_code
    if isinstance(error, MyotomeError):
        where = f"{error.field}: " if error.field else ""
        return f"{where}{error.message}", 1
    if sentence := _about_the_machine(error) or _about_the_database(error):
        return sentence, 1
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(last.filename)}:{last.lineno}"
    return f"a fault of ours: {type(error).__name__} at {place}. MYOTOME_TRACEBACK=1 shows all of it.", OUR_FAULT


def _about_the_machine(error: Exception) -> str | None:
    if not isinstance(error, OSError):
        return None
    name = f" {error.filename}" if isinstance(error.filename, str) else ""
    if error.errno == errno.ENOSPC:
        return f"the disk is full{f' at{name}' if name else ''}; nothing was changed. Make space and try again."
    if isinstance(error, PermissionError):
        return f"no permission for{name}."
    if isinstance(error, FileNotFoundError):
        return f"there is no{name or ' such file'}."
    if isinstance(error, IsADirectoryError):
        return f"{name.strip()} is a folder."
    if error.errno is None or not error.strerror:
        return None
    return f"{error.strerror}{name and ':'}{name}"


def _about_the_database(error: Exception) -> str | None:
    chain, cause = [], error
    while cause is not None and len(chain) < 5:
        chain.append(cause)
        cause = cause.__cause__
    # By name: the module `sqlite3` may have been exchanged for a current one, and psycopg may not be there.
    known = {"OperationalError", "ProgrammingError", "DatabaseError", "ImproperlyConfigured"}
    if not any(type(e).__name__ in known for e in chain):
        return None
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "no such table" in text or "does not exist" in text:
        return "the database is not set up, or is older than this program; `myotome migrate` brings it up to date."
    if "full" in text or "I/O error" in text:
        return "the disk is full or fails; nothing was changed. Make space and try again."
    if "locked" in text:
        return "the database is busy for too long; try again, and see which other program holds it."
    if "malformed" in text or "not a database" in text:
        return "the database file is damaged; `myotome restore FILE` puts a backup in its place."
    if "unable to open" in text or "connection" in text.lower():
        return "the database cannot be reached; see MYOTOME_DATA_DIR or DATABASE_URL."
    if any(type(e).__name__ == "ImproperlyConfigured" for e in chain):
        return f"the settings are not right: {text}"
    return None


def _check_readable(arguments: list[str]) -> None:
    for number, argument in enumerate(arguments, start=1):
        if any("\ud800" <= letter <= "\udfff" for letter in argument):
            raise WrongUse(f"argument {number} is not valid UTF-8.")
        if "\0" in argument:
            raise WrongUse(f"argument {number} holds a NUL.")
