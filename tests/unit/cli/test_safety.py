"""Each question of `myotome check` has both its answers."""

from __future__ import annotations

import os
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from types import SimpleNamespace

import pytest

from myotome.cli import certificate, safety
from myotome.clinic.audit.actions import record_backup
from tests import factories as f

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "journal", "synchronous", "verdict"),
    [
        ((3, 51, 3), "wal", 2, "ok"),
        ((3, 53, 4), "wal", 3, "ok"),
        ((3, 51, 2), "wal", 2, "fault"),
        ((3, 40, 1), "wal", 2, "fault"),
        ((3, 40, 1), "delete", 2, "ok"),
        ((3, 40, 1), "persist", 2, "ok"),
        ((3, 53, 4), "wal", 1, "fault"),
        ((3, 53, 4), "delete", 0, "fault"),
        ((3, 53, 4), "memory", 2, "fault"),
        ((3, 53, 4), "off", 2, "fault"),
    ],
)
def test_a_library_with_the_wal_fault_is_refused_under_wal_and_nothing_below_full(
    version, journal, synchronous, verdict
):
    finding = safety.sqlite_verdict(version, journal, synchronous)
    assert finding.verdict == verdict
    assert finding.stops == (verdict == "fault")


def settings(**changed: object) -> SimpleNamespace:
    good = {
        "SECRET_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOP",
        "DEBUG": False,
        "ALLOWED_HOSTS": ["clinic.local"],
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.local",
    }
    return SimpleNamespace(**good | changed)


@pytest.mark.parametrize(
    ("changed", "name", "verdict"),
    [
        ({}, None, None),
        ({"SECRET_KEY": "short"}, "secret key", "fault"),
        ({"SECRET_KEY": "django-insecure-" + "abcdefghijklmnopqrstuvwxyz0123456789ABC"}, "secret key", "fault"),
        ({"SECRET_KEY": "a" * 80}, "secret key", "fault"),
        ({"DEBUG": True}, "debug", "fault"),
        ({"ALLOWED_HOSTS": ["*"]}, "allowed hosts", "fault"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, "mail", "warning"),
    ],
)
def test_a_setting_that_gives_something_away_is_named(changed, name, verdict):
    wrong = {
        finding.name: finding.verdict for finding in safety._settings(settings(**changed)) if finding.verdict != "ok"
    }
    assert wrong == ({name: verdict} if name else {})


def test_a_folder_that_others_can_read_is_a_fault(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("MYOTOME_DATA_DIR", str(folder))
    (folder / "secret_key").write_text("x")
    (folder / "secret_key").chmod(0o644)
    assert next(safety._data_folder()).verdict == "ok", "a closed folder closes what is in it"
    folder.chmod(0o755)
    finding = next(safety._data_folder())
    assert finding.verdict == "fault"
    assert "secret_key" in finding.sentence


@pytest.mark.parametrize(("age_days", "verdict"), [(0, "ok"), (380, "warning"), (400, "fault")])
def test_a_certificate_is_renewed_in_time(tmp_path, monkeypatch, age_days, verdict):
    monkeypatch.setenv("MYOTOME_DATA_DIR", str(tmp_path))
    assert list(safety._tls(NOW)) == []
    certificate.issue(certificate.folder(), ["clinic.local"], now=NOW - timedelta(days=age_days))
    assert [finding.verdict for finding in safety._tls(NOW)] == [verdict]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "verdict"), [(None, "warning"), (1, "ok"), (25, "ok"), (27, "warning"), (24 * 7 + 1, "fault")]
)
def test_a_backup_grows_old(hours, verdict):
    if hours is not None:
        record_backup(at=NOW - timedelta(hours=hours), succeeded=True, n_bytes=1)
    record_backup(at=NOW, succeeded=False, message="the disk was full")
    assert [finding.verdict for finding in safety._backup(NOW)] == [verdict]


@pytest.mark.django_db
def test_a_clinic_without_a_second_factor_is_named():
    f.a_clinic()
    assert [finding.verdict for finding in safety._second_factor()] == ["warning"]


@pytest.mark.django_db
def test_a_queue_that_stands_still_is_seen():
    from django_tasks_db.models import DBTaskResult

    from myotome.clinic.booking.notices import send_notice

    send_notice.enqueue(1)
    send_notice.using(run_after=datetime.now(UTC) + timedelta(days=2)).enqueue(2)
    assert next(safety._queue(datetime.now(UTC))).verdict == "ok"
    DBTaskResult.objects.update(enqueued_at=datetime.now(UTC) - timedelta(minutes=11))
    assert next(safety._queue(datetime.now(UTC))).sentence.startswith("1 jobs wait")


@pytest.fixture
def machine(db, tmp_path):
    """A machine on which Vancouver keeps the clocks of Toronto, and its clinic."""
    f.a_clinic()
    (tmp_path / "America").mkdir()
    toronto = files("tzdata.zoneinfo").joinpath("America", "Toronto").read_bytes()
    for name in ("Vancouver", "Toronto"):
        (tmp_path / "America" / name).write_bytes(toronto)
    of_the_tests = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    yield tmp_path
    zoneinfo.reset_tzpath(to=of_the_tests)


def test_zones_that_keep_other_clocks_are_named(machine):
    names = ["America/Toronto", "America/Vancouver", "America/Nowhere"]
    assert safety.zones_apart(names, machine, NOW) == ["America/Vancouver"]


@pytest.mark.parametrize(("version", "verdict"), [("2999z", "warning"), ("2000a", "ok"), ("", "ok")])
def test_a_machine_with_newer_zone_data_is_a_reason_to_take_ours_up_to_date(machine, version, verdict):
    if version:
        (machine / "tzdata.zi").write_text(f"# version {version}\n")
    (finding,) = safety._time_zones(NOW, machine)
    assert finding.verdict == verdict
    assert "America/Vancouver" in finding.sentence


def test_zone_data_that_the_machine_does_not_have_or_has_alike_are_well(machine):
    (machine / "America" / "Vancouver").unlink()
    (finding,) = safety._time_zones(NOW, machine)
    assert (finding.verdict, "America" in finding.sentence) == ("ok", False)


def test_zone_data_that_were_put_in_place_of_ours_are_named(machine):
    zoneinfo.reset_tzpath(to=[str(machine)])
    (finding,) = safety._time_zones(NOW, machine)
    assert finding.verdict == "warning"
    assert str(machine) in finding.sentence


@pytest.mark.parametrize(("put", "found"), [(None, "()"), ("/usr/share/zoneinfo", "('/usr/share/zoneinfo',)")])
def test_every_process_goes_by_the_zone_data_that_came_along_unless_others_are_put_in_their_place(put, found):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONTZPATH"}
    environment |= {"PYTHONTZPATH": put} if put else {}
    said = "import zoneinfo; zoneinfo.ZoneInfo('America/Toronto'); import myotome; print(zoneinfo.TZPATH)"
    done = subprocess.run([sys.executable, "-c", said], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == found
