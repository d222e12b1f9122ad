"""The knowledge tables as the values that inference runs on: sites with their limb, signs, assumptions.

Everything below this module is pure of tables; here, and only here, does the examination meet the muscle, sign and
reflex tables. A changed table is a new network; a row that no window holds stops the program at load.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from myotome.knowledge import muscles as muscle_table
from myotome.knowledge import signs as sign_table
from myotome.knowledge.muscles import Muscle
from myotome.science.assessment.network import Assumptions, Limb, Network, Site, network_of
from myotome.science.assessment.prior import Prior, base_rates, prior_of
from myotome.science.assessment.readings import Hands, SignSpec, merged, rates_from_kappa
from myotome.vocabulary.anatomy import ROOT_INDEX, ExamRegion
from myotome.vocabulary.findings import FindingKind

if TYPE_CHECKING:
    from jaxtyping import Float

FINGERS = "fingers"
"""The instrument of signs that are felt; an examiner's own reliability is about these."""


@cache
def assumptions() -> Assumptions:
    """The assumptions of the knowledge tables."""
    return Assumptions.of(sign_table.parameters())


@cache
def network(assumed: Assumptions | None = None) -> Network:
    """The network of all tables, under its own or other assumptions.

    Source: judgement (which muscles a plexus variant moves)
    Check: tests/unit/science/test_examination_tables.py

    Raises:
        UnfitTable: a row is wider than the window allows.
    """
    if assumed is not None and assumed != assumptions():
        return network().under(assumed)
    return network_of(sites(), assumptions(), max_roots=sign_table.parameters().max_roots)


@cache
def sites() -> tuple[Site, ...]:
    """Every examinable site of one side: muscles and levels, dermatomes, reflexes."""
    found = [
        Site(
            subject=id,
            kind=FindingKind.MUSCLE,
            level=level,
            roots=muscle_table.link(id, level),
            limb=limb_of(muscle_table.muscle(id)),
        )
        for id, level in muscle_table.sites()
    ]
    for root in sign_table.dermatomes():
        found.append(Site(subject=root, kind=FindingKind.SKIN, roots=sign_table.skin_weights(root)))
    for row in sign_table.reflexes().values():
        found.append(
            Site(subject=row.code, kind=FindingKind.REFLEX, roots=row.roots, limb=_limb_by_peak(peak(row.roots)))
        )
    return tuple(found)


def limb_of(row: Muscle) -> Limb:
    """The limb whose plexus supplies the muscle; none for muscles of the trunk, neck and face.

    Iliacus lies in the abdomen but hangs from the plexus by the femoral nerve; psoas has its own branches.

    Source: knowledge/signs/membership.toml
    Check: tests/unit/science/test_examination_tables.py
    """
    if row.levels or row.ramus != "ventral" or not row.roots:
        return ""
    limb = _limb_by_peak(peak(row.roots))
    if not limb:
        return ""
    members = sign_table.membership().limbs[limb]
    return limb if row.region in members.regions or row.nerve.startswith(members.nerves) else ""


def peak(roots: object) -> str:
    """The heaviest root, the upper one of equals; "" where there is none."""
    weights = dict(roots)  # type: ignore[call-overload]
    return max(weights, key=lambda root: (weights[root], -ROOT_INDEX[root]), default="")


def in_region(site: Site, region: ExamRegion | None) -> bool:
    """True when the site belongs to the examination of the region; without a region all that have a root do."""
    if not site.roots:
        return False
    return region is None or peak(site.roots) in sign_table.membership().regions[region].peaks


@cache
def sign_specs() -> tuple[SignSpec, ...]:
    """All signs of the tables as values."""
    found = []
    for row in sign_table.signs().values():
        instrument = {FindingKind.SKIN: "skin", FindingKind.REFLEX: "hammer"}.get(row.kind)
        if instrument is None:
            instrument = {"needle": "needle", "conduction": "strength"}.get(row.group, FINGERS)
        found.append(
            SignSpec(
                kind=row.kind,
                code=row.code,
                instrument=instrument,
                p_if_present=row.p_if_present,
                p_if_absent=row.p_if_absent,
                sensitivity=row.sensitivity,
                specificity=row.specificity,
            )
        )
    return tuple(found)


@cache
def hands(assumed: Assumptions | None = None) -> Hands:
    """The signs as they are read under the table's own or other assumptions."""
    return Hands(sign_specs(), assumed or assumptions())


@cache
def hands_of(kappa: float | None, assumed: Assumptions | None = None) -> Hands:
    """The hands of an examiner whose agreement with a colleague is known: what her fingers read errs as often as that
    kappa says, as much in one direction as in the other; None are the hands of the tables.

    Source: judgement (two equal examiners; rates_from_kappa)
    Check: tests/unit/science/test_agreement.py
    """
    if kappa is None:
        return hands(assumed)
    rate = rates_from_kappa(kappa)
    own = {(spec.kind, spec.code): (rate, rate) for spec in sign_specs() if spec.instrument == FINGERS}
    return Hands(merged(sign_specs(), own), assumed or assumptions())


@cache
def rates_of(region: ExamRegion | None, named: frozenset[str] = frozenset()) -> Float[np.ndarray, " root"]:
    """Base rates of the region; the odds of the roots in `named` (those of the condition) are a little higher."""
    settings = sign_table.parameters()
    return base_rates(network(), settings.base_rates[region and region.value], named, settings.condition_odds)


@cache
def regional_prior(
    region: ExamRegion | None, assumed: Assumptions | None = None, named: frozenset[str] = frozenset()
) -> Prior:
    """The prior before any earlier visit of a region and the roots that the condition names, under the table's own or
    other assumptions."""
    return prior_of(network(assumed), rates_of(region, named))


def _limb_by_peak(root: str) -> Limb:
    limbs = sign_table.membership().limbs
    if root in limbs["arm"].peaks:
        return "arm"
    return "leg" if root in limbs["leg"].peaks else ""
