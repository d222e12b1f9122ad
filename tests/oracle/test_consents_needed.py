"""Which yes a needle needs, against the tables of hazards read row by row."""

from __future__ import annotations

import csv
from importlib.resources import files

from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.consents import consent_for
from myotome.knowledge.muscles import muscles
from myotome.science.needling.consents import REGION_OF_HAZARD, NeededConsent, consents_needed
from myotome.vocabulary.needling import SiteKind

COURSE, THORAX, STAYS = NeededConsent("course"), NeededConsent("region", "thorax"), NeededConsent("retained")


def test_exactly_the_muscles_at_whose_level_the_lung_lies_need_the_yes_to_the_thorax():
    for id, row in muscles().items():
        for level in row.levels or (None,):
            levels = row.hazard_levels.get("pleura", ())
            lung = "pleura" in row.hazards and (level is None or not levels or level in levels)
            assert consents_needed(site_kind=SiteKind.MUSCLE, site=id, level=level) == (
                (COURSE, THORAX) if lung else (COURSE,)
            )


def test_exactly_the_points_with_the_lung_below_need_the_yes_to_the_thorax():
    table = files("myotome.knowledge.acupoints").joinpath("hazards.csv").read_text(encoding="utf-8")
    lung = {row["point"] for row in csv.DictReader(table.splitlines()) if row["hazard"] == "pleura"}
    assert len(lung) > 20
    for id in acupoints():
        needed = consents_needed(site_kind=SiteKind.ACUPOINT, site=id, level=None)
        assert needed == ((COURSE, THORAX) if id in lung else (COURSE,))


def test_a_needle_that_stays_needs_one_yes_more_wherever_it_is():
    for site in ("scar", "ST36"):
        assert consents_needed(site_kind=SiteKind.FREE, site=site, level=None, stays=True) == (COURSE, STAYS)


def test_every_region_that_is_asked_about_has_a_text():
    for subject in REGION_OF_HAZARD.values():
        assert consent_for("region", subject).kind == "region"
    assert consent_for("retained").kind == "retained"
