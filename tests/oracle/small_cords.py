"""Small cords for the oracle: a few roots, one arm and one leg, every kind of site, random but seeded findings."""

from __future__ import annotations

import random
from dataclasses import dataclass

from myotome.science.assessment.network import Assumptions, Network, Site, network_of
from myotome.science.assessment.readings import Hands, Observation, SignSpec
from myotome.vocabulary.findings import FindingKind

MUSCLE, SKIN, REFLEX = FindingKind.MUSCLE, FindingKind.SKIN, FindingKind.REFLEX

ASSUMED = Assumptions(
    leak=0.1,
    lam=0.85,
    rho=0.35,
    prior_odds=1.0,
    sign_shift=0.0,
    variant_rate=0.25,
    prefixed_share=0.5,
    diffuse_probability=0.15,
    diffuse_leak=0.5,
    skin_leak=0.05,
    shared_error=0.03,
    uninvolved_side_odds=0.1,
    p_left=0.4,
    p_right=0.4,
    p_both=0.2,
    correlation_limit=0.95,
)

SPECS = (
    SignSpec(
        kind=MUSCLE,
        code="shortened",
        instrument="fingers",
        p_if_present=(0.24, 0.266, 0.304, 0.19),
        p_if_absent=(0.76, 0.144, 0.072, 0.024),
        sensitivity=0.76,
        specificity=0.76,
    ),
    SignSpec(
        kind=MUSCLE,
        code="tender",
        instrument="fingers",
        p_if_present=(0.16, 0.294, 0.336, 0.21),
        p_if_absent=(0.84, 0.096, 0.048, 0.016),
        sensitivity=0.84,
        specificity=0.84,
    ),
    SignSpec(
        kind=MUSCLE,
        code="grasp",
        instrument="needle",
        p_if_present=(0.1, 0.315, 0.36, 0.225),
        p_if_absent=(0.9, 0.06, 0.03, 0.01),
        sensitivity=0.9,
        specificity=0.9,
    ),
    SignSpec(
        kind=SKIN,
        code="cold",
        instrument="skin",
        p_if_present=(0.7, 0.3),
        p_if_absent=(0.87, 0.13),
        sensitivity=0.3,
        specificity=0.87,
    ),
    SignSpec(
        kind=REFLEX,
        code="reflex",
        instrument="hammer",
        p_if_present=(0.08, 0.22, 0.62, 0.07, 0.01),
        p_if_absent=(0.02, 0.07, 0.80, 0.10, 0.01),
    ),
)


@dataclass(frozen=True)
class SmallCord:
    """A network small enough to enumerate, its base rates and its signs."""

    network: Network
    rates: tuple[float, ...]
    hands: Hands
    misread: dict[str, float]
    specs: dict

    @property
    def roots(self) -> tuple[str, ...]:
        return self.network.roots


def a_cord(n_roots: int, *, seed: int = 0, assumed: Assumptions = ASSUMED) -> SmallCord:
    """A cord with muscles of one to three roots in arm and leg, levels, skin and a reflex; ends of the cord included."""
    rng = random.Random(seed)
    roots = tuple(f"R{i}" for i in range(n_roots))
    half = n_roots // 2
    sites = []

    def weights(first: int, n: int) -> dict[str, float]:
        return {roots[first + j]: rng.choice((0.3, 0.6, 0.85, 1.0)) for j in range(n)}

    for name, limb, low, high in (("arm", "arm", 0, half - 1), ("leg", "leg", half + 1, n_roots)):
        for m in range(3):
            n = min(1 + m, high - low)
            sites.append(Site(f"{name}{m}", MUSCLE, weights(rng.randrange(low, high - n + 1), n), None, limb))
    for level in roots:
        first = max(roots.index(level) - 1, 0)
        sites.append(Site("spine", MUSCLE, weights(first, min(3, n_roots - first)), level))
    sites.append(Site("face", MUSCLE, {}))
    sites.append(Site(roots[1], SKIN, weights(0, 3)))
    sites.append(Site("knee", REFLEX, weights(half + 1, min(2, n_roots - half - 1)), None, "leg"))
    network = network_of(sites, assumed, roots=roots)
    hands = Hands(SPECS, assumed)
    return SmallCord(
        network=network,
        rates=tuple(rng.uniform(0.02, 0.5) for _ in roots),
        hands=hands,
        misread={"fingers": 0.03, "needle": 0.03, "skin": 0.03, "hammer": 0.03},
        specs={(one.kind, one.code): one for one in SPECS},
    )


def some_observations(cord: SmallCord, n: int, *, seed: int) -> list[Observation]:
    """Random findings, at most one of each sign, site and side."""
    rng = random.Random(seed)
    found: dict[tuple, Observation] = {}
    for _ in range(n):
        k = rng.randrange(len(cord.network.sites))
        kind = cord.network.sites[k].kind
        sign = rng.choice([key for key in cord.specs if key[0] is kind])
        grade = rng.randrange(len(cord.specs[sign].p_if_present))
        seen = Observation(k, rng.randrange(2), sign, grade, rng.choice(("", "", "second")))
        found[seen.site, seen.side, seen.sign, seen.examiner] = seen
    return list(found.values())
