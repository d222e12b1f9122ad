"""What is proposed next: the rule of segment, one turn of the patient, nothing twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from myotome.science.assessment.proposals import Candidate, proposed
from myotome.vocabulary.anatomy import Position

PRONE, SUPINE, SIDE = Position.PRONE, Position.SUPINE, Position.SIDE_LYING


def candidate(muscle: str, bits: float, *, position=SUPINE, level=None, wiring=(), side="left") -> Candidate:
    return Candidate(muscle, level, side, "shortened", bits, position, level is not None, wiring)


LIMB = [candidate(name, bits) for name, bits in (("a", 0.5), ("b", 0.4), ("c", 0.3), ("d", 0.2))]
SPINE = candidate("multifidus", 0.1, position=PRONE, level="L5")


def names(options) -> list[str]:
    return [one.muscle for one in options]


def options(candidates, **changes):
    settings = {"n_options": 3, "paraspinal_every": 4, "since_paraspinal": 0, "stop_bits": 0.015} | changes
    return proposed(candidates, **settings)


def test_the_best_two_or_three_are_proposed() -> None:
    assert names(options(LIMB)) == ["a", "b", "c"]
    assert names(options(LIMB[:2])) == ["a", "b"]


def test_the_fourth_proposal_without_a_paraspinal_is_one() -> None:
    assert names(options([*LIMB, SPINE])) == ["a", "b", "c"]
    assert names(options([*LIMB, SPINE], since_paraspinal=1)) == ["a", "b", "multifidus"]
    assert names(options(LIMB, since_paraspinal=9)) == ["a", "b", "c"]


def test_a_paraspinal_that_is_among_the_best_is_enough() -> None:
    best = candidate("multifidus", 0.9, level="L5")
    assert names(options([best, *LIMB], since_paraspinal=5)) == ["multifidus", "a", "b"]


def test_those_of_the_present_position_come_first_so_that_the_patient_turns_once() -> None:
    rows = [candidate("a", 0.5), candidate("b", 0.4, position=PRONE), candidate("c", 0.3)]
    assert names(options(rows)) == ["a", "c", "b"]
    assert names(options(rows, position=PRONE)) == ["b", "a", "c"]


def test_sites_of_the_same_wiring_or_muscle_are_not_proposed_together() -> None:
    twin = (("L4", 0.5), ("L5", 1.0))
    rows = [
        candidate("longissimus", 0.5, level="L5", wiring=twin),
        candidate("iliocostalis", 0.5, level="L5", wiring=twin),
        candidate("longissimus", 0.4, level="L4"),
        candidate("iliocostalis", 0.3, level="L5", wiring=twin, side="right"),
    ]
    assert [(one.muscle, one.side) for one in options(rows)] == [("longissimus", "left"), ("iliocostalis", "right")]


def test_nothing_is_proposed_below_the_threshold() -> None:
    assert options([candidate("a", 0.014)]) == ()
    assert options([]) == ()


def test_a_third_position_waits_and_the_paraspinal_that_is_due_does_not() -> None:
    rows = [
        candidate("a", 0.5),
        candidate("b", 0.4, position=SIDE),
        candidate("c", 0.3, position=PRONE),
        candidate("d", 0.2),
        SPINE,
    ]
    assert names(options(rows)) == ["a", "d", "b"]
    assert names(options(rows, position=PRONE)) == ["c", "a", "d"]
    assert {one.position for one in options(rows, since_paraspinal=9, position=SIDE)} <= {SIDE, PRONE}


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.02, 1), st.sampled_from(list(Position)), st.booleans()), max_size=12),
    st.integers(0, 6),
    st.sampled_from([None, *Position]),
)
def test_she_never_turns_over_twice_and_the_paraspinal_comes_when_it_is_due(
    drawn: list[tuple[float, Position, bool]], since: int, position: Position | None
) -> None:
    drawn = sorted(drawn, key=lambda row: -row[0])
    rows = [
        candidate(f"m{i}", bits, position=place, level="L5" if spine else None)
        for i, (bits, place, spine) in enumerate(drawn)
    ]
    found = options(rows, since_paraspinal=since, position=position)
    assert len({one.position for one in found} | ({position} - {None})) <= 2
    assert bool(found) == bool(rows)
    if since + min(3, len(rows)) >= 4 and any(one.paraspinal for one in rows):
        assert any(one.paraspinal for one in found)
