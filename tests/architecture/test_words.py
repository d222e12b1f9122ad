"""What is said about the program is there and true: docstrings, messages, generated pages; no machine's name is in it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
from pathlib import Path

import pytest

import myotome
from myotome.vocabulary import errors
from tests import write_docs

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "myotome"
FLOORS_OF_RULES = ("science", "knowledge", "clinic", "vocabulary", "exchange")


def public_functions(tree: ast.Module):
    """Functions, classes and methods without a leading underscore, outside of other functions."""
    waiting = [(node, "") for node in tree.body]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node, f"{inside}{node.name}"
            if isinstance(node, ast.ClassDef):
                waiting += [(part, f"{node.name}.") for part in node.body]


def source_files(*floors: str):
    for floor in floors:
        for path in sorted((SRC / floor).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def undocumented(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    name = str(path.relative_to(SRC)) if path.is_relative_to(SRC) else path.name
    missing = [] if ast.get_docstring(tree) else [f"{name}: the module"]
    return missing + [
        f"{name}: {inside}"
        for node, inside in public_functions(tree)
        if not ast.get_docstring(node) and not inside.endswith(".Meta")
    ]


def test_every_public_function_says_what_is_true_of_its_result():
    assert [line for path in source_files(*FLOORS_OF_RULES) for line in undocumented(path)] == []


def test_a_function_without_a_sentence_is_noticed(tmp_path):
    file = tmp_path / "planted.py"
    file.write_text('"""About."""\nclass A:\n    """A."""\n    def b(self): ...\ndef c(): ...\ndef _d(): ...\n')
    assert undocumented(file) == ["planted.py: c", "planted.py: A.b"]


def slugs() -> dict[str, str]:
    """Slug to class, of every error of the house, wherever it is written down."""
    for module in pkgutil.walk_packages(myotome.__path__, "myotome."):
        if (
            module.name.startswith(("myotome.vocabulary", "myotome.science", "myotome.clinic", "myotome.exchange"))
            and "migrations" not in module.name
        ):
            importlib.import_module(module.name)
    found, waiting = {}, [errors.MyotomeError]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if cls.__module__.startswith("myotome."):
            found[cls.slug] = cls.__name__
    return found


def test_every_error_has_its_own_slug_and_its_page_in_the_messages():
    text = (ROOT / "docs" / "reference" / "messages.md").read_text()
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))
    assert documented == set(slugs())


def test_every_error_says_what_it_means():
    assert all(inspect.getdoc(cls) for cls in errors.MyotomeError.__subclasses__())


def test_generated_pages_are_what_the_program_would_write_now():
    assert write_docs.stale() == [], "`python tests/write_docs.py` writes them anew; look at the difference"


TRACKED = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
    "\0"
)
# Written apart, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of one machine": re.compile("/" + r"(root|work|home/[a-z]+)/[a-z.]"),
    "a package source": re.compile(
        "pypi" + r"\.org|files\.python" + r"hosted|registry\.npm" + "js|deb" + r"\.debian\.org"
    ),
    "resolved in a lock": re.compile('"resolved' + '": "http'),
    "an index in a lock": re.compile("--(extra-)?index" + "-url"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names_a_machine_or_a_package_source(what):
    assert len(TRACKED) > 50
    found = []
    for name in filter(None, TRACKED):
        try:
            text = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        found += [f"{name}: {hit.group()}" for hit in FORBIDDEN[what].finditer(text)]
    assert found == []


def test_every_python_dependency_is_locked_by_hash():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith(" ")]
    assert all(re.match(r"^[a-z0-9._\[\],-]+==\S+( ; .+)? \\$", pin) for pin in pins)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pins)
