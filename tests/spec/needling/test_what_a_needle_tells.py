"""What a needle met is evidence: grasp, cramp and twitch of its muscle, the strongest of several, and nothing nobody charted."""

from __future__ import annotations

import pytest

from myotome.clinic.assessment.actions import begin_examination, chart_finding, show_roots, write_impression
from myotome.clinic.assessment.models import RootBelief
from myotome.clinic.assessment.queries import last_findings
from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.queries import needle_as_value, needles_of
from myotome.clinic.pathway.actions import visit_closed
from myotome.clinic.pathway.roots import roots_with_needles
from myotome.science.needling.evidence import needle_findings
from myotome.vocabulary.anatomy import ExamRegion, NeedleRegion, Side
from myotome.vocabulary.findings import MuscleFinding
from myotome.vocabulary.needling import NeedleState, SiteKind
from tests.factories import AT, a_needle, an_open_visit, boxed

MUSCLE = {"muscle": "tensor_fasciae_latae", "side": "left"}


@pytest.mark.parametrize(
    ("response", "signs"),
    [
        ({"grasp": 3}, [("grasp", 3)]),
        ({"painless": True}, [("grasp", 0), ("cramp", 0)]),
        ({"cramp": 0}, [("cramp", 0)]),
        ({"cramp": 3}, [("cramp", 1)]),
        ({"cramp": 6, "grasp": 1}, [("grasp", 1), ("cramp", 2)]),
        ({"cramp": 10}, [("cramp", 3)]),
        ({"twitches": 0}, [("needle_twitch", 0)]),
        ({"twitches": 1}, [("needle_twitch", 1)]),
        ({"twitches": 3}, [("needle_twitch", 2)]),
        ({"twitches": 4}, [("needle_twitch", 3)]),
        ({"twitches": 50, "painless": True}, [("grasp", 0), ("cramp", 0), ("needle_twitch", 3)]),
        ({}, []),
    ],
)
def test_a_response_becomes_signs_of_its_muscle(response, signs):
    found = needle_findings([a_needle(**response)])
    assert found == [MUSCLE | {"sign": sign, "grade": grade} for sign, grade in signs]


def test_of_two_needles_in_a_muscle_the_stronger_counts():
    assert needle_findings([a_needle(grasp=1), a_needle(grasp=3), a_needle(grasp=2)]) == [
        MUSCLE | {"sign": "grasp", "grade": 3}
    ]


def test_levels_are_kept_apart():
    needles = [a_needle(site="multifidus", level=level, grasp=2) for level in ("L4", "L5")]
    assert [row["level"] for row in needle_findings(needles)] == ["L4", "L5"]


def test_a_point_or_a_free_place_tells_nothing_about_a_muscle():
    point = a_needle(site_kind=SiteKind.ACUPOINT, site="ST36", region=NeedleRegion.LOWER_LEG, grasp=3)
    free = a_needle(site_kind=SiteKind.FREE, site="scar", grasp=3)
    assert needle_findings([point, free]) == []


def examined(visit, elena, *, impression="L5 left"):
    examination = begin_examination(by=elena, at=AT, course_id=visit.course_id, region=ExamRegion.BACK_LEG)
    finding = MuscleFinding(muscle="tibialis_anterior", side=Side.LEFT, sign="shortened", grade=2)
    chart_finding(by=elena, at=AT, examination_id=examination.pk, finding=finding)
    if impression:
        write_impression(by=elena, at=AT, examination_id=examination.pk, version=1, impression=impression)
    return examination


def p_of(answer, root, side="left"):
    return next(row["p"] for row in answer["roots"] if (row["root"], row["side"]) == (root, side))


def now(visit, elena):
    examination, findings = last_findings(elena, course_id=visit.course_id)
    return roots_with_needles(examination, findings, [needle_as_value(row) for row in needles_of(visit)])


@pytest.mark.django_db
def test_a_needle_that_is_grasped_raises_its_root_at_once():
    visit, elena = an_open_visit()
    examination = examined(visit, elena)
    shown = show_roots(by=elena, at=AT, examination_id=examination.pk)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(grasp=3, cramp=8))
    answer, before = now(visit, elena)
    assert before == shown
    assert p_of(answer, "L5") > p_of(shown.answer, "L5")


@pytest.mark.django_db
@pytest.mark.parametrize(("twitches", "raises"), [(0, False), (1, True), (5, True)])
def test_a_twitch_raises_its_root_and_a_needle_without_one_lowers_it(twitches, raises):
    visit, elena = an_open_visit()
    examination = examined(visit, elena)
    shown = show_roots(by=elena, at=AT, examination_id=examination.pk)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(twitches=twitches))
    answer, _before = now(visit, elena)
    assert (p_of(answer, "L5") > p_of(shown.answer, "L5")) is raises


@pytest.mark.django_db
def test_before_her_impression_nothing_is_ranked():
    visit, elena = an_open_visit()
    examined(visit, elena, impression="")
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(grasp=3))
    assert now(visit, elena) == (None, None)


@pytest.mark.django_db
def test_closing_keeps_the_belief_once():
    visit, elena = an_open_visit()
    examination = examined(visit, elena)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(grasp=3, state=NeedleState.OUT))
    for _ in range(2):
        visit_closed(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(1))
    kept = RootBelief.objects.get()
    assert (kept.examination_id, kept.answer["visit"], kept.answer["from_needles"]) == (examination.pk, visit.pk, 1)


@pytest.mark.django_db
def test_a_visit_that_told_nothing_keeps_no_belief():
    visit, elena = an_open_visit()
    examined(visit, elena)
    visit_closed(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(1))
    assert not RootBelief.objects.exists()
