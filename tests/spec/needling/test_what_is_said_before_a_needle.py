"""Before a needle: what the patient's facts and the site's hazards say, and what an answer settles."""

from __future__ import annotations

import pytest

from myotome.knowledge.acupoints import acupoint, acupoints
from myotome.knowledge.cautions import cautions
from myotome.knowledge.hazards import hazards
from myotome.knowledge.muscles import hazards_at, region_at, sites
from myotome.science.needling.asks import EVERYWHERE, before_needle, unanswered
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.courses import CautionLevel
from myotome.vocabulary.needling import SiteKind


def said(muscle: str, level: str | None = None, **given):
    facts = given.pop("facts", {})
    return before_needle(
        site_kind=SiteKind.MUSCLE, site=muscle, level=level, region=region_at(muscle, level), facts=facts, **given
    )


def codes(warnings, level):
    return [w.code for w in warnings if w.level is level]


def test_a_healthy_patient_and_a_harmless_muscle_need_no_word():
    assert said("extensor_digitorum") == ()


@pytest.mark.parametrize(
    ("muscle", "level", "asked"),
    [("rhomboid_major", None, "pleura"), ("multifidus", "L5", "canal"), ("popliteus", None, "popliteal_vessels")],
)
def test_over_lung_canal_or_vessel_every_region_asks(muscle, level, asked):
    assert asked in codes(said(muscle, level), CautionLevel.ASK)


IN_A_LARGE_VESSEL = {code for code in hazards() if "vessel" in code or "artery" in code} | {
    "carotid", "jugular", "pleura", "canal", "medulla", "saphenous", "obturator_nerve", "retroperitoneum"
}  # fmt: skip


def test_no_muscle_and_no_point_over_lung_canal_or_vessel_is_needled_unasked():
    muscles = [(id, level) for id, level in sites() if IN_A_LARGE_VESSEL & set(hazards_at(id, level))]
    unasked = [(id, level) for id, level in muscles if not codes(said(id, level), CautionLevel.ASK)]
    points = [id for id, row in acupoints().items() if IN_A_LARGE_VESSEL & set(row.hazards)]
    unasked += [(id, None) for id in points if not codes(at_point(id, None), CautionLevel.ASK)]
    assert len(muscles) > 100
    assert len(points) > 50
    assert unasked == []


def at_point(code, depth_mm, **given):
    facts = given.pop("facts", {})
    region = NeedleRegion(acupoint(code).region)
    return before_needle(
        site_kind=SiteKind.ACUPOINT, site=code, level=None, region=region, facts=facts, depth_mm=depth_mm, **given
    )


@pytest.mark.parametrize(
    ("point", "depth_mm", "asks"),
    [("ST36", None, False), ("ST36", 38, False), ("ST36", 39, True), ("GB30", 88, False), ("LU11", 6, True)],
)
def test_deeper_than_the_deepest_range_of_a_point_asks_and_names_the_source(point, depth_mm, asks):
    said_of_depth = [w for w in at_point(point, depth_mm) if w.code == f"depth_{point}"]
    assert [w.level for w in said_of_depth] == [CautionLevel.ASK] * asks
    assert all(f"{depth_mm} mm" in w.words and "TCM Knowledge Base" in w.words for w in said_of_depth)


def test_no_depth_of_a_muscle_or_a_free_place_is_judged():
    deep = said("gluteus_medius", depth_mm=150)
    free = before_needle(
        site_kind=SiteKind.FREE, site="ST36", level=None, region=NeedleRegion.THIGH, facts={}, depth_mm=150
    )
    assert [w.code for w in (*deep, *free) if "depth" in w.code] == []


def test_fever_today_stops_every_needle():
    assert "fever" in codes(said("extensor_digitorum", facts={"fever": ""}), CautionLevel.STOP)


def test_a_blood_thinner_asks_everywhere_and_stops_where_pressure_cannot_reach():
    thinner = {"anticoagulant": "apixaban"}
    assert codes(said("gluteus_medius", facts=thinner), CautionLevel.STOP) == []
    assert "anticoagulant" in codes(said("gluteus_medius", facts=thinner), CautionLevel.ASK)
    assert codes(said("psoas_major", facts=thinner), CautionLevel.STOP) == ["bleeding_deep_anticoagulant"]


def test_a_pacemaker_stops_current_but_not_the_needle():
    assert codes(said("tibialis_anterior", facts={"pacemaker": ""}), CautionLevel.STOP) == []
    electrical = said("tibialis_anterior", facts={"pacemaker": ""}, is_electrical=True)
    assert codes(electrical, CautionLevel.STOP) == ["pacemaker_electrical"]


OF_AN_AREA = [row for row in cautions() if row.scope == "area"]


@pytest.mark.parametrize("rule", OF_AN_AREA, ids=lambda row: row.code)
@pytest.mark.parametrize(("side", "stops"), [("left", True), ("right", False), ("midline", True), ("", True)])
def test_in_the_area_that_is_named_a_needle_is_stopped_and_nowhere_else(rule, side, stops):
    known = {"facts": {rule.fact: "since May"}, "areas": {rule.fact: ("thigh:left",)}}
    here = [w for w in said("rectus_femoris", side=side, **known) if w.code == rule.code]
    assert [w.level for w in here] == [CautionLevel.STOP if stops else CautionLevel.ASK]
    assert codes(said("extensor_digitorum", side="left", **known), CautionLevel.STOP) == []
    assert unanswered(here, {(w.code, w.place) for w in here}) == (tuple(here) if stops else ())


def test_a_reason_for_the_sound_side_never_settles_the_side_that_is_stopped():
    known = {"facts": {"lymphoedema": ""}, "areas": {"lymphoedema": ("arm:left",)}}
    answered = {(w.code, w.place) for w in said("biceps_brachii", side="right", **known)}
    assert "lymphoedema" in [w.code for w in unanswered(said("biceps_brachii", side="left", **known), answered)]


def test_a_free_place_in_the_area_that_is_named_is_stopped_too():
    free = at_free_place("arm", side="left", facts={"lymphoedema": ""}, areas={"lymphoedema": ("arm:left",)})
    assert codes(free, CautionLevel.STOP) == ["lymphoedema"]


def test_a_stop_for_an_area_that_only_words_describe_asks_whether_the_site_lies_there():
    warnings = said("extensor_digitorum", facts={"skin_infection": "left elbow"})
    assert [(w.level, w.detail) for w in warnings if w.code == "skin_infection"] == [(CautionLevel.ASK, "left elbow")]


def test_pregnancy_asks_once_more_over_belly_low_back_and_buttock():
    pregnant = {"pregnancy": "week 20"}
    assert "pregnancy_regions" in codes(said("gluteus_medius", facts=pregnant), CautionLevel.ASK)
    assert "pregnancy_regions" not in codes(said("tibialis_anterior", facts=pregnant), CautionLevel.ASK)


def test_stops_come_first_then_asks_then_notes():
    warnings = said("rhomboid_major", facts={"fever": "", "pacemaker": "", "anticoagulant": ""})
    order = list(CautionLevel)
    assert [order.index(w.level) for w in warnings] == sorted(order.index(w.level) for w in warnings)


def test_a_reason_settles_an_ask_for_its_region_and_not_for_another():
    back, calf = said("multifidus", "L5"), said("popliteus")
    answers = {(w.code, w.place) for w in back}
    assert unanswered(back, answers) == ()
    assert unanswered(said("multifidus", "L4"), answers) == ()
    assert unanswered(calf, answers) == calf


def test_a_caution_of_the_whole_patient_is_answered_once_for_all_regions():
    warning = next(w for w in said("gluteus_medius", facts={"diabetes": ""}) if w.code == "diabetes")
    assert warning.place == EVERYWHERE


def test_no_answer_settles_a_stop():
    warnings = said("extensor_digitorum", facts={"fever": ""})
    assert unanswered(warnings, {(w.code, w.place) for w in warnings}) == tuple(
        w for w in warnings if w.level is CautionLevel.STOP
    )


def at_free_place(region, **given):
    return before_needle(
        site_kind=SiteKind.FREE,
        site="scar",
        level=None,
        region=NeedleRegion(region),
        facts=given.pop("facts", {}),
        **given,
    )


@pytest.mark.parametrize("region", NeedleRegion)
def test_a_free_place_says_once_what_lies_near_the_sites_of_its_region_and_on_what_ground(region):
    of_place = [w for w in at_free_place(region) if w.code == "free_place"]
    assert [w.place for w in of_place] == [region.value]
    assert region.value.replace("_", " ") in of_place[0].words
    near = {code for id, level in sites() if region_at(id, level) is region for code in hazards_at(id, level)}
    assert all(hazards()[code].name in of_place[0].words for code in near)


@pytest.mark.parametrize(
    ("region", "named"), [("chest", "Pleura and lung"), ("low_back", "Kidney"), ("neck", "Carotid")]
)
def test_a_free_place_over_lung_kidney_or_vessel_asks(region, named):
    of_place = next(w for w in at_free_place(region) if w.code == "free_place")
    assert of_place.level is CautionLevel.ASK
    assert named in of_place.words


def test_what_stops_at_a_site_asks_at_a_free_place_that_may_lie_there():
    warnings = at_free_place("lower_leg", facts={"anticoagulant": "apixaban"})
    assert codes(warnings, CautionLevel.STOP) == []
    asked = next(w for w in warnings if w.code == "bleeding_deep_anticoagulant")
    assert (asked.level, asked.detail) == (CautionLevel.ASK, "apixaban")
    assert "sites of its region, lower leg, are meant" in asked.words
    assert "bleeding_deep_anticoagulant" not in codes(
        at_free_place("foot", facts={"anticoagulant": ""}), CautionLevel.ASK
    )


def test_what_stops_in_a_whole_region_stops_at_a_free_place_of_it_too():
    current = at_free_place("chest", is_electrical=True)
    assert codes(current, CautionLevel.STOP) == ["chest_electrical"]


def test_a_free_place_has_the_patients_own_cautions_as_any_site():
    assert codes(at_free_place("foot", facts={"fever": ""}), CautionLevel.STOP) == ["fever"]
    assert "diabetes" in codes(at_free_place("foot", facts={"diabetes": ""}), CautionLevel.ASK)
