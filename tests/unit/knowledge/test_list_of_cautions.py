"""The whole reviewed list of cautions, line by line: each line is a rule of at least its level, for the needles it means."""

from __future__ import annotations

import pytest

from myotome.knowledge.cautions import cautions, facts
from myotome.knowledge.screening import content
from myotome.science.needling.asks import before_needle
from myotome.science.screening.stated import stated_facts
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.courses import CautionLevel
from myotome.vocabulary.needling import SiteKind

STOP, ASK, NOTE = CautionLevel

WHOLE_LIST: list[tuple[CautionLevel, str, str, str]] = [
    (STOP, "no consent, unable to consent, unwilling", "no_consent", "all"),
    (STOP, "needle phobia", "needle_phobia", "all"),
    (STOP, "abnormal reaction to needling or injection before", "previous_reaction", "all"),
    (STOP, "medical emergency, acute systemic illness, fever", "fever", "all"),
    (STOP, "unexplained red flag", "red_flag", "all"),
    (STOP, "lymphoedema", "lymphoedema", "area"),
    (STOP, "anticoagulant where pressure cannot stop bleeding", "anticoagulant", "muscles"),
    (STOP, "thrombocytopenia or clotting disorder where pressure cannot", "bleeding_disorder", "muscles"),
    (STOP, "infected, inflamed or broken skin", "skin_infection", "area"),
    (STOP, "tumour", "cancer_treatment", "area"),
    (STOP, "open fontanelle", "open_fontanelle", "region"),
    (STOP, "joint prosthesis, implant, shunt, pump", "implant", "area"),
    (STOP, "unhealed fracture, recent operation", "recent_surgery", "area"),
    (STOP, "current: pacemaker, defibrillator, stimulator", "pacemaker", "electrical"),
    (STOP, "current across chest or carotid sinus", "", "electrical_at"),
    (STOP, "current: pregnant belly or low back", "pregnancy", "electrical_at"),
    (STOP, "current: epilepsy, head", "epilepsy", "electrical_at"),
    (STOP, "needles left in: valve disease or prosthesis", "valve_disease", "retained"),
    (STOP, "needles left in: immune suppression", "immune_compromise", "retained"),
    (ASK, "anticoagulant or antiplatelet elsewhere", "anticoagulant", "all"),
    (ASK, "bleeding tendency", "bleeding_disorder", "all"),
    (ASK, "HIV, hepatitis, steroids", "immune_compromise", "all"),
    (ASK, "cancer treatment", "cancer_treatment", "all"),
    (ASK, "endocarditis risk", "valve_disease", "all"),
    (ASK, "diabetes: healing, sensation", "diabetes", "all"),
    (ASK, "vascular disease, varices", "vascular_disease", "all"),
    (ASK, "after lymph node removal", "lymphoedema", "area"),
    (ASK, "pregnancy, first trimester", "pregnancy", "all"),
    (ASK, "pregnancy, lumbosacral and abdominal", "pregnancy", "region"),
    (ASK, "pregnancy, points by tradition", "pregnancy", "points"),
    (ASK, "epilepsy", "epilepsy", "all"),
    (ASK, "faints, first visit, hunger, fatigue", "faints", "all"),
    (ASK, "nickel, chromium, latex or silicone allergy", "metal_allergy", "all"),
    (ASK, "child, frail, cognitive", "child_or_frail", "all"),
    (ASK, "psychiatric instability", "unstable_mental_state", "all"),
    (ASK, "altered sensation", "altered_sensation", "all"),
    (ASK, "recent cardiac event or unstable angina", "recent_heart_event", "all"),
    (ASK, "lung disease, earlier pneumothorax, pneumonectomy, at the thorax", "thorax_lung_disease", "hazards"),
    (ASK, "low body mass, at the thorax", "low_bmi", "hazards"),
    (ASK, "new drugs since the last visit", "new_medicine", "all"),
    (NOTE, "will drive or operate", "will_drive", "all"),
    (NOTE, "will fly or dive after the thorax", "will_drive", "hazards"),
    (NOTE, "competitive event", "competitive_event", "all"),
    (NOTE, "donation deferral", "blood_donation", "all"),
    (NOTE, "device: not over it", "pacemaker", "all"),
]


@pytest.mark.parametrize(("level", "line", "fact", "scope"), WHOLE_LIST, ids=lambda part: str(part))
def test_each_line_is_a_rule_of_at_least_its_level(level: CautionLevel, line: str, fact: str, scope: str) -> None:
    order = tuple(CautionLevel)
    found = [row.level for row in cautions() if (row.fact, row.scope) == (fact, scope)]
    assert found
    assert min(found, key=order.index) in order[: order.index(level) + 1]
    assert not fact or fact in facts()


def test_no_rule_and_no_fact_stands_outside_the_list() -> None:
    assert {(row.fact, row.scope) for row in cautions()} == {(fact, scope) for _, _, fact, scope in WHOLE_LIST}
    assert set(facts()) == {fact for _, _, fact, _ in WHOLE_LIST if fact}


def test_the_points_and_regions_left_out_in_pregnancy() -> None:
    by_scope = {row.scope: set(row.where) for row in cautions() if row.fact == "pregnancy"}
    assert by_scope["points"] == {"LI4", "SP6", "BL60", "BL67", "GB21", "BL31", "BL32", "BL33", "BL34"}
    assert by_scope["region"] >= {"abdomen", "low_back"}
    assert by_scope["electrical_at"] >= {"abdomen", "low_back"}


def test_what_changes_between_visits_is_asked_at_every_visit() -> None:
    again = {code for code, fact in facts().items() if fact.every_visit}
    assert {"new_medicine", "fever", "pregnancy", "anticoagulant", "recent_surgery", "competitive_event"} <= again


def test_every_fact_is_asked_by_the_intake_or_at_every_visit() -> None:
    fields = [field for step in content().steps for field in step.fields]
    asked = {field.fact for field in fields} | {option.fact for field in fields for option in field.options}
    asked |= {fact.code for age in (0, 9) for fact in stated_facts({"age": age}, content=content())}
    assert {code for code, fact in facts().items() if not fact.every_visit} - asked == set()


def test_the_soft_spot_is_that_of_an_infant() -> None:
    codes = {age: {fact.code for fact in stated_facts({"age": age}, content=content())} for age in (1, 2)}
    assert "open_fontanelle" in codes[1]
    assert "open_fontanelle" not in codes[2]


def stops(muscle: str, region: NeedleRegion, level: str | None = None, **given: object) -> list[str]:
    said = before_needle(
        site_kind=SiteKind.MUSCLE,
        site=muscle,
        level=level,
        region=region,
        facts=given.pop("facts", {}),
        **given,  # type: ignore[arg-type]
    )
    return [w.code for w in said if w.level is STOP]


@pytest.mark.parametrize(
    ("muscle", "region", "facts", "stopped"),
    [
        ("pectoralis_major_sternocostal", NeedleRegion.CHEST, {}, ["chest_electrical"]),
        ("sternocleidomastoid", NeedleRegion.NECK, {}, ["carotid_electrical"]),
        ("trapezius", NeedleRegion.SHOULDER, {}, []),
        ("gluteus_medius", NeedleRegion.BUTTOCK, {"pregnancy": ""}, ["pregnancy_electrical"]),
        ("extensor_digitorum", NeedleRegion.FOREARM_HAND, {"pregnancy": ""}, []),
        ("temporalis", NeedleRegion.HEAD, {"epilepsy": ""}, ["epilepsy_electrical"]),
        ("gastrocnemius", NeedleRegion.LOWER_LEG, {"epilepsy": ""}, []),
    ],
)
def test_current_is_stopped_where_the_list_says_and_nowhere_else(
    muscle: str, region: NeedleRegion, facts: dict[str, str], stopped: list[str]
) -> None:
    assert stops(muscle, region, facts=facts, is_electrical=True) == stopped
    assert stops(muscle, region, facts=facts) == []


def test_an_open_soft_spot_stops_the_head_and_not_the_leg() -> None:
    infant = {"open_fontanelle": ""}
    assert stops("temporalis", NeedleRegion.HEAD, facts=infant) == ["open_fontanelle"]
    assert stops("tibialis_anterior", NeedleRegion.LOWER_LEG, facts=infant) == []
