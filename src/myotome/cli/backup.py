"""`myotome backup FILE`: the whole clinic in one encrypted file, while the clinic works.

The file holds the database, the secret key (links in mails depend on it) and the clinic's certificate. It is written
beside its place, read back, made lasting and only then renamed: a file with the name is a good backup. The owner's page
and `myotome check` say when the last one succeeded.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from myotome.cli.answering import say_json, takes_json
from myotome.cli.copying import copy_out, kind_of, sync_folder
from myotome.cli.house import data_dir, in_use, open_house
from myotome.cli.mistakes import Mistake
from myotome.cli.passphrase import passphrase_from, takes_passphrase
from myotome.cli.sealed import SealedReader, SealedWriter

FORMAT = "myotome-backup/1"
DATABASE, SECRET_KEY, TLS = "database", "secret_key", "tls/"
SIDE_FILES = ("secret_key", "tls/clinic-authority.crt", "tls/clinic-authority.key", "tls/server.crt", "tls/server.key")


def add_to(commands: Any) -> None:
    """Adds `backup`."""
    what = "write the whole clinic to one encrypted file, while it works"
    command = commands.add_parser("backup", help=what, description=what, allow_abbrev=False)
    command.add_argument("file", metavar="FILE", type=Path)
    command.add_argument("--replace", action="store_true", help="put it in the place of an older FILE")
    takes_passphrase(command)
    takes_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the backup and notes its end, good or bad."""
    target = options.file.absolute()
    if target.is_dir():
        raise Mistake(f"{target} is a folder; name a file in it.")
    if not target.parent.is_dir():
        raise Mistake(f"there is no folder {target.parent}.")
    if target.exists() and not target.is_file():
        raise Mistake(f"{target} is not a file.")
    if target.exists() and not options.replace:
        raise Mistake(f"{target} exists; --replace puts the new backup in its place.")
    word = passphrase_from(options, twice=True)
    open_house()
    from django.conf import settings

    from myotome.clinic.audit.actions import record_backup

    with in_use():
        try:
            answer = write_backup(settings.DATABASES["default"], target, word)
        except (OSError, Mistake) as error:
            _note_failure(record_backup, error)
            raise
        record_backup(at=datetime.now(UTC), succeeded=True, n_bytes=answer["bytes"], message=target.name)
    if options.json:
        say_json(answer)
    else:
        print(f"{target}: {answer['bytes']:,} bytes, read back and found good.")
    return 0


def write_backup(database: dict[str, Any], target: Path, passphrase: str) -> dict[str, Any]:
    """Writes, reads back and renames; returns file, bytes, database and the moment it was begun."""
    begun = datetime.now(UTC)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with tempfile.TemporaryDirectory(prefix="backup-", dir=data_dir()) as folder:
            copy = Path(folder) / DATABASE
            counts = copy_out(database, copy)
            about = {
                "format": FORMAT,
                "database": kind_of(database),
                "begun_at": begun.isoformat(timespec="seconds"),
                "newest": _newest_migrations(),
            }
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                _write_archive(file, passphrase, about, copy, counts)
                file.flush()
                os.fsync(file.fileno())
        with partial.open("rb") as file:
            for _ in iter(lambda opened=SealedReader(file, passphrase): opened.read(1 << 20), b""):
                pass
        size = partial.stat().st_size
        os.replace(partial, target)
        sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)
    return {"file": str(target), "bytes": size, "database": about["database"], "begun_at": about["begun_at"]}


def _write_archive(file: Any, passphrase: str, about: dict[str, Any], copy: Path, counts: dict[str, int]) -> None:
    sealed = SealedWriter(file, passphrase, about)
    with (
        gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add(archive, "about.json", json.dumps(about | {"counts": counts}).encode())
        archive.add(copy, arcname=DATABASE, recursive=False, filter=_without_names)
        for name in SIDE_FILES:
            if (data_dir() / name).is_file():
                _add(archive, name, (data_dir() / name).read_bytes())
    sealed.finish()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))


def _without_names(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


def _newest_migrations() -> dict[str, str]:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    newest: dict[str, str] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        newest[app] = name
    return newest


def _note_failure(record_backup: Any, error: Exception) -> None:
    from django.db import DatabaseError

    try:
        record_backup(at=datetime.now(UTC), succeeded=False, message=str(error)[:200])
    except (DatabaseError, OSError):
        return  # the same fault that failed the backup; the person at the shell is told of it
