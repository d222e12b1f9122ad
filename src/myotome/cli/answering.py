"""How a command that answers says it: aligned columns for a person, JSON for a program (`--json`)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from myotome.cli.mistakes import Mistake

MOST_BYTES = 5_000_000
MOST_DIGITS = 400


def takes_json(parser: argparse.ArgumentParser) -> None:
    """Gives a command its `--json`."""
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def say_json(value: Any) -> None:
    """Prints the value as JSON that ends with a line break; NaN and infinity are not JSON, and raise before a word is out."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2, default=_plain) + "\n")


def say_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Prints the columns of the rows, aligned, with their names above."""
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max([len(name), *(len(line[i]) for line in cells)]) for i, name in enumerate(columns)]
    for line in [list(columns), *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def mapping_from(file: str) -> dict[str, Any]:
    """The JSON object in the file (`-` is standard input).

    Raises:
        Mistake: it is not there, too big, not JSON, holds a key twice, NaN, an infinity or a number of more than
            400 digits, or is no object.
    """
    raw = sys.stdin.buffer.read(MOST_BYTES + 1) if file == "-" else _read(Path(file))
    name = "standard input" if file == "-" else file
    if len(raw) > MOST_BYTES:
        raise Mistake(f"{name} is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        text = raw.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_constant, parse_int=_whole)
    except UnicodeDecodeError:
        raise Mistake(f"{name} is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Mistake(f"{name} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise Mistake(f"{name} is nested too deep.") from None
    except ValueError as error:
        raise Mistake(f"{name}: {error}.") from None
    if not isinstance(value, dict):
        raise Mistake(f"{name} holds {_kind(value)}, where an object is needed.")
    return value


def _read(path: Path) -> bytes:
    if not path.exists():
        raise Mistake(f"there is no file {path}.")
    if not path.is_file():
        raise Mistake(f"{path} is not a file.")
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _kind(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(_cell(part) for part in value)
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_cell(part)}" for name, part in value.items())
    return str(value)
