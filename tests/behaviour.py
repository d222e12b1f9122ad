"""The manual of behaviour, made from the spec tests: a folder is a chapter, a file a section, a test a sentence.

The tests are read, not run: what the manual says is what `make test` proves. Tables of `parametrize` that are plain
values are shown as tables.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

SPEC = Path(__file__).parent / "spec"
MOST_ROWS = 40


def behaviour_pages() -> dict[str, str]:
    """Page name (`needling.md`) to Markdown, one for each chapter, and `index.md`."""
    chapters = sorted(folder for folder in SPEC.iterdir() if folder.is_dir() and any(folder.glob("test_*.py")))
    pages = {f"{folder.name}.md": _chapter(folder) for folder in chapters}
    lines = ["# What Myotome does, sentence by sentence", ""]
    lines += ["Made from the tests in `tests/spec`; each sentence is proved by every run of `make test`.", ""]
    for folder in chapters:
        n = pages[f"{folder.name}.md"].count("\n- ")
        lines.append(f"- [{folder.name.capitalize()}]({folder.name}.md): {n} sentences")
    return pages | {"index.md": "\n".join(lines) + "\n"}


def _chapter(folder: Path) -> str:
    parts = [
        f"# {folder.name.capitalize()}",
        "",
        "Made from the tests; `python tests/write_docs.py` writes it anew.",
        "",
    ]
    for file in sorted(folder.glob("test_*.py")):
        parts += _section(file)
    return "\n".join(parts).rstrip() + "\n"


def _section(file: Path) -> list[str]:
    module = ast.parse(file.read_text())
    title = file.stem.removeprefix("test_").replace("_", " ").capitalize()
    parts = [f"## {title}", ""]
    if about := ast.get_docstring(module):
        parts += [about, ""]
    tests = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    for test in sorted(tests, key=lambda node: node.lineno):
        parts += _sentence(test)
    return [*parts, ""]


def _sentence(test: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    words = test.name.removeprefix("test_").replace("_", " ")
    lines = [f"- {words[0].upper()}{words[1:]}."]
    if about := ast.get_docstring(test):
        lines[0] += " " + " ".join(about.split())
    for decorator in test.decorator_list:
        lines += _table(decorator)
    return lines


def _table(decorator: ast.expr) -> list[str]:
    if not (isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("parametrize")):
        return []
    try:
        names, rows = (ast.literal_eval(part) for part in decorator.args[:2])
    except ValueError:
        return []
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    cells = [list(row) if len(names) > 1 else [row] for row in rows][:MOST_ROWS]
    if len(names) == 1 and all(isinstance(row[0], str | int | float) for row in cells):
        return [f"  {names[0].replace('_', ' ').capitalize()}: {', '.join(_cell(row[0]) for row in cells)}."]
    head = [names, ["---"] * len(names)]
    return ["", *("  | " + " | ".join(_cell(cell) for cell in row) + " |" for row in [*head, *cells]), ""]


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return " ".join(text.split()).replace("|", "\\|")[:120]
