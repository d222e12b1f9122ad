"""`myotome restore FILE`: puts a backup in the place of the records, after everything in it was found whole.

The file is opened to its last chunk, the database in it is examined, and only then is anything replaced. A flipped
byte, a cut, a wrong passphrase or a database newer than this program ends with one line and nothing changed. The
records that were there before stay in a folder beside (SQLite).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from myotome.cli.answering import say_json, takes_json
from myotome.cli.backup import DATABASE, FORMAT, SIDE_FILES
from myotome.cli.copying import examine_copy, kind_of, migrations_in, put_back
from myotome.cli.house import data_dir, in_use, make_data_dir, open_house
from myotome.cli.mistakes import Mistake
from myotome.cli.passphrase import passphrase_from, takes_passphrase
from myotome.cli.sealed import SealedReader, read_header


def add_to(commands: Any) -> None:
    """Adds `restore`."""
    what = "put a backup in the place of the records"
    command = commands.add_parser("restore", help=what, description=what, allow_abbrev=False)
    command.add_argument("file", metavar="FILE", type=Path)
    command.add_argument("--yes", action="store_true", help="yes, replace the records that are there")
    takes_passphrase(command)
    takes_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verifies, then replaces."""
    if not options.file.is_file():
        raise Mistake(f"there is no file {options.file}.")
    with options.file.open("rb") as file:
        about, _ = read_header(file)
    if about.get("format") != FORMAT:
        raise Mistake(f"this backup is of the kind {about.get('format')!r}, which this program does not know.")
    if not options.yes:
        raise Mistake(
            f"this would replace the records in {data_dir()} by those of {about['begun_at']}; --yes says that you mean it."
        )
    word = passphrase_from(options, twice=False)
    had_key = (data_dir() / "secret_key").exists()
    open_house()
    from django.conf import settings

    database = settings.DATABASES["default"]
    if about["database"] != kind_of(database):
        raise Mistake(f"this is a backup of {about['database']}, and this clinic runs on {kind_of(database)}.")
    with in_use(alone=True), tempfile.TemporaryDirectory(prefix="restore-", dir=make_data_dir()) as folder:
        counts = unpack(options.file, word, Path(folder))
        examine_copy(about["database"], Path(folder) / DATABASE, counts)
        _check_not_newer(about, Path(folder) / DATABASE)
        kept = _free_name(data_dir() / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        put_back(database, Path(folder) / DATABASE, kept)
        _put_side_files(Path(folder), kept, had_key=had_key)
    answer = {
        "restored_to": str(data_dir()),
        "begun_at": about["begun_at"],
        "kept": str(kept) if kept.exists() else None,
    }
    if options.json:
        say_json(answer)
        return 0
    print(f"The records of {about['begun_at']} are back in {data_dir()}.")
    if answer["kept"]:
        print(f"Those that were there lie in {kept}; remove the folder when it is no longer needed.")
    return 0


def unpack(file: Path, passphrase: str, folder: Path) -> dict[str, int]:
    """Writes the known members into the folder and returns the counted rows; reads to the very last chunk.

    Raises:
        Mistake: damaged, cut short, wrong passphrase, or a member that does not belong there.
    """
    found: set[str] = set()
    with file.open("rb") as raw:
        sealed = SealedReader(raw, passphrase)
        try:
            with (
                gzip.GzipFile(fileobj=sealed, mode="rb") as packed,
                tarfile.open(fileobj=packed, mode="r|") as archive,
            ):
                for entry in archive:
                    if entry.name not in ("about.json", DATABASE, *SIDE_FILES) or not entry.isfile():
                        raise Mistake(f"{entry.name[:80]!r} does not belong into a backup; nothing was changed.")
                    found.add(entry.name)
                    _write_member(archive.extractfile(entry), folder / entry.name)
                while packed.read(1 << 20):
                    pass
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error):
            raise Mistake("the backup was written wrongly; nothing was changed.") from None
        while sealed.read(1 << 20):
            pass
    if not {"about.json", DATABASE} <= found:
        raise Mistake("there is no database in this backup; nothing was changed.")
    counts: dict[str, int] = json.loads((folder / "about.json").read_text())["counts"]
    return counts


def _write_member(source: Any, target: Path) -> None:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
        _sync(out)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _check_not_newer(about: dict[str, Any], copy: Path) -> None:
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None if about["database"] == "sqlite" else connection)
    taken = migrations_in(about["database"], copy) or set(about["newest"].items())
    unknown = sorted(key for key in taken if key[0] in loader.migrated_apps and key not in loader.disk_migrations)
    if unknown:
        raise Mistake(f"the backup is newer than this program ({'.'.join(unknown[0])}); nothing was changed.")


def _put_side_files(folder: Path, kept: Path, *, had_key: bool) -> None:
    """The secret key always follows its records; a certificate only where there is none."""
    for name in SIDE_FILES:
        source, place = folder / name, data_dir() / name
        if not source.exists() or (name != "secret_key" and place.exists()):
            continue
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if place.exists() and had_key and kept.exists():
            shutil.copy2(place, kept / place.name)
        os.replace(source, place)


def _free_name(wanted: Path) -> Path:
    n, path = 1, wanted
    while path.exists():
        n += 1
        path = wanted.with_name(f"{wanted.name}-{n}")
    return path
