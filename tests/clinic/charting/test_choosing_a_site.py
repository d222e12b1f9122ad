"""Where a site is chosen: her own most frequent ones first, every muscle in its region, and a search that reads a level."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from myotome.clinic.needling.actions import record_insertion, strike_insertion
from myotome.clinic.needling.habits import favourites
from myotome.clinic.needling.models import TreatmentVisit
from myotome.knowledge.muscles import muscles, region_at
from myotome.pages.needling.atlas import MOST_FOUND, atlas_context
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import NeedleState
from tests.clinic.charting.visits import at, visit_of
from tests.factories import a_needle, a_practitioner

pytestmark = pytest.mark.django_db


def names(**asked):
    """(name, what it opens or its keys) of everything that the page of sites shows."""
    groups = atlas_context(asked, mode="ims")["groups"]
    return {choice.name: choice for _, choices in groups for choice in choices}


def needled(visit, actor, *sites, **values):
    """A needle of today at each of these muscles."""
    for site, level in sites:
        needle = a_needle(
            site=site, level=level or None, region=region_at(site, level or None), state=NeedleState.OUT, **values
        )
        row = record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=needle)
    return row


def test_a_muscle_by_level_is_found_with_every_level_of_it():
    found = names(q="multifidus")
    assert [f"Multifidus {level}" for level in muscles()["multifidus"].levels] == list(found)
    assert found["Multifidus S1"].sides[0] == ("left", "muscle:multifidus:S1:left")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Multifidus S1", ["Multifidus S1"]),
        ("s1 multifidus", ["Multifidus S1"]),
        ("intercostals T12", []),
        ("rectus abdominis t9", ["Rectus abdominis T9"]),
        ("oblique L1", ["Internal oblique L1"]),
    ],
)
def test_a_level_in_the_words_is_read(words, found):
    assert list(names(q=words)) == found


def test_a_level_alone_finds_every_muscle_that_has_it():
    assert list(names(q="S1")) == [f"{row.name} S1" for row in muscles().values() if "S1" in row.levels]


def test_among_several_muscles_each_by_level_is_one_entry_that_opens_its_levels():
    found = names(q="intercostals")
    assert {name: (one.levels, one.sides) for name, one in found.items()} == {
        "External intercostals": (("T1", "T11"), ()),
        "Internal intercostals": (("T1", "T11"), ()),
        "Innermost intercostals": (("T2", "T10"), ()),
    }
    assert found["Innermost intercostals"].opens == "kind=muscles&spine=intercostales_intimi"


def test_what_a_search_leaves_out_is_said():
    context = atlas_context({"q": "a"}, mode="ims")
    assert sum(len(choices) for _, choices in context["groups"]) == MOST_FOUND
    assert context["n_more"] > 0


@pytest.mark.parametrize("region", list(NeedleRegion))
def test_a_region_lists_every_muscle_that_has_a_place_in_it(region):
    wanted = {
        row.latin
        for row in muscles().values()
        if region in {region_at(row.id, level) for level in row.levels or (None,)}
    }
    assert {choice.small for choice in names(region=region.value, kind="muscles").values()} == wanted


def test_an_entry_opens_the_levels_of_its_region():
    entry = names(region="neck")["Multifidus"]
    assert entry.levels == ("C2", "C8")
    levels = names(spine="multifidus", region="neck")
    assert list(levels) == [f"Multifidus C{n}" for n in range(2, 9)]


def test_her_ten_most_frequent_sites_stand_above_the_regions_with_both_sides(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    ten = [("piriformis", ""), ("multifidus", "L5"), *[("multifidus", f"T{n}") for n in range(1, 10)]]
    needled(visit, actor, *ten, ("multifidus", "L5"), ("multifidus", "L5"), ("piriformis", ""))
    client.force_login(elena.user)
    page = client.get(at("sites", visit)).content.decode()
    assert page.index("Yours most often") < page.index('aria-label="Regions"')
    mine = page[page.index("Yours most often") : page.index('aria-label="Regions"')]
    shown = re.findall(r"<b>([^<]+)</b>", mine)
    assert shown[:2] == ["Multifidus L5", "Piriformis"]
    assert len(shown) == 10
    assert "site=muscle%3Amultifidus%3AL5%3Aright" in mine
    assert "Yours most often" not in client.get(at("sites", visit), {"region": "chest"}).content.decode()


def test_favourites_are_her_own_of_this_mode_within_ninety_days_and_one_query(clinic, elena, django_assert_num_queries):
    visit, actor = visit_of(clinic, elena)
    row = needled(visit, actor, ("piriformis", ""), ("gluteus_medius", ""))
    strike_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, number=row.number, reason="twice")
    hers, jonas = visit_of(clinic, a_practitioner(clinic, name="Jonas Weber"))
    needled(hers, jonas, ("soleus", ""))
    now = visit.opened_at + timedelta(hours=1)
    with django_assert_num_queries(1):
        assert favourites(actor, mode="ims", at=now) == [("muscle", "piriformis", "")]
    assert favourites(actor, mode="acupuncture", at=now) == []
    TreatmentVisit.objects.filter(pk=visit.pk).update(opened_at=now - timedelta(days=91))
    assert favourites(actor, mode="ims", at=now) == []
