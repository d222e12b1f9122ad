"""A passphrase from a file or from the person at the terminal; never from the command line, where `ps` shows it."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from myotome.cli.mistakes import Mistake

SHORTEST = 12


def takes_passphrase(parser: argparse.ArgumentParser) -> None:
    """Gives a command its `--passphrase-file`."""
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="its first line is the passphrase; without it you are asked",
    )


def passphrase_from(options: argparse.Namespace, *, twice: bool) -> str:
    """The passphrase; asked twice when something new is sealed with it.

    Raises:
        Mistake: it is too short or differs, the file is missing, or nobody can be asked.
    """
    if options.passphrase_file is not None:
        return _from_file(options.passphrase_file, check_length=twice)
    if not sys.stdin.isatty():
        raise Mistake("nobody can be asked for the passphrase here; --passphrase-file FILE names a file that holds it.")
    word = getpass.getpass("Passphrase: ")
    if twice:
        _check_length(word)
        if getpass.getpass("Once more: ") != word:
            raise Mistake("the two passphrases differ; nothing was done.")
    return word


def _from_file(path: Path, *, check_length: bool) -> str:
    if not path.exists() or path.is_dir():
        raise Mistake(f"there is no file {path}.")
    if path.is_file() and path.stat().st_mode & 0o077:
        print(f"myotome: others on this machine can read {path}; `chmod 600` closes it.", file=sys.stderr)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise Mistake(f"{path} is not UTF-8.") from None
    word = lines[0] if lines else ""
    if check_length or not word:
        _check_length(word)
    return word


def _check_length(word: str) -> None:
    if len(word) < SHORTEST:
        raise Mistake(f"the passphrase is too short; use {SHORTEST} characters or more.")
