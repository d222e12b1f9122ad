"""The wiring that inference runs on: examinable sites, their roots and weights, and how people differ.

A site is a muscle (or one level of it), the skin of a dermatome, or a reflex. Each touches a few neighbouring roots,
so it fits a window of `width` roots; the width follows from the table: the widest site, and for muscles of a limb one
root more at each end, because a pre- or post-fixed plexus moves them by a root. `q` holds, for every site, state of
its window, plexus variant and patient class, the probability that the site is NOT sensitised.

A state of a window is a number whose highest bit is its uppermost root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from myotome.vocabulary.anatomy import ROOTS
from myotome.vocabulary.findings import FindingKind

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

Limb = Literal["arm", "leg", ""]
SHIFTS = (0, -1, 1)
"""Plexus variants: usual, pre-fixed (muscles one root higher), post-fixed (one root lower)."""

WIDEST = 8
"""Windows beyond this are refused: 256 states, and no muscle of any table is near it."""


NARROWEST = 3
"""Neighbouring windows share two roots at least: the lowest one and the one that its step looks back to."""


class UnfitTable(ValueError):
    """A table of sites that the window cannot hold; the message names the row."""


@dataclass(frozen=True, slots=True)
class Site:
    """One examinable unit of one side; `roots` in cord order with weights 0 < w <= 1, empty for the face."""

    subject: str
    kind: FindingKind
    roots: Mapping[str, float]
    level: str | None = None
    limb: Limb = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumptions:
    """The numbers that the inference rests on, each as `knowledge.signs.parameters` names it.

    `prefixed_share` of `variant_rate` is pre-fixed, the rest post-fixed; `p_left + p_right + p_both` is 1; probabilities
    lie strictly between 0 and 1.
    """

    leak: float
    lam: float
    rho: float
    prior_odds: float
    sign_shift: float
    variant_rate: float
    prefixed_share: float
    diffuse_probability: float
    diffuse_leak: float
    skin_leak: float
    shared_error: float
    uninvolved_side_odds: float
    p_left: float
    p_right: float
    p_both: float
    correlation_limit: float

    @classmethod
    def of(cls, parameters: Any) -> Assumptions:
        """The assumptions among the attributes of `parameters`."""
        return cls(**{name: float(getattr(parameters, name)) for name in cls.__slots__})

    def but(self, **changes: float) -> Assumptions:
        """The same with some numbers changed."""
        return replace(self, **changes)

    @property
    def p_variant(self) -> Float[np.ndarray, " variant"]:
        """Probabilities of the plexus variants in the order of `SHIFTS`; sums to 1."""
        prefixed = self.variant_rate * self.prefixed_share
        return np.array([1 - self.variant_rate, prefixed, self.variant_rate - prefixed])

    @property
    def p_diffuse(self) -> Float[np.ndarray, " diffuse"]:
        """Probabilities that the patient is not, and is, tender everywhere; sums to 1."""
        return np.array([1 - self.diffuse_probability, self.diffuse_probability])

    @property
    def p_sides(self) -> Float[np.ndarray, " side_class"]:
        """Probabilities that only the left, only the right, or both sides are involved; sums to 1."""
        return np.array([self.p_left, self.p_right, self.p_both])


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Sites placed on the cord. `start[k]` is the uppermost root of the window of site k.

    `alike[k]` is the first site of the same wiring and kind: what is true of one is true of both. `moves[k]` tells
    whether a plexus variant moves the site.

    Windows that hold arm muscles begin above root `cut`, those of leg muscles at or below it, so that arm and leg
    have their own variants without multiplying.
    """

    roots: tuple[str, ...]
    sites: tuple[Site, ...]
    width: int
    cut: int
    start: Int[np.ndarray, " site"]
    first: Int[np.ndarray, " site"]
    n_own: Int[np.ndarray, " site"]
    alike: Int[np.ndarray, " site"]
    moves: Bool[np.ndarray, " site"]
    q: Float[np.ndarray, "site state diffuse variant"]
    index: Mapping[tuple[FindingKind, str, str | None], int]
    assumptions: Assumptions

    @property
    def n_positions(self) -> int:
        """How many windows there are along the cord."""
        return len(self.roots) - self.width + 1

    def under(self, assumptions: Assumptions) -> Network:
        """The same wiring under other assumptions."""
        if assumptions == self.assumptions:
            return self
        q = _not_sensitised(self.roots, self.sites, self.start, self.width, assumptions)
        return replace(self, q=q, assumptions=assumptions)


def network_of(
    sites: Sequence[Site],
    assumptions: Assumptions,
    *,
    roots: tuple[str, ...] = ROOTS,
    max_roots: int = 5,
    width: int | None = None,
) -> Network:
    """The network of a table of sites; the window is as wide as the table needs, or `width` if that is more.

    Source: judgement (structure after Gunn: roots sensitise muscles, muscles show signs)
    Check: tests/oracle/test_root_posterior.py

    Raises:
        UnfitTable: a site has more than `max_roots` roots, a gap between them, an unknown root, or the limbs overlap.
    """
    places = {root: i for i, root in enumerate(roots)}
    needed = NARROWEST
    for site in sites:
        unknown = [root for root in site.roots if root not in places]
        if unknown:
            raise UnfitTable(f"{_name(site)}: {unknown[0]} is not a root of this cord.")
        at = [places[root] for root in site.roots]
        if at and at != list(range(at[0], at[0] + len(at))):
            raise UnfitTable(f"{_name(site)}: its roots are not neighbours in cord order.")
        if len(at) > max_roots:
            raise UnfitTable(f"{_name(site)}: {len(at)} roots, the widest row may have {max_roots}.")
        needed = max(needed, len(at) + 2 * bool(site.limb and at))
    width = max(needed, width or 0)
    if width > min(WIDEST, len(roots)):
        raise UnfitTable(f"The table needs a window of {width} roots, at most {min(WIDEST, len(roots))} are possible.")
    last_window = len(roots) - width
    first = np.array([places[next(iter(site.roots))] if site.roots else 0 for site in sites], dtype=np.intp)
    n_own = np.array([len(site.roots) for site in sites], dtype=np.intp)
    # The window begins one root above where it can, so that it also holds the neighbours of most sites.
    roomy = (n_own + 1 < width) & (n_own > 0)
    start = np.clip(np.where(roomy, first - 1, first), 0, last_window)
    cut = _cut(sites, start, last_window)
    return Network(
        roots=roots,
        sites=tuple(sites),
        width=width,
        cut=cut,
        start=start,
        first=first,
        n_own=n_own,
        alike=_first_alike(sites),
        moves=np.array([bool(site.limb) for site in sites]),
        q=_not_sensitised(roots, sites, start, width, assumptions),
        index={(site.kind, site.subject, site.level): k for k, site in enumerate(sites)},
        assumptions=assumptions,
    )


def _first_alike(sites: Sequence[Site]) -> Int[np.ndarray, " site"]:
    first: dict[tuple[object, ...], int] = {}
    keys = [(site.kind, site.limb, tuple(site.roots.items())) for site in sites]
    return np.array([first.setdefault(key, k) for k, key in enumerate(keys)], dtype=np.intp)


def _cut(sites: Sequence[Site], start: Int[np.ndarray, " site"], last_window: int) -> int:
    arm = [int(at) for site, at in zip(sites, start, strict=True) if site.limb == "arm"]
    leg = [int(at) for site, at in zip(sites, start, strict=True) if site.limb == "leg"]
    cut = min(leg, default=last_window + 1)
    if arm and max(arm) >= cut:
        raise UnfitTable("A muscle of the arm reaches below the uppermost muscle of the leg.")
    return cut


def _not_sensitised(
    roots: tuple[str, ...],
    sites: Sequence[Site],
    start: Int[np.ndarray, " site"],
    width: int,
    assumptions: Assumptions,
) -> Float[np.ndarray, "site state diffuse variant"]:
    """P(site not sensitised | window, class, variant) = (1 - leak) times (1 - lam w) for every involved root."""
    places = {root: i for i, root in enumerate(roots)}
    states = np.arange(2**width)
    involved = (states[:, None] >> np.arange(width - 1, -1, -1)) & 1  # [state, place in the window]
    leaks = {
        FindingKind.MUSCLE: (assumptions.leak, assumptions.diffuse_leak),
        FindingKind.SKIN: (assumptions.skin_leak, assumptions.skin_leak),
        FindingKind.REFLEX: (0.0, 0.0),
    }
    q = np.empty((len(sites), 2**width, 2, len(SHIFTS)))
    for k, site in enumerate(sites):
        for v, shift in enumerate(SHIFTS):
            moved = shift if site.limb else 0
            passed = np.ones((2**width,))
            for root, weight in site.roots.items():
                # A variant may push a root over the end of the cord: it stays at the end.
                place = min(max(places[root] + moved, 0), len(roots) - 1) - start[k]
                passed *= np.where(involved[:, place] == 1, 1 - assumptions.lam * weight, 1.0)
            for d, leak in enumerate(leaks[site.kind]):
                q[k, :, d, v] = (1 - leak) * passed
    return q


def _name(site: Site) -> str:
    return f"{site.subject} {site.level}" if site.level else site.subject
