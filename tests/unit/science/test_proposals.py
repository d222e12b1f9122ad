"""What is proposed next: the rule of segment, one turn of the patient, nothing twice."""

from __future__ import annotations

from myotome.science.assessment.proposals import Candidate, proposed
from myotome.vocabulary.anatomy import Position

PRONE, SUPINE = Position.PRONE, Position.SUPINE


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
