"""The floors of the house are kept by a tool that would notice a breach: each kind is planted once and must be caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = {
    "knowledge that computes": (
        "knowledge/planted.py",
        "import myotome.science.booking",
        "myotome.knowledge is not allowed to import myotome.science",
    ),
    "science that knows Django": ("science/planted.py", "import django.db", "Nothing below clinic knows Django BROKEN"),
    "a page that samples": ("pages/planted.py", "import numpyro", "never loads a sampler"),
    "booking that knows the needle": (
        "clinic/booking/planted.py",
        "import myotome.clinic.needling.queries",
        "myotome.clinic.booking is not allowed to import myotome.clinic.needling",
    ),
    "a page that touches rows": (
        "pages/planted.py",
        "import myotome.clinic.people.models",
        "myotome.pages is not allowed to import myotome.clinic.people.models",
    ),
    "a row that acts": (
        "clinic/people/models.py",
        "import myotome.clinic.people.actions",
        "myotome.clinic.people.models is not allowed to import myotome.clinic.people.actions",
    ),
    "a folder that nobody placed": ("helpers.py", '"""Odds and ends."""', "myotome.helpers"),
}


def lint(root: Path, src: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [program, "--no-cache", "--no-logo", ".importlinter"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(src), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_floors_are_kept():
    done = lint(ROOT, ROOT / "src")
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("house")
    shutil.copytree(
        ROOT / "src" / "myotome", root / "src" / "myotome", ignore=shutil.ignore_patterns("static", "*.pyc")
    )
    shutil.copy(ROOT / ".importlinter", root)
    return root


@pytest.mark.parametrize("kind", PLANTED)
def test_a_breach_is_caught(copy, kind):
    name, line, words = PLANTED[kind]
    file = copy / "src" / "myotome" / name
    before = file.read_text() if file.exists() else None
    file.write_text((before or '"""Planted."""\n') + "\n" + line + "\n")
    try:
        done = lint(copy, copy / "src")
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before)
    assert done.returncode == 1
    assert words in " ".join(done.stdout.split())
