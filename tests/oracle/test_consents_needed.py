"""Which yes a needle needs, against the tables of hazards read row by row."""

from __future__ import annotations

import csv
from collections import defaultdict
from importlib.resources import files

import pytest

from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.consents import consent_for, consent_texts, place_of
from myotome.knowledge.hazards import hazards, regions_of_consent
from myotome.knowledge.muscles import hazards_at, muscles, region_at, sites
from myotome.science.needling.consents import NeededConsent, consents_needed, what_was_missing
from myotome.science.needling.places import hazards_in, sites_in
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import SiteKind

COURSE, STAYS = NeededConsent("course"), NeededConsent("retained")
NOT_ASKED_OF_HER = {
    "vessel": "of no one region: asked of the practitioner",
    "calf_clot": "looked for before the needle, no risk of it",
    "fontanelle": "no needle at all",
    "traditional_caution": "the practitioner's reason, no harm of its own",
}
"""Hazards that the practitioner acknowledges and that have no text of their own, each with the reason."""


def rows(package, name):
    return list(csv.DictReader(files(package).joinpath(name).read_text(encoding="utf-8").splitlines()))


REGION_OF = {row["code"]: row["consent"] for row in rows("myotome.knowledge.hazards", "hazards.csv") if row["consent"]}


def in_regions(codes, *, pregnant=False):
    found = {REGION_OF[code] for code in codes if code in REGION_OF}
    return (COURSE, *(NeededConsent("region", one) for one in sorted(found if pregnant else found - {"pregnancy"})))


def test_every_hazard_that_must_be_acknowledged_is_asked_about_or_says_why_not():
    for code, row in hazards().items():
        assert bool(row.consent) == (row.needs_ack and code not in NOT_ASKED_OF_HER), code


def test_every_muscle_at_every_level_needs_the_yes_to_just_the_regions_of_its_hazards():
    for id, row in muscles().items():
        for level in row.levels or (None,):
            held = row.hazard_levels
            near = [code for code in row.hazards if level is None or not held.get(code) or level in held[code]]
            assert consents_needed(site_kind=SiteKind.MUSCLE, site=id, level=level) == in_regions(near), (id, level)


@pytest.mark.parametrize("pregnant", [False, True])
def test_every_point_needs_the_yes_to_just_the_regions_of_its_hazards(pregnant):
    near = defaultdict(list)
    for row in rows("myotome.knowledge.acupoints", "hazards.csv"):
        near[row["point"]].append(row["hazard"])
    for id in acupoints():
        needed = consents_needed(
            site_kind=SiteKind.ACUPOINT, site=id, level=None, facts=["pregnancy"] if pregnant else []
        )
        assert needed == in_regions(near[id], pregnant=pregnant), id


@pytest.mark.parametrize("region", NeedleRegion)
def test_a_free_place_needs_the_yes_to_each_hazard_region_of_a_third_of_the_sites_around_it(region):
    near = [set(hazards_at(id, level)) for id, level in sites() if region_at(id, level) is region]
    of_point = {id: set() for id, point in acupoints().items() if point.region is region}
    for row in rows("myotome.knowledge.acupoints", "hazards.csv"):
        if row["point"] in of_point:
            of_point[row["point"]].add(row["hazard"])
    near += of_point.values()
    asked = {
        name for name in regions_of_consent() if sum(name in {REGION_OF.get(c) for c in codes} for codes in near) * 3 >= len(near)
    }  # fmt: skip
    needed = consents_needed(site_kind=SiteKind.FREE, site="scar", level=None, region=region)
    assert needed == (COURSE, *(NeededConsent("region", one) for one in sorted(asked - {"pregnancy"})))
    assert set().union(*near) - set(hazards_in(region)) <= {"pregnancy", "traditional_caution", "moxa_caution"}
    assert set(hazards_in(region)) <= set().union(*near)
    assert sites_in(region) >= set(of_point)


@pytest.mark.parametrize("region", [NeedleRegion.SHOULDER, NeedleRegion.THIGH, NeedleRegion.UPPER_BACK])
@pytest.mark.parametrize("pregnant", [False, True])
def test_what_is_nearest_to_a_free_place_adds_the_regions_of_its_hazards_and_nothing_else(region, pregnant):
    facts = ["pregnancy"] if pregnant else []
    of_region = set(consents_needed(site_kind=SiteKind.FREE, site="scar", level=None, region=region))
    near = {f"{id}-{level}" if level else id: set(hazards_at(id, level)) for id, level in sites()}
    near |= {id: set() for id in acupoints()}
    for row in rows("myotome.knowledge.acupoints", "hazards.csv"):
        near[row["point"]].add(row["hazard"])
    for nearest, codes in near.items():
        needed = consents_needed(
            site_kind=SiteKind.FREE, site="scar", level=None, region=region, nearest=nearest, facts=facts
        )
        assert set(needed) == of_region | set(in_regions(codes, pregnant=pregnant)), nearest
    assert of_region == set(
        consents_needed(site_kind=SiteKind.FREE, site="scar", level=None, region=region, nearest="gone", facts=facts)
    )


def test_a_place_over_the_lung_needs_the_yes_to_the_chest_and_one_on_the_hand_none():
    def needed(region):
        return consents_needed(site_kind=SiteKind.FREE, site="scar", level=None, region=NeedleRegion(region))

    assert NeededConsent("region", "thorax") in needed("upper_back")
    assert needed("forearm_hand") == (COURSE,)


def test_a_needle_that_stays_needs_one_yes_more_wherever_it_is():
    for site in ("scar", "ST36"):
        assert consents_needed(site_kind=SiteKind.FREE, site=site, level=None, stays=True) == (COURSE, STAYS)


def test_every_region_that_is_asked_about_has_a_text_and_every_text_a_hazard():
    assert set(regions_of_consent()) == {text.subject for text in consent_texts() if text.kind == "region"}
    for subject in regions_of_consent():
        text = consent_for("region", subject)
        assert (text.kind, text.id, bool(text.place)) == ("region", subject, True)
        assert {part.title for part in text.parts} == {
            "Why we ask separately", "Tell us before", "What to watch for", "Other ways", "Taking it back",
        }  # fmt: skip
    assert consent_for("retained").kind == "retained"


def test_what_was_missing_names_the_region_in_words():
    assert what_was_missing(NeededConsent("region", "abdomen"), withdrawn=True) == (
        "Consent for needles over the belly, flank and pelvis had been withdrawn."
    )
    assert place_of("a region of long ago") == "a region of long ago"
