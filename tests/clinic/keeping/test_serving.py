"""The clinic is served by one command, by TLS beyond this machine, and refuses to be served unsafely."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from tests.clinic.keeping.conftest import ROOT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(house, *arguments: str):
    """The running server with its first line of output; ended by SIGTERM, which must end it in order."""
    process = subprocess.Popen(
        [sys.executable, "-m", "myotome", "serve", *arguments],
        env=house.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield line
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)
    assert process.returncode == 0


def test_a_tablet_reaches_the_clinic_by_tls_and_nobody_without(house):
    port = str(free_port())
    house.myotome("certificate", "--host", "clinic.local", "--host", "127.0.0.2")
    trusted = ssl.create_default_context(cafile=house.folder / "tls" / "clinic-authority.crt")
    with serving(house, "--host", "127.0.0.2", "--port", port, "--certificate", *pair(house), "--no-worker") as line:
        assert f"https://clinic.local:{port}/" in line
        answer = urllib.request.urlopen(f"https://127.0.0.2:{port}/alder/", context=trusted, timeout=10)
        page = answer.read().decode()
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        styles = re.search(r'href="(/static/built/site\.[0-9a-f]{12}\.css)"', page)
        request = urllib.request.Request(
            f"https://127.0.0.2:{port}{styles.group(1)}", headers={"Accept-Encoding": "gzip"}
        )
        file = urllib.request.urlopen(request, context=trusted, timeout=10)
        assert file.headers["Content-Encoding"] == "gzip"
        assert "immutable" in file.headers["Cache-Control"]
        worker = urllib.request.urlopen(f"https://127.0.0.2:{port}/keeper.js", context=trusted, timeout=10)
        kept = json.loads(worker.read().decode().split("\n")[1].removeprefix("const FILES = ").removesuffix(";"))
        assert styles.group(1) in kept
        for path in kept:  # one file that is not there, and no tablet would keep anything
            assert urllib.request.urlopen(f"https://127.0.0.2:{port}{path}", context=trusted, timeout=10).status == 200
        login = urllib.request.urlopen(f"https://127.0.0.2:{port}/accounts/login/", context=trusted, timeout=10)
        assert all("Secure" in cookie for cookie in login.headers.get_all("Set-Cookie"))
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(f"https://127.0.0.2:{port}/", timeout=10)
        strange = urllib.request.Request(f"https://127.0.0.2:{port}/", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(strange, context=trusted, timeout=10)
        taken = house.myotome("serve", "--host", "127.0.0.2", "--port", port, "--certificate", *pair(house), fails=True)
        assert f"port {port} is taken" in taken.stderr


def test_a_killed_server_leaves_nothing_behind_and_the_next_one_starts(house):
    port = str(free_port())
    command = [sys.executable, "-m", "myotome", "serve", "--port", port]
    killed = subprocess.Popen(command, env=house.environment, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert killed.stdout.readline()
    killed.kill()
    killed.wait(10)
    with open(house.folder / "in_use.lock") as lock:
        for _ in range(80):  # web workers and the queue's worker let go of the folder by themselves
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.25)
        else:
            pytest.fail("a process of the killed server still holds the data folder")
    with serving(house, "--port", port) as line:
        assert port in line


def pair(house) -> list[str]:
    return [str(house.folder / "tls" / "server.crt"), "--key", str(house.folder / "tls" / "server.key")]


SERVED = """
import subprocess, sys
from myotome.website.parent import end_with_parent_if_served
end_with_parent_if_served()
started = "import sys, time, myotome.website.parent as p; p.end_with_parent_if_served(); time.sleep(2.5)"
print(subprocess.run([sys.executable, "-c", started]).returncode)
"""


def test_what_the_queue_starts_is_not_ended_as_if_the_server_were_gone(monkeypatch):
    monkeypatch.setenv("MYOTOME_SERVED", str(os.getpid()))
    done = subprocess.run([sys.executable, "-c", SERVED], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "0"


def test_an_empty_installation_says_what_comes_first(new_house):
    empty = new_house()
    assert "myotome migrate" in empty.myotome("serve", "--port", str(free_port()), fails=True).stderr


UNSAFE = """
import sys
from django.conf import settings
import django; django.setup()
settings.DEBUG = True
from myotome.cli import main
sys.exit(main(["serve", "--port", sys.argv[1] if len(sys.argv) > 1 else "8999"]))
"""


def test_an_unsafe_setting_is_not_served(house):
    done = subprocess.run(
        [sys.executable, "-c", UNSAFE, str(free_port())],
        env=house.environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 1
    assert "DEBUG shows records" in done.stderr


def test_a_clinic_is_opened_once_and_its_owner_needs_a_second_factor(new_house, first_day):
    house, word = new_house(like=first_day), first_day.word_file()
    zone = ("--time-zone", "America/Toronto")
    owner = ("--owner-name", "Ada Byron", "--owner-email", "ada@example.org", "--passphrase-file", word)
    house.myotome("open-clinic", "birch", "--name", "Birch", *zone, *owner, "--rooms", "3", "--treats")
    again = house.myotome("open-clinic", "birch", "--name", "Birch", *zone, *owner, fails=True)
    assert "already" in again.stderr
    reserved = house.myotome("open-clinic", "accounts", "--name", "B", *zone, *owner, fails=True)
    assert "taken by the program" in reserved.stderr
    found = {f["name"]: f for f in json.loads(house.myotome("check", "--json").stdout)["findings"]}
    assert "Birch" not in found["second factor"]["sentence"]
    assert house.myotome("export", "1", fails=True).stderr.count("--clinic") == 1
