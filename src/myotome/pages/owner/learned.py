"""What a refit has learned, in words and in units that an owner thinks in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myotome.clinic.learning.fits import month_of
from myotome.pages.followup.forecasters import FORECASTS
from myotome.refit.month import NEXT
from myotome.refit.scores import MODEL, winner

Words = str | Promise


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _points(value: float) -> str:
    return f"{value:.1f}"


def _taken(value: float) -> str:
    """Of the log of a rate: what share of pain it takes."""
    return f"{100 * (1 - math.exp(-math.exp(value))):.0f} %"


def _slow(value: float) -> str:
    return f"{100 * (1 - math.exp(-math.exp(value))):.1f} %"


def _doubled(value: float) -> str:
    """Per log: what a doubling does, as a percentage of what was."""
    return f"{100 * 2**value:.0f} %"


def _times(value: float) -> str:
    return f"{100 * math.exp(value):.0f} %"


NAMES: Mapping[str, tuple[Words, Callable[[float], str]]] = {
    "share": (gettext_lazy("People whom needling does not change"), _percent),
    "mu": (gettext_lazy("Pain that one treatment takes, at 26 weeks, 2 segments, 45 years"), _taken),
    "spread": (gettext_lazy("One person in six gets at least this much of a middle treatment"), _times),
    "duration": (gettext_lazy("A complaint twice as old: a treatment does"), _doubled),
    "extent": (gettext_lazy("Twice as many segments: a treatment does"), _doubled),
    "scar": (gettext_lazy("After surgery there: a treatment does"), _times),
    "age": (gettext_lazy("Ten years older: a treatment does"), _times),
    "expected": (gettext_lazy("One step longer expected (weeks, months, years): a treatment does"), _times),
    "rho": (gettext_lazy("Share of a gain that lasts"), _percent),
    "tau": (gettext_lazy("Days in which the rest goes"), _points),
    "natural": (gettext_lazy("Pain that a week alone takes, at 26 weeks"), _slow),
    "natural_duration": (gettext_lazy("A complaint twice as old: a week alone does"), _doubled),
    "floor": (gettext_lazy("Pain that stays, points of ten"), _points),
    "noise": (gettext_lazy("How far one answer is off, points of ten"), _points),
    "bad_day": (gettext_lazy("How much worse the first day is, points of ten"), _points),
    "first_mean": (gettext_lazy("Pain at the first visit, points of ten"), _points),
    "first_sd": (gettext_lazy("How much that differs between people"), _points),
}
AT_MOST, AT_LEAST = "≤", "≥"
SIDES: Mapping[str, str] = {"r_hat": AT_MOST, "effective": AT_LEAST, "divergent": AT_MOST, "calibration": AT_LEAST}
GATES: Mapping[str, Words] = {
    "r_hat": gettext_lazy("Two independent runs agree (R-hat)"),
    "effective": gettext_lazy("Enough independent draws"),
    "divergent": gettext_lazy("No step went astray (divergences)"),
    "calibration": gettext_lazy("The sampler finds the truth in simulated clinics (p-value)"),
}


def learned_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Prior and learned side by side, each the middle and the range of eight in ten."""
    found = []
    for row in rows:
        name, words = NAMES[row["name"]]
        found.append(
            {
                "name": name,
                "prior": _range(row["prior"], words),
                "learned": _range(row["learned"], words),
                "moved": row["moved"],
            }
        )
    return found


def gate_rows(gates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The checks in words."""
    return [
        {
            "name": GATES[gate["name"]],
            "found": f"{gate['found']:g}",
            "limit": f"{SIDES[gate['name']]} {gate['limit']:g}",
            "passed": gate["passed"],
        }
        for gate in gates
    ]


def score_rows(scores: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The forecasts beside each other on courses that what is judged has not seen, the best first; and which baseline was
    closer than the model, if one was."""
    titles = {
        "first": _("About six weeks ahead, from the first score"),
        "third": _("About six weeks ahead, from the first three scores"),
    }
    found = []
    for known, row in scores.items():
        rows = sorted(
            (_score_line(who, words, row[who]) for who, words in FORECASTS.items()), key=lambda line: line["crps"]
        )
        model = next(line for line in rows if line["is_model"])
        closer = rows[0] if rows[0]["crps"] < model["crps"] else None
        found.append({"title": titles[known], "n": row["n"], "rows": rows, "model": model, "closer": closer})
    return found


def _score_line(who: str, words: Words, score: Mapping[str, float]) -> dict[str, Any]:
    return {
        "name": words,
        "is_model": who == MODEL,
        "crps": round(score["crps"], 2),
        "mae": round(score["mae"], 2),
        "held": round(100 * score["coverage80"]),
    }


def month_rows(months: Sequence[Any]) -> list[dict[str, Any]]:
    """Each month of past forecasts with the CRPS of all, or without where too few could be judged."""
    found = []
    for row in months:
        scores = row.about["scores"].get(NEXT)
        best = winner(row.about["scores"])
        found.append(
            {
                "month": month_of(row),
                "n": scores["n"] if scores else row.about["n_met"],
                "crps": [(f"{scores[who]['crps']:.2f}", who == best) for who in FORECASTS] if scores else [],
            }
        )
    return found


def _range(values: Sequence[float], words: Callable[[float], str]) -> str:
    """The middle, and the range in its own order."""
    ends = sorted((values[0], values[2]))
    low, high = words(ends[0]), words(ends[1])
    if low == high:
        return words(values[1])
    return _("%(middle)s (%(low)s to %(high)s)") % {"middle": words(values[1]), "low": low, "high": high}
