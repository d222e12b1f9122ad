"""What an intake states for the stages after it: facts that caution, the course it opens, baseline measures.

An answer raises a fact or leaves it unknown; "not sure" is not_asked, so the practitioner asks again. Nothing that was
left out is read as absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from myotome.knowledge.screening import Content, Field
from myotome.science.screening.contradictions import duration_days
from myotome.science.screening.reading import regions_of, split_region
from myotome.science.screening.suitability import CHILD_BELOW
from myotome.vocabulary.anatomy import Side
from myotome.vocabulary.findings import Presence
from myotome.vocabulary.sentences import Sentence, joined

UNSURE = "not_sure"
POSSIBLE = ("yes", "maybe")
COMPLAINT_LIMIT = 200
SOFT_SPOT_BELOW = 2
"""Years: the soft spot of the skull closes in the second year of life. Source: judgement."""


@dataclass(frozen=True, slots=True)
class StatedFact:
    """A fact with its state, and the words of the option that stated it."""

    code: str
    state: Presence
    detail: str = ""


def stated_facts(answers: Mapping[str, Any], *, content: Content) -> tuple[StatedFact, ...]:
    """The facts that the answers state, by code; fields that were left out state nothing.

    Check: tests/spec/screening/test_what_an_intake_states.py
    """
    found: dict[str, StatedFact] = {}
    for step in content.steps:
        for f in step.fields:
            if f.name in answers:
                for fact in _stated(f, answers[f.name]):
                    found[fact.code] = _stronger(found.get(fact.code), fact)
    age = answers.get("age")
    if age is not None and age < CHILD_BELOW:
        found["child_or_frail"] = StatedFact("child_or_frail", Presence.PRESENT, f"{age} years")
    if age is not None and age < SOFT_SPOT_BELOW:
        found["open_fontanelle"] = StatedFact("open_fontanelle", Presence.PRESENT, f"{age} years")
    return tuple(found[code] for code in sorted(found))


def place_words(keys: Sequence[str], *, content: Content) -> str:
    """Painful places in words: "Low back, both sides; buttock, left"; empty for none."""
    sides: dict[Any, list[Side]] = {}
    for key in keys:
        if (place := split_region(key)) is not None:
            sides.setdefault(place[0], []).append(place[1])
    words: list[str] = []
    for region, name in content.region_names.items():
        if region in sides:
            found = sides[region]
            side = content.side_names["both"] if {Side.LEFT, Side.RIGHT} <= set(found) else content.side_names[found[0]]
            shown = Sentence(name.lower()) if words else name
            words.append(Sentence("{place}, {side}", place=shown, side=side))
    return joined(words)


def course_facts(answers: Mapping[str, Any], *, content: Content, today: date) -> dict[str, Any]:
    """What the course opens with: complaint in words, regions, onset_on, prior_surgery, expected_duration.

    `onset_on` is the given date, or today less the length of time; None when neither was given. `prior_surgery` is
    about the painful place only; None when she is not sure.
    """
    keys = answers.get("regions") or []
    days = duration_days(answers, today)
    known = days is not None and 0 <= days < (today - date.min).days
    operations = answers.get("operations")
    return {
        "complaint": place_words(keys, content=content)[:COMPLAINT_LIMIT],
        "regions": sorted(region.value for region in regions_of(keys)),
        "onset_on": today - timedelta(days=round(days)) if days is not None and known else None,
        "prior_surgery": None if operations in (None, UNSURE) else operations == "here",
        "expected_duration": answers.get("expectation", ""),
    }


def baseline(answers: Mapping[str, Any]) -> dict[tuple[str, str], tuple[float, str]]:
    """Measure items of `knowledge.measures` that the intake has asked: (measure, item) to (value, words).

    `words` is the activity of a PSFS item and empty otherwise. What was not answered is not there.
    """
    items: dict[tuple[str, str], tuple[Any, str]] = {
        ("pain_nrs_average_7d", "score"): (answers.get("pain_average"), ""),
        ("pain_nrs_worst_7d", "score"): (answers.get("pain_worst"), ""),
        ("peg", "pain"): (answers.get("pain_average"), ""),
        ("peg", "enjoyment"): (answers.get("peg_enjoyment"), ""),
        ("peg", "activity"): (answers.get("peg_activity"), ""),
        ("phq2", "interest"): (answers.get("phq_interest"), ""),
        ("phq2", "down"): (answers.get("phq_down"), ""),
        ("gad2", "nervous"): (answers.get("gad_nervous"), ""),
        ("gad2", "worry"): (answers.get("gad_worry"), ""),
    }
    for n in (1, 2, 3):
        words = answers.get(f"activity_{n}")
        if words:
            items[("psfs", f"activity_{n}")] = (answers.get(f"activity_{n}_score"), words)
    return {key: (float(value), words) for key, (value, words) in items.items() if value is not None}


def _stated(f: Field, given: Any) -> list[StatedFact]:
    if f.fact:
        if given in POSSIBLE:
            option = f.option(given)
            return [StatedFact(f.fact, Presence.PRESENT, option.label if option else "")]
        return [StatedFact(f.fact, Presence.NOT_ASKED if given == UNSURE else Presence.ABSENT)]
    chosen = given if isinstance(given, list) else [given]
    unchosen = Presence.NOT_ASKED if UNSURE in chosen else Presence.ABSENT
    return [
        StatedFact(o.fact, Presence.PRESENT, o.label) if o.value in chosen else StatedFact(o.fact, unchosen)
        for o in f.options
        if o.fact
    ]


_STRENGTH = {Presence.ABSENT: 0, Presence.NOT_ASKED: 1, Presence.PRESENT: 2}


def _stronger(before: StatedFact | None, new: StatedFact) -> StatedFact:
    if before is None or _STRENGTH[new.state] > _STRENGTH[before.state]:
        return new
    if before.state is new.state is Presence.PRESENT:
        return StatedFact(new.code, new.state, f"{before.detail}; {new.detail}")
    return before
