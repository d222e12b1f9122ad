"""A backup taken while the clinic works comes back whole on an empty machine, and a bad one changes nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

WRITING = """
import sys, threading
import django; django.setup()
from datetime import date
from tests import factories as f
from myotome.clinic.people.actions import create_patient
from myotome.clinic.people.models import Clinic
clinic = Clinic.objects.get(slug="alder")
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
n = 0
while not stop.is_set():
    row = create_patient(by=f.the_system(clinic), at=f.AT, given_name="Writer", family_name=f"Number {n}",
                         born_on=date(1980, 1, 1))
    n += 1
    print(row.pk, flush=True)
"""

COUNTED = """
import django; django.setup()
from myotome.clinic.people.models import Patient
from myotome.clinic.audit.models import AuditEvent
made = set(AuditEvent.objects.filter(act="patient.created").values_list("subject_id", flat=True))
print(len(set(Patient.objects.values_list("pk", flat=True)) ^ made), max(Patient.objects.values_list("pk", flat=True)))
"""

OPEN_A_CHART = """
import django; django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS.append("testserver")
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
from django.test import Client
from myotome.clinic.people.models import Membership
from tests import factories as f
from myotome.clinic.people.models import User
elena = User.objects.get(name="Elena Marchetti")
client = Client()
assert client.login(email=elena.email, password=f.PASSWORD)
answer = client.get("/alder/chart/%s/")
print(answer.status_code, "Lindqvist" in answer.content.decode())
"""

STATE = """
import django; django.setup()
from myotome.clinic.people.models import Clinic, Patient
print(Patient.objects.count(), Clinic.objects.get().name)
"""

ONE_MORE_PATIENT = """
import django; django.setup()
from tests import factories as f
from myotome.clinic.people.models import Clinic
f.a_patient(Clinic.objects.get(), given_name="Later")
"""

A_STEP_OF_THE_FUTURE = """
import django; django.setup()
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).record_applied("people", "9999_from_the_future")
"""


def test_a_backup_taken_under_load_opens_a_chart_on_an_empty_machine(house, new_house, tmp_path):
    file, word = tmp_path / "clinic.backup", house.word_file()
    writer = house.start(WRITING)
    try:
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
        answer = json.loads(house.myotome("backup", str(file), "--passphrase-file", word, "--json").stdout)
    finally:
        writer.stdin.write("stop\n")
        writer.stdin.close()
        later = [int(line) for line in writer.stdout.read().split()]
        writer.wait(30)
    assert writer.returncode == 0
    assert later, "the clinic did not work while the backup was taken"
    assert answer["bytes"] == file.stat().st_size
    assert b"Lindqvist" not in file.read_bytes()

    other = new_house()
    other.myotome("restore", str(file), "--yes", "--passphrase-file", word)
    halves, newest = (int(part) for part in other.python(COUNTED).split())
    assert halves == 0, "a patient without her audit event, or the reverse"
    assert newest >= acknowledged[-1], "a patient whose saving was confirmed before the backup is missing"
    assert other.python(OPEN_A_CHART % house.patient) == "200 True"
    assert (other.folder / "secret_key").read_text() == (house.folder / "secret_key").read_text()


def test_the_check_and_the_owner_know_when_the_last_backup_succeeded(house, tmp_path):
    house.myotome("backup", str(tmp_path / "a.backup"), "--passphrase-file", house.word_file())
    found = json.loads(house.myotome("check", "--json").stdout)["findings"]
    assert {f["name"]: f["verdict"] for f in found}["backup"] == "ok"


def state_of(house) -> str:
    return house.python(STATE)


def test_a_bad_backup_changes_nothing(house, tmp_path):
    good, bad, word = tmp_path / "good.backup", tmp_path / "bad.backup", house.word_file()
    house.myotome("backup", str(good), "--passphrase-file", word)
    whole, before = good.read_bytes(), state_of(house)

    def refused(file: Path, *more: str, words: str) -> None:
        assert words in house.myotome("restore", str(file), *more, fails=True).stderr

    refused(good, "--passphrase-file", word, words="--yes")
    refused(good, "--yes", "--passphrase-file", house.word_file("another passphrase"), words="passphrase is wrong")
    refused(good, "--yes", words="--passphrase-file")
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    bad.write_bytes(flipped)
    refused(bad, "--yes", "--passphrase-file", word, words="damaged")
    bad.write_bytes(whole[: len(whole) // 2])
    refused(bad, "--yes", "--passphrase-file", word, words="cut short")
    bad.write_bytes(b"something else")
    refused(bad, "--yes", "--passphrase-file", word, words="not a backup")
    assert state_of(house) == before
    assert not [p for p in house.folder.iterdir() if p.name.startswith(("restore-", "backup-", "before-"))]


def test_what_was_there_before_a_restore_is_kept(house, tmp_path):
    file, word = tmp_path / "a.backup", house.word_file()
    house.myotome("backup", str(file), "--passphrase-file", word)
    house.python(ONE_MORE_PATIENT)
    answer = json.loads(house.myotome("restore", str(file), "--yes", "--passphrase-file", word, "--json").stdout)
    assert state_of(house).split()[0] == "1"
    if house.database_url:
        assert answer["kept"] is None  # PostgreSQL's owner keeps her own; the restore itself was one transaction
        return
    (Path(answer["kept"]) / "myotome.sqlite3").rename(house.folder / "myotome.sqlite3")
    assert state_of(house).split()[0] == "2"


def test_nothing_is_restored_under_a_running_server(house, tmp_path):
    import fcntl

    file, word = tmp_path / "a.backup", house.word_file()
    house.myotome("backup", str(file), "--passphrase-file", word)
    handle = os.open(house.folder / "in_use.lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_SH)
    try:
        refused = house.myotome("restore", str(file), "--yes", "--passphrase-file", word, fails=True)
    finally:
        os.close(handle)
    assert "Myotome is running" in refused.stderr


def test_a_backup_newer_than_the_program_is_refused(house, tmp_path):
    file, word = tmp_path / "a.backup", house.word_file()
    house.python(A_STEP_OF_THE_FUTURE)
    house.myotome("backup", str(file), "--passphrase-file", word)
    before = state_of(house)
    refused = house.myotome("restore", str(file), "--yes", "--passphrase-file", word, fails=True)
    assert "newer than this program (people.9999_from_the_future)" in refused.stderr
    assert state_of(house) == before
    assert "newer" in house.myotome("migrate", fails=True).stderr


def test_a_disk_that_ends_leaves_no_half_backup(house, tmp_path):
    word, target = house.word_file(), tmp_path / "old.backup"
    target.write_bytes(b"the last good one")
    refused = house.myotome(
        "backup", str(target), "--replace", "--passphrase-file", word, fails=True, most_bytes=30_000
    )
    assert "is there room for the copy?" in refused.stderr
    assert target.read_bytes() == b"the last good one"
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
    assert not list(house.folder.glob("backup-*"))


def test_an_older_backup_and_a_device_are_never_written_over(house, tmp_path):
    word, target = house.word_file(), tmp_path / "old.backup"
    target.write_bytes(b"the last good one")
    assert "--replace" in house.myotome("backup", str(target), "--passphrase-file", word, fails=True).stderr
    assert target.read_bytes() == b"the last good one"
    refused = house.myotome("backup", os.devnull, "--replace", "--passphrase-file", word, fails=True)
    assert "is not a file" in refused.stderr
    assert Path(os.devnull).is_char_device()
