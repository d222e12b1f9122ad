"""The parameters of the reasoning as one frozen value, read from `parameters.toml` and `base_rates.csv`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from myotome.knowledge import tables
from myotome.vocabulary.anatomy import ROOTS, ExamRegion

BAND = ("prior_odds", "leak", "lam", "sign_shift", "rho", "variant_rate")
"""The six parameters whose ranges make the band named "if our assumptions are off"."""

_PROBABILITIES = (
    *("leak", "lam", "variant_rate", "diffuse_probability", "diffuse_leak", "shared_error", "skin_leak"),
    *("dermatome_overlap", "p_left", "p_right", "p_both", "prefixed_share", "correlation_limit", "belief_limit"),
    *("diffuse_shown", "plan_likely"),
)


@dataclass(frozen=True, slots=True)
class Range:
    """Nominal value and the lowest and highest a careful reader would still accept."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters; what each means stands in `words`, where it comes from in `source_of`.

    `base_rates` maps "neck_arm", "back_leg" and None (no region chosen) to the prior of all thirty roots, each
    strictly between 0 and 1. `grade_shares_present` and `grade_shares_absent` each sum to 1 over grades 1, 2, 3.
    `p_left`, `p_right` and `p_both` sum to 1. `variant_rate` is both directions together, `prefixed_share` the part of
    it that is pre-fixed.
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
    uninvolved_side_odds: float
    p_left: float
    p_right: float
    p_both: float
    shared_error: float
    condition_odds: float
    half_life_days: float
    skin_leak: float
    dermatome_overlap: float
    stop_bits: float
    paraspinal_every: int
    n_options: int
    band_scale: float
    rescreen_mrc: int
    rescreen_reflex: int
    max_roots: int
    correlation_limit: float
    belief_limit: float
    diffuse_shown: float
    plan_likely: float
    plan_segments: int
    fewest_places: int
    grade_shares_present: tuple[float, float, float]
    grade_shares_absent: tuple[float, float, float]
    base_rates: Mapping[str | None, Mapping[str, float]]
    ranges: Mapping[str, Range]
    source_of: Mapping[str, str]
    words: Mapping[str, str]


@cache
def parameters() -> Parameters:
    """The parameters of this version of the tables. Check: tests/unit/knowledge/test_signs.py."""
    text = files(__package__).joinpath("parameters.toml").read_text(encoding="utf-8")
    return parsed(tomllib.loads(text), _base_rates())


def parsed(data: Mapping[str, Mapping[str, Any]], base_rates: Mapping[str | None, Mapping[str, float]]) -> Parameters:
    """Parameters from their table.

    Raises:
        BadTable: a parameter is missing or unknown, a probability or range is out of order, a source is unknown.
    """
    known = {field.name: field.type for field in fields(Parameters)}
    shares = data.get("grade_shares", {})
    plain = {name: entry["value"] for name, entry in data.items() if name != "grade_shares"}
    given = {
        *plain,
        *("grade_shares_present", "grade_shares_absent", "base_rates", "ranges", "source_of", "words"),
    }
    if given != set(known):
        raise tables.BadTable(f"parameters.toml: {', '.join(sorted(given ^ set(known)))} missing or unknown.")
    for name, entry in data.items():
        tables.check_sources((entry["source"],), f"parameters.toml, {name}")
    for name in _PROBABILITIES:
        if not 0 < plain[name] < 1:
            raise tables.BadTable(f"parameters.toml, {name}: {plain[name]} is not strictly between 0 and 1.")
    ranges = {}
    for name in BAND:
        entry = data[name]
        if not entry.get("low", 1) < entry["value"] < entry.get("high", 0):
            raise tables.BadTable(f"parameters.toml, {name}: low, value and high are not in order.")
        ranges[name] = Range(float(entry["value"]), float(entry["low"]), float(entry["high"]))
    for one in (shares["present"], shares["absent"], (plain["p_left"], plain["p_right"], plain["p_both"])):
        if abs(sum(one) - 1) > 1e-9 or len(one) != 3:
            raise tables.BadTable(f"parameters.toml: {one} does not sum to 1 over three.")
    if plain["belief_limit"] >= 0.5:
        raise tables.BadTable("parameters.toml, belief_limit: it must be below one half.")
    if plain["max_roots"] != tables.MAX_ROOTS:
        raise tables.BadTable("parameters.toml, max_roots: the tables are checked against another window.")
    return Parameters(
        **plain,
        grade_shares_present=tuple(shares["present"]),
        grade_shares_absent=tuple(shares["absent"]),
        base_rates=base_rates,
        ranges=MappingProxyType(ranges),
        source_of=MappingProxyType({name: entry["source"] for name, entry in data.items()}),
        words=MappingProxyType({name: entry["words"] for name, entry in data.items()}),
    )


def _base_rates() -> Mapping[str | None, Mapping[str, float]]:
    """Base rates of all roots for each region and for none."""
    rows = tables.rows(__package__, "base_rates.csv")
    if tuple(row["root"] for row in rows) != ROOTS:
        raise tables.BadTable("base_rates.csv: the thirty roots in cord order expected.")
    found: dict[str | None, Mapping[str, float]] = {}
    for region, column in ((ExamRegion.NECK_ARM, "neck_arm"), (ExamRegion.BACK_LEG, "back_leg"), (None, "any")):
        rates = {row["root"]: float(row[column]) for row in rows}
        for root, rate in rates.items():
            if not 0 < rate < 1:
                raise tables.BadTable(f"base_rates.csv, {root}: {rate} is not strictly between 0 and 1.")
        found[region and region.value] = MappingProxyType(rates)
    for row in rows:
        tables.sources(row["sources"], f"base_rates.csv, {row['root']}")
    return MappingProxyType(found)
