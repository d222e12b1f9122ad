"""Which yes a needle needs: to the course, to a hazard region that has a text of its own, to needles that stay in.

A consent is looked at before the first needle. A needle that is in without one is recorded all the same, and an
incident opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from myotome.science.needling.asks import hazards_near
from myotome.vocabulary.needling import SiteKind
from myotome.vocabulary.sentences import Sentence

REGION_OF_HAZARD: Mapping[str, str] = MappingProxyType({"pleura": "thorax"})
"""Hazards that are asked about separately, and the text that does it."""


@dataclass(frozen=True, slots=True, order=True)
class NeededConsent:
    """A yes that must be on record: `kind` course, region or retained; `subject` names the region."""

    kind: str
    subject: str = ""


def consents_needed(
    *, site_kind: SiteKind, site: str, level: str | None, stays: bool = False
) -> tuple[NeededConsent, ...]:
    """What must have been agreed to before a needle at this site, which stays in or not: the course always.

    Source: judgement (a risk that is material for one place is told for that place)
    Check: tests/oracle/test_consents_needed.py
    """
    regions = {REGION_OF_HAZARD[code] for code in hazards_near(site_kind, site, level) if code in REGION_OF_HAZARD}
    needed = [NeededConsent("course"), *(NeededConsent("region", subject) for subject in sorted(regions))]
    return (*needed, NeededConsent("retained")) if stays else tuple(needed)


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
    return sentence.filled(subject=needed.subject) if needed.subject else sentence
