"""The page of outcome measures, made from the tables: what each knows of itself, and the definitions in force."""

from __future__ import annotations

from collections.abc import Iterable

from myotome.knowledge.measures import MEASURES_VERSION, Change, Measure, definitions, measures, slots


def measures_page() -> str:
    """docs/reference/measures.md as it should be now."""
    lines = [
        "# Outcome measures",
        "",
        f"Version {MEASURES_VERSION}, made from the tables of `knowledge/measures`. A score that is missing is never a zero.",
        "",
        *_table("Measure", "Range", "Recall", "What is missing", "Meaningful change", "Sources", "Licence"),
        *(
            _row(one.name, _range(one), one.recall, one.when_missing, _change(one), _sources(one), one.licence)
            for one in measures().values()
        ),
        "",
        "## Slots",
        "",
        "Their text may not ship. A clinic with a licence of its own names it and the LOINC code, and stores totals.",
        "",
        *_table("Measure", "Range", "Meaningful change", "Held by"),
        *(_row(one.name, _range(one), _change(one), one.licence) for one in slots().values()),
        "",
        "## Definitions in force",
        "",
        *_table("Version", "What it says", "Sources"),
        *(_row(one.version, one.text, ", ".join(one.sources)) for one in definitions().values()),
    ]
    return "\n".join(lines) + "\n"


def _table(*heads: str) -> tuple[str, str]:
    return _row(*heads), _row(*("---" for _ in heads))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _range(one: Measure) -> str:
    better = "lower" if one.direction == "lower_is_better" else "higher"
    return f"{one.low:g} to {one.high:g}, {better} is better"


def _change(one: Measure) -> str:
    return "none stated" if one.change is None else _words(one.change)


def _words(change: Change) -> str:
    percent, points = f"{change.percent or 0:g} %", f"{change.points or 0:g} point{'' if change.points == 1 else 's'}"
    return {
        "percent": percent,
        "points": points,
        "both": f"{percent} and {points}",
        "line": f"a score of {change.line or 0:g}",
    }[change.rule]


def _sources(one: Measure) -> str:
    found: Iterable[str] = (*one.sources, *(one.change.sources if one.change else ()))
    return ", ".join(dict.fromkeys(found))
