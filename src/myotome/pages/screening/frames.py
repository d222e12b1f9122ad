"""What the screens of the intake show: where we are, what was typed, which way is back and which is on.

Typing is shown exactly as it came, whatever it was: a screen that is wrong returns every letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from myotome.clinic.screening.queries import Safety
from myotome.knowledge.screening import Content, Field, Option, Step, content
from myotome.science.screening.reading import region_key
from myotome.vocabulary.anatomy import PainRegion, Side
from myotome.vocabulary.sentences import Sentence

MOST_SHORT, SHORT_LABEL = 4, 24


@dataclass(frozen=True, slots=True)
class Choice:
    """One option as it is shown: chosen or not."""

    value: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One field as it is shown: its words, what stands in it, what is wrong with it."""

    field: Field
    value: str
    choices: tuple[Choice, ...]
    problem: str

    @property
    def is_short(self) -> bool:
        """True for up to four short options, which stand two in a row."""
        return len(self.choices) <= MOST_SHORT and all(len(c.label) <= SHORT_LABEL for c in self.choices)

    @property
    def scale(self) -> tuple[Choice, ...]:
        """The eleven touches of a 0-10 scale."""
        return tuple(Choice(str(n), str(n), self.value == str(n)) for n in range(11))


def asked(step: Step, typed: Mapping[str, Sequence[str]], problems: Mapping[str, str]) -> list[Asked]:
    """The fields of a screen with what was typed or stored in them."""
    found = []
    for f in step.fields:
        given = list(typed.get(f.name, ()))
        options = region_options(content()) if f.kind == "regions" else f.options
        choices = tuple(Choice(o.value, o.label, o.value in given) for o in options)
        found.append(Asked(f, given[0] if given else "", choices, problems.get(f.name, "")))
    return found


def stored(intake: Any, step: Step) -> dict[str, list[str]]:
    """The stored answers of a screen in the form in which a browser sends them."""
    found = {}
    for f in step.fields:
        given = intake.answers.get(f.name)
        if given is not None:
            found[f.name] = [str(one) for one in given] if isinstance(given, list) else [str(given)]
    return found


def region_options(now: Content) -> tuple[Option, ...]:
    """Every place of the list, head to foot, each side of it."""
    return tuple(
        Option(region_key(region, side), Sentence("{place}, {side}", place=name, side=now.side_names[side.value]))
        for region, name in now.region_names.items()
        for side in (Side.LEFT, Side.RIGHT)
    )


def places(chosen: Sequence[str]) -> list[tuple[str, list[Choice]]]:
    """The list beside the body: a row for each region, a touch for each side."""
    now = content()
    return [
        (name, [_side(region, side, chosen) for side in (Side.LEFT, Side.RIGHT)])
        for region, name in now.region_names.items()
    ]


def _side(region: PainRegion, side: Side, chosen: Sequence[str]) -> Choice:
    key = region_key(region, side)
    return Choice(key, content().side_names[side.value], key in chosen)


def region_words() -> dict[str, str]:
    """Words of each place by its key, for the plate."""
    return {option.value: option.label for option in region_options(content())}


def wording(clinic: Any) -> dict[str, str]:
    """The fixed texts with the clinic's numbers filled in."""
    values = {
        "clinic": clinic.name,
        "phone": clinic.phone,
        "emergency_number": clinic.emergency_number,
        "crisis_line": clinic.crisis_line,
    }
    return {code: text.filled(**values) for code, text in content().fixed.items()}


def step_url(request: HttpRequest, token: str, code: str) -> str:
    """Where a screen is."""
    if code == "check":
        return reverse("screening:check", kwargs={"clinic": request.clinic.slug, "token": token})
    return reverse("screening:step", kwargs={"clinic": request.clinic.slug, "token": token, "step": code})


def safety_url(request: HttpRequest, token: str, code: str) -> str:
    """Where a safety question is."""
    return reverse("screening:safety", kwargs={"clinic": request.clinic.slug, "token": token, "code": code})


def neighbours(code: str) -> tuple[Step | None, Step | None]:
    """The screens before and after one; None at the ends."""
    steps = content().steps
    place = next(i for i, step in enumerate(steps) if step.code == code)
    return (steps[place - 1] if place else None), (steps[place + 1] if place + 1 < len(steps) else None)


def frame(request: HttpRequest, token: str, step: Step) -> dict[str, Any]:
    """What every screen of the intake shows around its question."""
    before, after = neighbours(step.code)
    start = reverse("screening:start", kwargs={"clinic": request.clinic.slug})
    return {
        "token": token,
        "step": step,
        "words": wording(request.clinic),
        "n_step": content().steps.index(step) + 1,
        "n_steps": len(content().steps) + 1,
        "back_url": step_url(request, token, before.code) if before else start,
        "next_short": after.short if after else "",
        "after_url": step_url(request, token, after.code if after else "check"),
    }


def later_url(request: HttpRequest, token: str, step: Step) -> str:
    """Past the safety questions she may choose a time first; empty on the screens before."""
    steps = content().steps
    return step_url(request, token, "check") if steps.index(step) > steps.index(_safety_step()) else ""


def _safety_step() -> Step:
    return next(step for step in content().steps if step.code == "safety")


def way_on(request: HttpRequest, token: str, safety: Safety) -> str:
    """The next open safety question; with none open, the call-first page or the screen after safety."""
    kwargs = {"clinic": request.clinic.slug, "token": token}
    if safety.open:
        return safety_url(request, token, safety.open[0].code)
    if safety.level.value == "call_first":
        return reverse("screening:call_first", kwargs=kwargs)
    _, after = neighbours("safety")
    return step_url(request, token, after.code if after else "check")
