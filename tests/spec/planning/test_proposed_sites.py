"""The muscles a plan proposes: by segment, the spine first, most shortened first."""

from __future__ import annotations

from myotome.science.assessment.answer import consider_roots
from myotome.science.planning.proposed import paraspinal_level, proposed_sites

L5 = [{"root": "L5", "side": "left", "p": 0.83}, {"root": "S1", "side": "left", "p": 0.3}]


def found(muscle: str, grade: int, *, side: str = "left", level: str | None = None, sign: str = "shortened") -> dict:
    return {"muscle": muscle, "side": side, "sign": sign, "grade": grade} | ({"level": level} if level else {})


def names(sites) -> list[str]:
    return [f"{one.muscle}{' ' + one.level if one.level else ''}" for one in sites]


def test_the_paraspinal_of_the_segment_is_proposed_though_nobody_tested_it():
    sites = proposed_sites(L5, [found("tibialis_anterior", 2)])
    assert names(sites) == ["multifidus L5", "tibialis_anterior"]
    assert sites[0].grade is None
    assert sites[0].paraspinal


def test_after_the_spine_the_most_shortened_muscle_comes_first():
    sites = proposed_sites(L5, [found("tibialis_anterior", 1), found("gluteus_medius", 3), found("popliteus", 2)])
    assert names(sites) == ["multifidus L5", "gluteus_medius", "popliteus", "tibialis_anterior"]


def test_other_paraspinals_of_the_level_come_when_they_were_found():
    sites = proposed_sites(L5, [found("longissimus", 2, level="L5"), found("iliocostalis", 0, level="L5")])
    assert names(sites) == ["multifidus L5", "longissimus L5"]


def test_a_muscle_that_was_found_normal_is_not_needled_but_the_paraspinal_is():
    sites = proposed_sites(L5, [found("tibialis_anterior", 0), found("multifidus", 0, level="L5")])
    assert names(sites) == ["multifidus L5"]


def test_each_muscle_stands_under_the_segment_that_best_explains_it():
    roots = [{"root": "L5", "side": "left", "p": 0.9}, {"root": "S1", "side": "left", "p": 0.8}]
    sites = proposed_sites(roots, [found("gastrocnemius", 2), found("tibialis_anterior", 2)])
    assert [(one.muscle, one.segment) for one in sites] == [
        ("multifidus", "L5"),
        ("tibialis_anterior", "L5"),
        ("multifidus", "S1"),
        ("gastrocnemius", "S1"),
    ]


def test_what_was_found_outside_the_likely_segments_is_kept_at_the_end():
    sites = proposed_sites(
        [*L5, {"root": "C6", "side": "right", "p": 0.02}], [found("biceps_brachii", 3, side="right")]
    )
    assert names(sites) == ["multifidus L5", "biceps_brachii"]
    assert [one.likely for one in sites] == [True, False]
    assert sites[1].segment == "C6"


def test_sides_are_kept_apart():
    sites = proposed_sites(L5, [found("tibialis_anterior", 2, side="right")])
    assert [(one.muscle, one.side, one.likely) for one in sites] == [
        ("multifidus", "left", True),
        ("tibialis_anterior", "right", False),
    ]


def test_without_a_likely_root_the_most_probable_one_is_the_segment():
    sites = proposed_sites([{"root": "C6", "side": "left", "p": 0.2}, {"root": "C5", "side": "left", "p": 0.1}], [])
    assert [(one.muscle, one.level, one.segment) for one in sites] == [("multifidus", "C6", "C6")]


def test_no_more_than_four_segments_at_once():
    roots = [{"root": f"L{i}", "side": side, "p": 0.9} for i in range(1, 6) for side in ("left", "right")]
    assert len({(one.segment, one.side) for one in proposed_sites(roots, [])}) == 4


def test_weakness_alone_is_no_reason_to_needle():
    assert names(proposed_sites(L5, [found("tibialis_anterior", 4, sign="weak")])) == ["multifidus L5"]


def test_a_muscle_of_the_face_has_no_segment_and_comes_last():
    sites = proposed_sites(L5, [found("masseter", 2)])
    assert [(one.muscle, one.segment) for one in sites] == [("multifidus", "L5"), ("masseter", "")]


def test_beyond_the_ends_of_multifidus_the_nearest_level_stands_in():
    assert (paraspinal_level("S3"), paraspinal_level("C1"), paraspinal_level("T4")) == ("S1", "C2", "T4")


def test_hazards_come_with_the_site():
    sites = proposed_sites([{"root": "T4", "side": "left", "p": 0.9}], [])
    assert "pleura" in sites[0].hazards
    assert sites[0].region == "upper_back"


def test_the_answer_of_an_examination_is_what_a_plan_reads():
    findings = [found("tibialis_anterior", 3), found("gluteus_medius", 2), found("multifidus", 3, level="L5")]
    answer = consider_roots({"findings": findings, "region": "back_leg"})
    sites = proposed_sites(answer["roots"], findings)
    assert names(sites)[0] == "multifidus L5"
    assert {"tibialis_anterior", "gluteus_medius"} <= {one.muscle for one in sites}
