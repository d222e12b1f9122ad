"""What has to hold before a clinic trusts its records to this machine, each with a verdict and the way out.

`ok` holds; `warning` is for the owner to decide; `fault` makes `myotome check` end with 1. A fault that `stops` also
keeps `myotome serve` from starting: settings under which a committed record may be lost, or a secret given away.
"""

from __future__ import annotations

import os
import stat
import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tzdata import IANA_VERSION

from myotome.cli import certificate
from myotome.cli.house import data_dir, migrations_apart

FIRST_SAFE_SQLITE = (3, 51, 3)
SHORTEST_KEY = 50
BACKUP_WARNS_AFTER = timedelta(hours=26)
BACKUP_FAILS_AFTER = timedelta(days=7)
JOB_WAITS_AT_MOST = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One question, its verdict (ok, warning, fault) and a sentence with the way out."""

    name: str
    verdict: str
    sentence: str
    stops: bool = False


def ok(name: str, sentence: str) -> Finding:
    """It holds."""
    return Finding(name=name, verdict="ok", sentence=sentence)


def warning(name: str, sentence: str) -> Finding:
    """For the owner to decide."""
    return Finding(name=name, verdict="warning", sentence=sentence)


def fault(name: str, sentence: str, *, stops: bool = False) -> Finding:
    """It does not hold."""
    return Finding(name=name, verdict="fault", sentence=sentence, stops=stops)


def findings(now: datetime | None = None) -> list[Finding]:
    """Every question with its verdict. Django is set up already; the database is not created by asking."""
    from django.conf import settings

    now = now or datetime.now(UTC)
    found = [*_settings(settings), *_data_folder(), *_tls(now), *_routes()]
    description = settings.DATABASES["default"]
    is_sqlite = description["ENGINE"].endswith("sqlite3")
    if is_sqlite:
        found += _sqlite_library(description)
    if is_sqlite and not Path(description["NAME"]).exists():
        return [*found, fault("database", "There is no database yet; `myotome migrate` makes it.")]
    found += _sqlite_connection(description) if is_sqlite else _postgresql_connection()
    missing, unknown = migrations_apart()
    if unknown:
        found.append(fault("migrations", f"The database is newer than this program ({unknown[0]}).", stops=True))
    elif missing:
        found.append(
            fault("migrations", f"{len(missing)} steps are missing; `myotome migrate` takes them.", stops=True)
        )
    else:
        found.append(ok("migrations", "The database fits this program."))
        found += [*_backup(now), *_queue(now), *_second_factor(), *_time_zones(now), *_working_hours(now)]
    return found


def sqlite_verdict(version: tuple[int, int, int], journal: str, synchronous: int) -> Finding:
    """The verdict on a library version with a journal mode and PRAGMA synchronous (2 is FULL, 3 EXTRA)."""
    shown = ".".join(str(part) for part in version)
    if journal == "wal" and version < FIRST_SAFE_SQLITE:
        return fault(
            "sqlite library",
            f"SQLite {shown} can corrupt a WAL database (fixed in 3.51.3); install pysqlite3, or use the rollback journal.",
            stops=True,
        )
    if journal not in {"wal", "delete", "truncate", "persist"}:
        return fault(
            "sqlite library", f"Journal mode {journal} loses records at a crash; use WAL or DELETE.", stops=True
        )
    if synchronous < 2:
        return fault("sqlite library", "synchronous is below FULL: a power cut may lose signed records.", stops=True)
    return ok("sqlite library", f"SQLite {shown}, journal {journal.upper()}, synchronous FULL.")


def _settings(settings: Any) -> Iterator[Finding]:
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or key.startswith("django-insecure") or len(set(key)) < 10:
        yield fault("secret key", f"It is too weak; use {SHORTEST_KEY} random characters or more.", stops=True)
    else:
        yield ok("secret key", "Long enough.")
    if settings.DEBUG:
        yield fault("debug", "DEBUG shows records to whoever causes an error; switch it off.", stops=True)
    else:
        yield ok("debug", "Off.")
    if "*" in settings.ALLOWED_HOSTS:
        yield fault("allowed hosts", "`*` lets links in mails point anywhere; name the hosts.", stops=True)
    else:
        yield ok("allowed hosts", ", ".join(settings.ALLOWED_HOSTS))
    if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        yield ok("mail", f"By {settings.EMAIL_HOST}.")
    else:
        yield warning("mail", "No mail leaves this machine; MYOTOME_SMTP_URL names a mail server.")


def _data_folder() -> Iterator[Finding]:
    folder = data_dir()
    open_to_others = [
        path.name
        for path in (folder, folder / "secret_key", folder / "myotome.sqlite3", folder / "tls" / "server.key")
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~_allowed(path)
    ]
    if open_to_others:
        yield fault("data folder", f"Others on this machine can read {', '.join(open_to_others)} in {folder.parent}.")
    else:
        yield ok("data folder", f"{folder} is closed to others.")
    if is_encrypted(folder):
        yield ok("disk", "Encrypted.")
    else:
        yield warning(
            "disk", "It could not be seen that this disk is encrypted: a stolen machine may give the records away."
        )


def _allowed(path: Path) -> int:
    # Inside a folder that is closed itself, a file's own bits open nothing.
    return 0 if path.is_dir() or path.parent.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) else 0o777


def is_encrypted(folder: Path) -> bool:
    """True if the folder lies on a block device that the kernel decrypts (dm-crypt), at any layer below it."""
    device = folder.stat().st_dev
    waiting, seen = [Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")], set()
    while waiting:
        block = waiting.pop()
        if block in seen or not block.exists():
            continue
        seen.add(block)
        kind = block / "dm" / "uuid"
        if kind.exists() and kind.read_text().startswith("CRYPT-"):
            return True
        if (block / "slaves").is_dir():
            waiting += [layer.resolve() for layer in (block / "slaves").iterdir()]
    return False


def _tls(now: datetime) -> Iterator[Finding]:
    path = certificate.folder() / certificate.SERVER_CERTIFICATE
    if not path.exists():
        return
    end = certificate.valid_until(path)
    if end < now:
        yield fault("certificate", f"It ran out on {end:%Y-%m-%d}; `myotome certificate` renews it.")
    elif end < now + timedelta(days=certificate.WARN_DAYS):
        yield warning("certificate", f"It runs out on {end:%Y-%m-%d}; `myotome certificate` renews it.")
    else:
        yield ok("certificate", f"Valid until {end:%Y-%m-%d}.")


def _routes() -> Iterator[Finding]:
    from django.core import checks

    errors = [issue for issue in checks.run_checks() if issue.is_serious()]
    if errors:
        yield fault("program", f"{errors[0].msg} ({len(errors)} in all)", stops=True)
    else:
        yield ok("program", "Every route says who may take it.")


def _sqlite_library(description: dict[str, Any]) -> Iterator[Finding]:
    if description.get("OPTIONS", {}).get("transaction_mode") != "IMMEDIATE":
        yield fault("sqlite transactions", "They are not IMMEDIATE: two writers would fail each other.", stops=True)
    else:
        yield ok("sqlite transactions", "IMMEDIATE.")


def _sqlite_connection(description: dict[str, Any]) -> Iterator[Finding]:
    from django.db import connection

    with connection.cursor() as cursor:
        values = {}
        for pragma in ("journal_mode", "synchronous", "foreign_keys"):
            values[pragma] = cursor.execute(f"PRAGMA {pragma}").fetchone()[0]
        library = cursor.execute("SELECT sqlite_version()").fetchone()[0]
    version = tuple(int(part) for part in library.split("."))[:3]
    yield sqlite_verdict(version, str(values["journal_mode"]).lower(), int(values["synchronous"]))  # type: ignore[arg-type]
    if values["foreign_keys"]:
        yield ok("foreign keys", "Kept by the database.")
    else:
        yield fault("foreign keys", "The database does not keep them; see init_command in the settings.", stops=True)


def _postgresql_connection() -> Iterator[Finding]:
    from django.db import connection

    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW {setting}")
            value = cursor.fetchone()[0]
        if value == "off":
            yield fault(f"postgresql {setting}", "It is off: a power cut may lose signed records.", stops=True)
        else:
            yield ok(f"postgresql {setting}", f"{value}.")


def _backup(now: datetime) -> Iterator[Finding]:
    from myotome.clinic.audit.queries import last_good_backup_at

    last = last_good_backup_at()
    if last is None:
        yield warning("backup", "There has never been one; `myotome backup FILE` makes one.")
    elif now - last > BACKUP_FAILS_AFTER:
        yield fault("backup", f"The last good one is from {last:%Y-%m-%d %H:%M} UTC, {(now - last).days} days ago.")
    elif now - last > BACKUP_WARNS_AFTER:
        yield warning("backup", f"The last good one is from {last:%Y-%m-%d %H:%M} UTC.")
    else:
        yield ok("backup", f"The last good one is from {last:%Y-%m-%d %H:%M} UTC.")


def _queue(now: datetime) -> Iterator[Finding]:
    from django_tasks_db.models import DBTaskResult

    due = DBTaskResult.objects.ready().exclude(run_after__range=(now - JOB_WAITS_AT_MOST, now))
    late = due.filter(enqueued_at__lt=now - JOB_WAITS_AT_MOST).count()
    if late:
        yield warning("queue", f"{late} jobs wait for more than 10 minutes; is `myotome worker` running?")
    else:
        yield ok("queue", "No job waits for long.")


def _working_hours(now: datetime) -> Iterator[Finding]:
    from myotome.clinic.booking.overlapping import who_overlaps
    from myotome.clinic.people.days import clinic_day
    from myotome.clinic.people.queries import clinics

    is_clear = True
    for clinic in clinics():
        n, names = who_overlaps(clinic.pk, today=clinic_day(clinic, now))
        if n:
            is_clear = False
            shifts = "2 shifts overlap" if n == 1 else f"{n} pairs of shifts overlap"
            said = f"In {clinic.name} {shifts}: {', '.join(names)}. The set-up page names each with the way out."
            yield warning("working hours", said)
    if is_clear:
        yield ok("working hours", "No shifts of one person overlap.")


def zones_apart(names: Iterable[str], folder: Path, now: datetime) -> list[str]:
    """Zones whose clocks, in the year from now on, the data in a folder and those that Myotome goes by tell apart."""
    found = []
    for name in names:
        if not (file := folder / name).is_file():
            continue
        with file.open("rb") as data:
            theirs = ZoneInfo.from_file(data)
        ours = ZoneInfo.no_cache(name)
        days = [now + timedelta(days=14 * n) for n in range(27)]
        if any(day.astimezone(theirs).utcoffset() != day.astimezone(ours).utcoffset() for day in days):
            found.append(name)
    return found


def _time_zones(now: datetime, machines: Path = Path("/usr/share/zoneinfo")) -> Iterator[Finding]:
    from myotome.clinic.people.queries import time_zones

    if zoneinfo.TZPATH:
        yield warning(
            "time zones",
            f"PYTHONTZPATH names {os.pathsep.join(zoneinfo.TZPATH)}: Myotome goes by the zone data there, not by its own "
            f"({IANA_VERSION}). Take it away unless those are newer.",
        )
        return
    apart = zones_apart(time_zones(), machines, now)
    theirs = _version_of(machines)
    if apart and theirs > IANA_VERSION:
        yield warning(
            "time zones",
            f"This machine's zone data ({theirs}) are newer than Myotome's ({IANA_VERSION}) and disagree on the clocks of "
            f"{', '.join(apart)}. Bring the package tzdata of Myotome's Python up to date.",
        )
    elif apart:
        yield ok(
            "time zones",
            f"As in {IANA_VERSION}; other programs of this machine go by other data for {', '.join(apart)}.",
        )
    else:
        yield ok("time zones", f"As in {IANA_VERSION}.")


def _version_of(folder: Path) -> str:
    """The version of the zone data in a folder, such as 2025b; empty where it does not say."""
    try:
        with (folder / "tzdata.zi").open() as file:
            return file.readline().removeprefix("# version ").strip()
    except OSError:
        return ""


def _second_factor() -> Iterator[Finding]:
    from myotome.clinic.people.queries import clinics

    without = [clinic.name for clinic in clinics() if not clinic.requires_second_factor and not clinic.is_demo]
    if without:
        yield warning("second factor", f"Not asked of the staff of {', '.join(without)}.")
    else:
        yield ok("second factor", "Asked of the staff of every clinic.")
