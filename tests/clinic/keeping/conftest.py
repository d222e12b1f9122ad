"""A real installation in a folder of its own, on the database that the run is for, driven through its command line."""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import migrated

ROOT = Path(__file__).parents[3]
SERVER = os.environ.get("DATABASE_URL", "")
WORD = "correct horse battery staple"

FIRST_DAY = """
import django; django.setup()
from tests import factories as f
clinic = f.a_clinic()
elena = f.a_practitioner(clinic)
patient = f.a_patient(clinic, in_care_of=elena, note_for_desk="<b>parks at the back</b>")
f.a_consent(f.a_course(clinic, patient))
print(patient.pk)
"""


@dataclass
class House:
    """One installation: its data folder, its database, its command line."""

    folder: Path
    database_url: str
    patient: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What its processes see."""
        mine = {name: v for name, v in os.environ.items() if not name.startswith(("MYOTOME_", "DJANGO_", "DATABASE_"))}
        mine |= {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "MYOTOME_DATA_DIR": str(self.folder)}
        mine |= {"DJANGO_SETTINGS_MODULE": "myotome.website.settings"}
        return mine | ({"DATABASE_URL": self.database_url} if self.database_url else {})

    def myotome(
        self, *arguments: str, fails: bool = False, most_bytes: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command; a failure must be one line without a traceback. No file may grow beyond `most_bytes`."""
        done = self._run(["-m", "myotome", *arguments], most_bytes)
        assert "Traceback" not in done.stderr
        if fails:
            assert done.returncode == 1
            assert len(done.stderr.strip().splitlines()) == 1
        else:
            assert done.returncode == 0, done.stderr
        return done

    def python(self, code: str) -> str:
        """What a piece of code prints when it runs in this installation."""
        done = self._run(["-c", code])
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, code: str) -> subprocess.Popen[str]:
        """A piece of code that goes on running."""
        return subprocess.Popen(
            [sys.executable, "-c", code],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def word_file(self, word: str = WORD) -> str:
        """A file with a passphrase, for its owner's eyes."""
        path = self.folder.parent / f"word-{secrets.token_hex(4)}"
        path.write_text(word + "\n")
        path.chmod(0o600)
        return str(path)

    def _run(self, arguments: list[str], most_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            cwd=ROOT,
            preexec_fn=limit if most_bytes else None,
        )


@pytest.fixture
def new_house(tmp_path) -> Iterator[Callable[..., House]]:
    """`new_house()`: an empty machine: no data folder, and no database or an empty one; `like` copies another."""
    houses: list[House] = []

    def make(like: House | None = None) -> House:
        houses.append(_build(tmp_path / f"house-{len(houses)}", like))
        return houses[-1]

    yield make
    for house in houses:
        pull_down(house)


@pytest.fixture(scope="session")
def first_day(tmp_path_factory) -> Iterator[House]:
    """A clinic on its first day, to be copied and not to be used."""
    made = a_house(tmp_path_factory.mktemp("first-day") / "house")
    made.patient = made.python(FIRST_DAY)
    yield made
    pull_down(made)


@pytest.fixture
def house(new_house, first_day) -> House:
    """A clinic on its first day; `house.patient` is the number of its one patient."""
    return new_house(like=first_day)


def a_house(place: Path) -> House:
    """A migrated installation without a clinic; `pull_down` ends it."""
    house = House(folder=place / "data", database_url="")
    house.folder.mkdir(parents=True, mode=0o700)
    if SERVER.startswith("postgres"):
        house.database_url = _a_database(migrated.template_on(SERVER))
    else:
        migrated.copy_to(house.folder / migrated.FILE)
    return house


def _build(place: Path, like: House | None) -> House:
    place.mkdir()
    house = House(folder=place / "data", database_url="")
    if SERVER.startswith("postgres"):
        house.database_url = _a_database(urlsplit(like.database_url).path[1:] if like else "template1")
    if like is not None:
        shutil.copytree(like.folder, house.folder)
        house.patient = like.patient
    return house


def _a_database(template: str) -> str:
    name = f"house_{secrets.token_hex(6)}"
    _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return migrated.on_server(SERVER, name)


def pull_down(house: House) -> None:
    """The house's database gone, where it has one on a server."""
    if house.database_url:
        _on_server(f'DROP DATABASE "{urlsplit(house.database_url).path[1:]}" WITH (FORCE)')


def _on_server(statement: str) -> None:
    import psycopg

    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(statement)
