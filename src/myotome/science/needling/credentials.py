"""What her credentials say before a needle: STOP when they have run out, ASK in a hazard region they do not name.

A STOP is lifted by putting the credential right where it is described: renewed, or its day corrected. Where none of hers
is described nothing is known, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from myotome.knowledge.consents import place_of
from myotome.science.booking.credentials import lapsed
from myotome.science.needling.asks import EVERYWHERE, Warning
from myotome.science.needling.consents import ONLY_WITH_FACT
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.courses import CautionLevel
from myotome.vocabulary.credentials import HeldCredential
from myotome.vocabulary.needling import TreatmentMode
from myotome.vocabulary.sentences import Sentence

TREATMENTS = {TreatmentMode.IMS: Sentence("IMS"), TreatmentMode.ACUPUNCTURE: Sentence("acupuncture")}
LAPSED = Sentence(
    "{name} has no credential for {treatment} in force today: {programme} of {body} ended on {on}. No needle by this hand until it is renewed."
)
NOT_YET = Sentence(
    "{name} has no credential for {treatment} in force today: {programme} of {body} begins on {on}. No needle by this hand before."
)
REGION = Sentence("The credentials of {name} for {treatment} do not name this region: {region}.")
NONE = Sentence("No credential of {name} for {treatment} is on record, and this is a hazard region: {region}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hand:
    """Who holds the needle: `id` tells her from a colleague who takes over."""

    id: int
    name: str
    credentials: tuple[HeldCredential, ...] = ()


def said_of_hand(
    hand: Hand, *, mode: TreatmentMode, on: date, hazard_regions: Sequence[str], region: NeedleRegion
) -> tuple[Warning, ...]:
    """What is said of her on this day before a needle in `region`, which lies in `hazard_regions`.

    Source: judgement
    Check: tests/spec/needling/test_credentials_before_a_needle.py
    """
    who = {"name": hand.name, "treatment": TREATMENTS[mode]}
    hers = [row for row in hand.credentials if row.is_for(mode.value)]
    near = [one for one in hazard_regions if one != ONLY_WITH_FACT]
    if not hand.credentials:
        return ()
    if last := lapsed(hers, treatment=mode.value, on=on):
        ended = last.expires_on is not None and last.expires_on < on
        day = last.expires_on if ended else last.issued_on
        what = {"programme": last.programme, "body": last.body, "on": f"{day:%Y-%m-%d}"}
        words = (LAPSED if ended else NOT_YET).filled(**who, **what)
        return (_said(CautionLevel.STOP, f"credential_{hand.id}", words, EVERYWHERE),)
    allowed = {name for row in hers if row.in_force(on) for name in row.hazard_regions}
    words = REGION if hers else NONE
    return tuple(
        _asked(hand, one, words.filled(**who, region=place_of(one)), region) for one in near if one not in allowed
    )


def _asked(hand: Hand, hazard_region: str, words: str, region: NeedleRegion) -> Warning:
    return _said(CautionLevel.ASK, f"credential_{hand.id}_{hazard_region}", words, region.value)


def _said(level: CautionLevel, code: str, words: str, place: str) -> Warning:
    return Warning(level=level, code=code, words=words, place=place, is_of_hand=True)
