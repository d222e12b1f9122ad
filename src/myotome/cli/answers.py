"""Commands that answer from tables and models alone: no database, no patient, the same answer every time."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from difflib import get_close_matches
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

from myotome.cli.answering import mapping_from, say_json, say_rows, takes_json
from myotome.cli.mistakes import Mistake
from myotome.cli.refit import basis_in

TABLES = {
    "muscles": (
        "muscles with roots, links, palpability and hazards",
        "myotome.knowledge.muscles",
        ("id", "name", "region", "roots", "levels", "hazards"),
    ),
    "acupoints": (
        "acupuncture points with muscles and hazards",
        "myotome.knowledge.acupoints",
        ("id", "pinyin", "hanzi", "muscles", "hazards"),
    ),
    "signs": (
        "sign codes of the examination with scales and normal values",
        "myotome.knowledge.signs",
        ("id", "name", "kind", "scale", "normal"),
    ),
    "conditions": (
        "conditions of the courses with their segments",
        "myotome.knowledge.conditions",
        ("id", "name", "region", "segments"),
    ),
}


EXAMINATION = ("findings", "region", "prior", "condition", "condition_roots")
FINDING = ("muscle", "dermatome", "reflex", "level", "side", "sign", "grade", "present", "examiner")
ALIKE = 0.8
RANGES = ("treatments_left", "weeks_left")
NOT_REACHED = "not on this plan"


def add_to(commands: Any) -> None:
    """Adds `segments`, `forecast` and one command for each table."""
    for name, function, what in (
        ("segments", segments, "ranked spinal roots for the findings in FILE"),
        ("forecast", forecast, "treatments and weeks left for the course in FILE"),
    ):
        command = commands.add_parser(name, help=what, description=what, allow_abbrev=False)
        command.add_argument("file", metavar="FILE", help="JSON; - reads standard input")
        if function is forecast:
            command.add_argument("--fit", metavar="RESULT", type=Path, help="rest on what `myotome refit` wrote there")
            command.add_argument(
                "--zero-is-real", action="store_true", help="zeros that look like missing scores were answered"
            )
        takes_json(command)
        command.set_defaults(run=function)
    what = "the needles that a shorthand line stands for, for example 'L mult-L5 40 .30x50 grasp3 cramp7 release 8s'"
    command = commands.add_parser("needles", help="the needles that a shorthand line stands for", description=what)
    command.add_argument("line", metavar="LINE", help="one line in quotes; - reads lines from standard input")
    takes_json(command)
    command.set_defaults(run=needles)
    for name, (what, module, columns) in TABLES.items():
        command = commands.add_parser(name, help=what, description=what, allow_abbrev=False)
        takes_json(command)
        command.set_defaults(run=_table(module, columns))


def segments(options: argparse.Namespace) -> int:
    """Answers with roots, evidence and what to examine next."""
    asked = mapping_from(options.file)
    check_names(asked, EXAMINATION)
    if "findings" not in asked:
        raise Mistake("findings: an examination has a list of findings; an empty one asks for the base rates.")
    rows = asked["findings"] if isinstance(asked["findings"], list) else []
    for i, row in enumerate(rows):
        check_names(row if isinstance(row, Mapping) else {}, FINDING, f"findings[{i}].")
    from myotome.science.assessment.answer import consider_roots

    answer = consider_roots(asked)
    if options.json:
        say_json(answer)
    else:
        _say_segments(answer)
    return 0


def forecast(options: argparse.Namespace) -> int:
    """Answers with ranges of treatments and weeks left, and what they rest on."""
    asked = mapping_from(options.file)
    from myotome.science.followup.answer import forecast_answer, other_spacings
    from myotome.science.followup.scoring import is_nothing_but_zeros

    basis = basis_in(options.fit) if options.fit else None
    are_sure = options.zero_is_real
    answer = forecast_answer(asked, basis, zeros_are_sure=are_sure)
    answer["other_spacings"] = other_spacings(asked, basis, zeros_are_sure=are_sure)
    scores = [visit["nrs"] for visit in asked.get("visits") or () if visit.get("nrs") is not None]
    if is_nothing_but_zeros(scores) and not are_sure:
        raise Mistake(
            "visits: every score is 0: never any pain, or not answered? A missing score is null; --zero-is-real says that she had none."
        )
    if options.json:
        say_json(answer)
    else:
        _say_nested(_in_words(answer))
    return 0


def _in_words(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with what is not reached said in words; there is no score yet where there is no pain now."""
    said: dict[str, Any] = {}
    for name, part in answer.items():
        if name in RANGES:
            said[name] = {key: NOT_REACHED if value is None else value for key, value in part.items()}
        elif isinstance(part, Mapping):
            said[name] = _in_words(part)
        elif part is not None:
            said[name] = part
    return said


def needles(options: argparse.Namespace) -> int:
    """Answers with the rows of the line; a word that cannot be read is pointed at."""
    from myotome.science.needling.shorthand import ShorthandError, parse_lines

    text = sys.stdin.read() if options.line == "-" else options.line
    try:
        rows = [row_as_json(row) for row in parse_lines(text)]
    except ShorthandError as error:
        place = f"characters {error.start + 1} to {error.end}: " if error.end else ""
        raise Mistake(f"{place}{error.message}") from None
    if options.json:
        say_json(rows)
    else:
        say_rows(rows, [name for name in rows[0] if any(row[name] not in (None, "", [], ()) for row in rows)])
    return 0


def check_names(given: Mapping[str, Any], known: tuple[str, ...], where: str = "") -> None:
    """Refuses a name that is nearly one of ours: it would be passed over in silence. Other names are the file's own.

    Raises:
        Mistake: names it and the one that was meant.
    """
    for name in given:
        for meant in get_close_matches(name, known, n=1, cutoff=ALIKE) if name not in known else ():
            if meant not in given:
                raise Mistake(f"{where}{name}: there is no such name; did you mean {meant!r}?")


def row_as_json(row: Any) -> dict[str, Any]:
    """The fields of a needle's line as plain values, in their order."""
    return {name: _as_plain(value) for name, value in asdict(row).items()}


def _as_plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): _as_plain(part) for name, part in value.items()}
    return [_as_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _table(module: str, columns: tuple[str, ...]) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        rows = import_module(module).as_json_rows()
        if options.json:
            say_json(rows)
        else:
            say_rows(rows, [name for name in columns if any(name in row for row in rows)])
        return 0

    return run


def _say_segments(answer: Mapping[str, Any]) -> None:
    """The ranking as columns where there is one, the rest by name."""
    for name, value in answer.items():
        rows = value if isinstance(value, list) and value and isinstance(value[0], Mapping) else None
        if rows is None:
            _say_nested({name: value})
            continue
        print(f"{name}:")
        say_rows(rows, [column for column in rows[0] if not isinstance(rows[0][column], list | Mapping)])


def _say_nested(value: Mapping[str, Any], indent: str = "") -> None:
    for name, part in value.items():
        if isinstance(part, Mapping):
            print(f"{indent}{name}:")
            _say_nested(part, indent + "  ")
        elif isinstance(part, list) and part and isinstance(part[0], Mapping):
            print(f"{indent}{name}:")
            for row in part:
                print(f"{indent}  " + "  ".join(f"{key}={cell}" for key, cell in row.items()))
        elif isinstance(part, list):
            print(f"{indent}{name}: {', '.join(str(cell) for cell in part)}")
        else:
            print(f"{indent}{name}: {part}")
