"""`myotome validate-recovery` and `myotome simulate`: is the forecast right on a trial's people, and what do policies cost?"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from myotome.cli.answering import MOST_BYTES, mapping_from, say_json, say_rows, takes_json
from myotome.cli.mistakes import Mistake, WrongUse

BAR = 40


def add_to(commands: Any) -> None:
    """Adds `validate-recovery` and `simulate`."""
    what = "fit the recovery model's kernel to some people of a trial and hold it against others"
    command = commands.add_parser("validate-recovery", help=what, description=what, allow_abbrev=False)
    command.add_argument("--train", metavar="A.csv", type=Path, required=True, help="one row a person, empty = missing")
    command.add_argument("--test", metavar="B.csv", type=Path, required=True, help="people that the fit has not seen")
    command.add_argument("--outcome", metavar="COL", required=True)
    command.add_argument("--baseline", metavar="COL", required=True)
    command.add_argument("--update", metavar="COL", help="a score between baseline and outcome")
    command.add_argument("--covariates", metavar="COL,COL", default="", help="numbers; a missing one drops nobody")
    command.add_argument("--arm", metavar="COL", help="what was done, as a category")
    command.add_argument("--scale", metavar="MIN:MAX", required=True, help="the score's range, lower is better")
    command._negative_number_matcher = re.compile(r"^-\d[-+\d.e:]*$")  # argparse takes "-5:5" for an option otherwise
    command.add_argument("--zero-is-real", action="store_true", help="minima that look like missing values are real")
    takes_json(command)
    command.set_defaults(run=validate)
    what = "compare ways of spacing and stopping treatments over simulated courses"
    command = commands.add_parser("simulate", help=what, description=what, allow_abbrev=False)
    command.add_argument("file", metavar="PLAN", help="JSON (patients, mix, policies, price); - reads standard input")
    takes_json(command)
    command.set_defaults(run=simulate)


def validate(options: argparse.Namespace) -> int:
    """Answers with the kernel's figures and those of the four baselines."""
    from myotome.science.followup.trial import Question, validate_recovery

    low, high = _scale(options.scale)
    question = Question(
        outcome=options.outcome,
        baseline=options.baseline,
        update=options.update,
        covariates=tuple(name.strip() for name in options.covariates.split(",") if name.strip()),
        arm=options.arm,
        low=low,
        high=high,
        zero_is_real=options.zero_is_real,
    )
    answer = validate_recovery(rows_of(options.train), rows_of(options.test), question)
    if options.json:
        say_json(answer)
        return 0
    figures = ("mae", "crps", "coverage80", "width80")
    rows = [{"forecast": "recovery model"} | {name: answer[name] for name in figures}]
    rows += [{"forecast": name} | {key: row[key] for key in figures} for name, row in answer["baselines"].items()]
    print(f"fitted to {answer['n_train']} people, held against {answer['n']} others")
    say_rows(rows, ["forecast", *figures])
    return 0


def simulate(options: argparse.Namespace) -> int:
    """Answers with one row for each policy, and draws them."""
    from myotome.science.followup.policies import compare_policies

    plan = mapping_from(options.file)
    bar = _progress if sys.stderr.isatty() else None
    answer = compare_policies(plan, progress=bar)
    if options.json:
        say_json(answer)
        return 0
    print(
        f"{answer['patients']:,} simulated courses, scenario {answer['scenario'].upper()}, {answer['basis']['version']}"
    )
    say_rows([_row(policy) for policy in answer["policies"]], list(_row(answer["policies"][0])))
    for words in (answer["basis"]["says"], *answer["warnings"]):
        print(words)
    print()
    for line in picture(answer["policies"]):
        print(line)
    return 0


def picture(policies: list[Mapping[str, Any]]) -> list[str]:
    """One bar a policy for treatments (eight in ten, the middle as |) and one for the share recovered."""
    most = max(policy["treatments"]["q90"] for policy in policies) or 1
    width = max(len(policy["name"]) for policy in policies)
    lines = [f"{'treatments'.ljust(width)}  0{' ' * (BAR - len(str(most)))}{most}"]
    for policy in policies:
        low, half, high = (round(BAR * policy["treatments"][name] / most) for name in ("q10", "median", "q90"))
        bar = "".join("|" if k == half else "=" if low <= k <= high else " " for k in range(BAR + 1))
        lines.append(f"{policy['name'].ljust(width)}  {bar}")
    lines.append(f"{'recovered'.ljust(width)}  0{' ' * (BAR - 3)}100 %")
    for policy in policies:
        n = round(BAR * policy["share_recovered"])
        lines.append(f"{policy['name'].ljust(width)}  {'#' * n}{'.' * (BAR - n)}")
    return lines


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header.

    Raises:
        Mistake: it is not there, too big, not UTF-8, or not a table.
    """
    if not file.is_file():
        raise Mistake(f"there is no file {file}.")
    if file.stat().st_size > 10 * MOST_BYTES:
        raise Mistake(f"{file} is larger than {10 * MOST_BYTES // 1_000_000} MB.")
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, strict=True)
            names = reader.fieldnames or []
            if len(set(names)) < len(names):
                raise Mistake(f"{file} has a column name twice.")
            rows = []
            for row in reader:
                if None in row or None in row.values():
                    raise Mistake(f"{file}, line {reader.line_num}: not as many cells as the header has names.")
                rows.append(dict(row))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Mistake(f"{file} is not a CSV file in UTF-8: {error}.") from None
    return rows


def _scale(text: str) -> tuple[float, float]:
    low, colon, high = text.partition(":")
    try:
        found = float(low), float(high)
    except ValueError:
        colon = ""
        found = (0.0, 0.0)
    if not colon or not found[0] < found[1] or not isfinite(found[1] - found[0]):
        raise WrongUse("--scale is MIN:MAX, for example 0:10.")
    return found


def _row(policy: Mapping[str, Any]) -> dict[str, Any]:
    weeks, treatments = policy["weeks"], policy["treatments"]
    return {
        "policy": policy["name"],
        "treatments": f"{treatments['q10']}-{treatments['q90']}, half {treatments['median']}",
        "weeks": f"{weeks['q10']:g}-{weeks['q90']:g}, half {weeks['median']:g}",
        "recovered": f"{100 * policy['share_recovered']:.0f} %",
        "30 % relief": f"{100 * policy['share_relieved']:.0f} %",
        "left": f"{100 * policy['share_left']:.0f} %",
        "cost": f"{policy['cost_each']:.0f}",
    }


def _progress(share: float) -> None:
    end = "\n" if share >= 1 else ""
    print(f"\rSimulating: {round(100 * share)} %", end=end, file=sys.stderr, flush=True)
