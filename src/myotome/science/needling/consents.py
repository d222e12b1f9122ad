"""Which yes a needle needs: to the course, to a hazard region that has a text of its own, to needles that stay in.

A consent is looked at before the first needle. A needle that is in without one is recorded all the same, and an
incident opens.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from myotome.knowledge.consents import place_of
from myotome.knowledge.hazards import hazards
from myotome.science.needling.places import hazard_regions_in, hazards_near, hazards_of_nearest, is_named
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import SiteKind
from myotome.vocabulary.sentences import Sentence

ONLY_WITH_FACT = "pregnancy"
"""A hazard, its region and the fact of the patient without which it is none: points left out in pregnancy."""


@dataclass(frozen=True, slots=True, order=True)
class NeededConsent:
    """A yes that must be on record: `kind` course, region or retained; `subject` names the region."""

    kind: str
    subject: str = ""


def consents_needed(
    *,
    site_kind: SiteKind,
    site: str,
    level: str | None,
    region: NeedleRegion | None = None,
    nearest: str = "",
    facts: Collection[str] = (),
    stays: bool = False,
) -> tuple[NeededConsent, ...]:
    """What must have been agreed to before a needle at this site, which stays in or not: the course always.

    `facts` are the codes of the patient's present facts; `region` is needed for a free place, which has no table;
    its `nearest` adds what is asked there.

    Source: judgement (a risk that is material for one place is told for that place)
    Check: tests/oracle/test_consents_needed.py
    """
    regions = regions_near(site_kind, site, level, region, nearest=nearest, facts=facts)
    needed = [NeededConsent("course"), *(NeededConsent("region", subject) for subject in regions)]
    return (*needed, NeededConsent("retained")) if stays else tuple(needed)


def regions_near(
    site_kind: SiteKind,
    site: str,
    level: str | None,
    region: NeedleRegion | None = None,
    *,
    nearest: str = "",
    facts: Collection[str] = (),
) -> tuple[str, ...]:
    """The hazard regions in which the site lies, sorted: one site may lie in several. A free place has those of its region
    and of the site named as nearest.

    Source: knowledge/hazards/hazards.csv, column consent
    Check: tests/oracle/test_consents_needed.py
    """
    if region is not None and not is_named(site_kind, site):
        of_region, codes = set(hazard_regions_in(region)), hazards_of_nearest(nearest)
    else:
        of_region, codes = set(), hazards_near(site_kind, site, level)
    regions = {hazards()[code].consent for code in codes} - {""} - ({ONLY_WITH_FACT} - set(facts))
    return tuple(sorted(of_region | regions))


_NONE = {
    "course": Sentence("No consent for this course was on record."),
    "region": Sentence("No consent for needles over the {subject} was on record."),
    "retained": Sentence("No consent for needles that stay in was on record."),
}
_WITHDRAWN = {
    "course": Sentence("Consent for this course had been withdrawn."),
    "region": Sentence("Consent for needles over the {subject} had been withdrawn."),
    "retained": Sentence("Consent for needles that stay in had been withdrawn."),
}


def what_was_missing(needed: NeededConsent, *, withdrawn: bool) -> Sentence:
    """The breach in words, for the incident.

    Source: judgement
    Check: tests/spec/needling/test_consent_before_the_needle.py
    """
    sentence = (_WITHDRAWN if withdrawn else _NONE)[needed.kind]
    return sentence.filled(subject=place_of(needed.subject)) if needed.subject else sentence
