"""The state diagrams of a needle and of a visit, drawn from the pure machine itself by walking all of it.

`python tests/write_docs.py` writes them to docs/reference/visit-states.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from myotome.science.needling import visit as machine
from myotome.vocabulary.errors import MyotomeError
from myotome.vocabulary.needling import NeedleState

ACTS: Mapping[str, Callable[[machine.Visit], machine.Visit]] = {
    "needle in": lambda visit: machine.charted(visit, "a", NeedleState.IN),
    "needle in and out": lambda visit: machine.charted(visit, "a", NeedleState.OUT),
    "out": lambda visit: machine.moved(visit, "a", NeedleState.OUT),
    "left in on purpose": lambda visit: machine.moved(visit, "a", NeedleState.LEFT_IN),
    "broken or stuck": lambda visit: machine.moved(visit, "a", NeedleState.FRAGMENT),
    "signed for as not found": lambda visit: machine.moved(visit, "a", NeedleState.MISSING, witness="David"),
    "row struck": lambda visit: machine.struck(visit, "a"),
    "all out now": machine.all_out_called,
    "counted": lambda visit: machine.counted_out(visit, frozenset({"a"})),
    "offered to a colleague": lambda visit: machine.handed_over(visit, "David"),
    "accepted": lambda visit: machine.accepted(visit, "David"),
    "close": machine.closed,
    "close with one signed for as not found": lambda visit: machine.closed(visit, n_short=1, witness="David"),
    "sign": machine.signed,
}


def visit_states_page() -> str:
    """The page of docs/reference."""
    parts = [
        "# States of a needle and of a visit",
        "",
        "Drawn from `science.needling.visit`, which `tests/property/test_visit_machine.py` walks at random and",
        "`tests/clinic/test_visit_through_http.py` walks beside the pages; `python tests/write_docs.py` draws it anew.",
        "",
        "## A needle",
        "",
        "In and broken needles keep a visit open. Missing means: searched for, not found, and signed for.",
        "",
        *_diagram({(a.value, b.value): [""] for a, to in machine.MOVES.items() for b in sorted(to) if a is not b}),
        "",
        "## A visit",
        "",
        "With one needle; every further one goes its own way. Acts that change nothing are left out, and so is what is",
        "refused: a visit with a needle in, a count owed or a hand-over that waits has no arrow to closed.",
        "",
        *_diagram(_arrows()),
        "",
        "## What is refused",
        "",
        "| while the visit is | refused |",
        "| --- | --- |",
        *(f"| {state} | {', '.join(acts)} |" for state, acts in _refusals().items()),
    ]
    return "\n".join(parts) + "\n"


def said(visit: machine.Visit) -> str:
    """The state of a visit in words."""
    words = ["signed" if visit.is_signed else "closed" if visit.is_closed else "open"]
    words += ["needle in"] if visit.n_open else []
    words += ["count owed"] if visit.must_count else []
    words += ["hand-over waits"] if visit.offered_to else []
    return ", ".join(words)


def walked() -> list[tuple[machine.Visit, str, machine.Visit | None]]:
    """Every (visit, act, visit after it or None when refused) that can be reached from an empty visit."""
    seen, waiting, found = set(), [machine.Visit()], []
    while waiting:
        visit = waiting.pop(0)
        if repr(visit) in seen:
            continue
        seen.add(repr(visit))
        for act, do in ACTS.items():
            try:
                after = do(visit)
            except MyotomeError:
                found.append((visit, act, None))
                continue
            found.append((visit, act, after))
            waiting.append(after)
    return found


def _arrows() -> dict[tuple[str, str], list[str]]:
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for visit, act, after in walked():
        if after is not None and said(after) != said(visit) and act not in arrows[said(visit), said(after)]:
            arrows[said(visit), said(after)].append(act)
    return {key: sorted(acts) for key, acts in sorted(arrows.items()) if acts}


def _refusals() -> dict[str, list[str]]:
    """Acts that are refused in every visit of a state, whatever its needle is."""
    outcomes: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for visit, act, after in walked():
        outcomes[said(visit), act].add(after is None)
    states = sorted({state for state, _act in outcomes})
    return {state: [act for act in ACTS if outcomes[state, act] == {True}] or ["nothing"] for state in states}


def _diagram(arrows: Mapping[tuple[str, str], list[str]]) -> list[str]:
    states = sorted({state for pair in arrows for state in pair})
    names = {state: f"s{n}" for n, state in enumerate(states)}
    lines = ["```mermaid", "stateDiagram-v2", *(f'    state "{state}" as {name}' for state, name in names.items())]
    for (a, b), acts in arrows.items():
        lines.append(f"    {names[a]} --> {names[b]}" + (f": {', '.join(acts)}" if any(acts) else ""))
    return [*lines, "```"]
