"""A free place may say the nearest muscle or point: her own statement, never asked for, and it takes no hazard away."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import Incident, NeedleInsertion
from myotome.clinic.needling.queries import needle_as_value
from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.hazards import hazards
from myotome.knowledge.muscles import sites
from myotome.science.needling.asks import before_needle
from myotome.science.needling.consents import consents_needed
from myotome.science.needling.evidence import needle_findings
from myotome.science.needling.places import hazards_of_nearest
from myotome.science.needling.shorthand import ShorthandError, parse_line
from myotome.science.needling.sites import named_site, nearest_named, nearest_word
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.courses import CautionLevel
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import SiteKind
from tests.factories import AT, a_needle, an_open_visit

EVERY_NEAREST = [f"{id}-{level}" if level else id for id, level in sites()] + list(acupoints())
EVERY_FACT = {
    code: ""
    for code in ("anticoagulant", "pregnancy", "pacemaker", "epilepsy", "implant", "bleeding_disorder", "infant")
}
SCAR = {"site_kind": SiteKind.FREE, "site": "scar", "level": None}


def said(region, nearest="", **given):
    return before_needle(**SCAR, region=NeedleRegion(region), nearest=nearest, facts=given.pop("facts", {}), **given)


def a_scar(region="low_back", **values):
    return a_needle(site_kind=SiteKind.FREE, site="scar", region=NeedleRegion(region), **values)


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("mult-L4", "multifidus-L4"),
        ("glmed", "gluteus_medius"),
        ("ST36", "ST36"),
        ("UB60", "BL60"),
        ("Multifidus-L4", "multifidus-L4"),
    ],
)
def test_it_is_a_muscle_with_its_level_or_a_point(word, nearest):
    (row,) = parse_line(f"L @low_back/beside-the-scar~{word} 20")
    assert (row.site, row.region.value, row.nearest) == ("beside-the-scar", "low_back", nearest)


def test_every_muscle_at_every_level_and_every_point_can_be_named_by_its_shortest_word():
    for nearest in EVERY_NEAREST:
        assert nearest_named(nearest_word(nearest)) == nearest
        assert named_site(nearest) is not None


def test_a_free_place_without_it_is_read_and_kept_as_before():
    (row,) = parse_line("L @low_back/beside-the-scar 20")
    assert row.nearest == ""


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("@low_back/scar~glmde", "@low_back/scar~glmed"),
        ("@low_back/scar~mult", "@low_back/scar~mult-S1"),
        ("@low_back/scar~mult-L4-S1", "@low_back/scar~mult-L4"),
        ("@low_back/scar~", "@low_back/scar~mult-L5"),
        ("@low_back/scar~ST99", "@low_back/scar~ST45"),
        ("@lowback/scar~glmed", "@low_back/scar~glmed"),
        ("@low_back/scar~@neck/scar", "@low_back/scar~mult-L5"),
    ],
)
def test_a_nearest_that_cannot_be_read_points_at_the_word_and_offers_one_that_can(word, nearest):
    with pytest.raises(ShorthandError) as refusal:
        parse_line(f"L {word} 20")
    assert (refusal.value.word, refusal.value.nearest) == (word, nearest)
    assert parse_line(f"L {nearest} 20")


def test_only_a_free_place_has_one():
    with pytest.raises(InvalidValue, match="Only a free place"):
        a_needle(nearest="ST36")


@pytest.mark.parametrize("region", NeedleRegion)
def test_naming_it_takes_no_question_away(region):
    for is_electrical in (False, True):
        before = said(region, facts=EVERY_FACT, is_electrical=is_electrical, is_retained=True)
        agreed = consents_needed(**SCAR, region=region, facts=EVERY_FACT)
        for nearest in EVERY_NEAREST[::5]:
            after = said(region, nearest, facts=EVERY_FACT, is_electrical=is_electrical, is_retained=True)
            assert set(before) <= set(after), nearest
            assert set(agreed) <= set(consents_needed(**SCAR, region=region, nearest=nearest, facts=EVERY_FACT))


@pytest.mark.parametrize("region", NeedleRegion)
def test_each_hazard_of_the_nearest_is_asked_about_by_the_region_or_by_itself(region):
    for nearest in EVERY_NEAREST:
        words = " ".join(w.words for w in said(region, nearest, facts=EVERY_FACT) if w.level is CautionLevel.ASK)
        for code in hazards_of_nearest(nearest):
            assert not hazards()[code].needs_ack or hazards()[code].name in words, (nearest, code)


def test_what_is_added_says_that_it_was_named_as_nearest_and_wants_a_reason_of_its_own():
    before, after = said("shoulder"), said("shoulder", "popliteus")
    added = [w for w in after if w not in before]
    assert [(w.code, w.level, w.place) for w in added] == [
        ("popliteal_vessels", CautionLevel.ASK, "shoulder"),
        ("calf_clot", CautionLevel.ASK, "shoulder"),
    ]
    assert all("which is named as nearest" in w.words for w in added)


def test_a_stop_at_the_nearest_asks_whether_the_place_lies_there():
    thinner = {"anticoagulant": "apixaban"}
    assert "bleeding_deep_anticoagulant" not in {w.code for w in said("forearm_hand", facts=thinner)}
    after = said("forearm_hand", "psoas_major", facts=thinner)
    assert [w.level for w in after if w.code == "bleeding_deep_anticoagulant"] == [CautionLevel.ASK]


def test_it_teaches_no_muscle_and_no_root_anything():
    assert needle_findings([a_scar(nearest="multifidus-L4", grasp=3, cramp=9)]) == []


@pytest.mark.django_db
@pytest.mark.parametrize("nearest", ["", "multifidus-L4", "ST36"])
def test_it_is_kept_with_the_needle_and_its_lack_refuses_nothing(nearest):
    visit, elena = an_open_visit()
    row = record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_scar(nearest=nearest))
    assert needle_as_value(NeedleInsertion.objects.get(pk=row.pk)).nearest == nearest


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("nearest", "names"),
    [
        ("gluteus_medus", "gluteus_medius"),
        ("multifidus", "multifidus-"),
        ("multifidus-C1", "multifidus-L1"),
        ("ST99", "ST9"),
    ],
)
def test_one_that_is_in_no_table_is_refused_with_the_nearest_names(nearest, names):
    visit, elena = an_open_visit()
    with pytest.raises(InvalidValue, match=f"nearest are .*{names}") as refusal:
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_scar(nearest=nearest))
    assert refusal.value.field == "nearest"
    assert not NeedleInsertion.objects.exists()


@pytest.mark.django_db
def test_sent_again_it_is_the_needle_that_is_there():
    visit, elena = an_open_visit()
    needle = a_scar(nearest="ST36", client_id="once")
    first = record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle)
    assert record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle).pk == first.pk


@pytest.mark.django_db
def test_the_database_knows_that_only_a_free_place_has_one():
    visit, elena = an_open_visit()
    row = record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    with pytest.raises(IntegrityError), transaction.atomic():
        NeedleInsertion.objects.filter(pk=row.pk).update(nearest="ST36")


@pytest.mark.django_db
def test_a_needle_past_a_hazard_of_its_nearest_is_recorded_and_opens_an_incident():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_scar("shoulder", nearest="popliteus"))
    assert Incident.objects.filter(detail="popliteal_vessels, shoulder").count() == 1
