"""The door of the examination: findings in, roots to consider out, in the shape of `myotome segments --json`.

`consider_roots` puts the pieces together: the exact posterior, its band, the evidence for and against each root, the
most probable set, and what to examine next. It is clinician-facing and comes after the examiner's own impression; it
ranks roots and never names a disease.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from myotome.knowledge import KNOWLEDGE_VERSION
from myotome.knowledge import muscles as muscle_table
from myotome.knowledge.signs import parameters
from myotome.knowledge.signs.parameters import BAND
from myotome.science.assessment import tables
from myotome.science.assessment.band import band
from myotome.science.assessment.cord import stretch_of
from myotome.science.assessment.evidence import Evidence, evidence_bits
from myotome.science.assessment.examination import EarlierBelief, ReadExamination, read_examination
from myotome.science.assessment.information import Question, information_bits
from myotome.science.assessment.likeliest import LikeliestSet, likeliest_set
from myotome.science.assessment.loss import is_loss
from myotome.science.assessment.network import Assumptions, Network
from myotome.science.assessment.posterior import Posterior, posterior
from myotome.science.assessment.prior import Prior, prior_of, tempered
from myotome.science.assessment.proposals import Candidate, proposed
from myotome.science.assessment.readings import Hands, Observation, readings_of, standing
from myotome.science.assessment.turning import would_change
from myotome.vocabulary.anatomy import ExamRegion
from myotome.vocabulary.findings import FindingKind

ENGINE_VERSION = "1"
"""Raised whenever the same findings and tables would give another answer."""

SIDE_WORDS = ("left", "right")
ASKED_SIGN = (FindingKind.MUSCLE, "shortened")
"""The sign that is proposed: the most important and most widespread one."""

SMALLEST_BITS = 0.0005
"""Evidence that would be shown as .00 is left out."""


def consider_roots(
    examination: Mapping[str, Any], *, kappa: float | None = None, by_finding: bool = True
) -> dict[str, Any]:
    """Roots to consider for an examination, ranked, with everything that explains the ranking.

    `roots` holds all roots of both sides, most probable first; `low` and `high` are the band "if our assumptions are
    off". `next` holds all candidates in falling order of bits, `options` the two or three to propose, `would_change` those
    of their outcomes that would put another root first. `evidence` has,
    for each root, what leaving a finding out would take away (`bits`) and its bits in order of entry (`in_order`,
    which add up); `evidence_by_muscle` the same with all signs of a site left out together; a page that shows no more than that asks
    without `by_finding`, and `evidence` is left out. `enough` is true when no
    candidate is worth the threshold of the tables. An examination may also name a working `condition`. `kappa` (0 to 1)
    is how far this examiner agrees with a blind second one; her hands then err by it, and the answer repeats it.

    Source: judgement (see each part)
    Check: tests/spec/assessment/test_roots_to_consider.py

    Raises:
        InvalidValue: a field of the examination is wrong; names it.
    """
    network = tables.network()
    read = read_examination(examination, network)
    observations = read.observations
    hands = tables.hands_of(kappa)
    prior = prior_for(read)
    readings = readings_of(hands, observations)
    asked = _askable(read.region)
    stretch = stretch_of(network, np.array(asked, dtype=np.intp))
    found = posterior(network, prior, readings, stretch=stretch, keep=True)
    p = found.p[0]
    low, high = band(p, _if_assumptions_are_off(read, kappa), parameters().band_scale)
    evidence = evidence_bits(network, prior, hands, observations, by_finding=by_finding)
    candidates = _candidates(network, hands, found, observations, asked)
    options = _options(candidates, observations)
    top = likeliest_set(network, prior, readings)
    return {
        "roots": _ranked(network, p, low, high),
        "next": [_as_row(one) for one in candidates],
        "options": [_as_row(one) for one in options],
        "would_change": _turns(network, prior, hands, observations, options, p) if observations else [],
        "enough": not candidates or candidates[0].bits < parameters().stop_bits,
        "most_probable_set": _named(network, top),
        **({"evidence": _evidence_rows(network, evidence)} if by_finding else {}),
        "evidence_by_muscle": _evidence_by_site(network, evidence, observations),
        "rescreen": [i for i in evidence.places if is_loss(examination["findings"][i])],
        "diffuse": float(found.p_diffuse[0]),
        "knowledge_version": KNOWLEDGE_VERSION,
        "engine_version": ENGINE_VERSION,
        **({} if kappa is None else {"examiner_kappa": kappa}),
    }


def ranked_roots(examination: Mapping[str, Any], *, kappa: float | None = None) -> dict[str, Any]:
    """The `roots` of `consider_roots` and its versions, without what explains them: for a ladder that follows each needle.

    Check: tests/spec/assessment/test_roots_to_consider.py

    Raises:
        InvalidValue: a field of the examination is wrong; names it.
    """
    network = tables.network()
    read = read_examination(examination, network)
    readings = readings_of(tables.hands_of(kappa), read.observations)
    p = posterior(network, prior_for(read), readings).p[0]
    low, high = band(p, _if_assumptions_are_off(read, kappa), parameters().band_scale)
    return {
        "roots": _ranked(network, p, low, high),
        "knowledge_version": KNOWLEDGE_VERSION,
        "engine_version": ENGINE_VERSION,
    }


def prior_for(read: ReadExamination, assumed: Assumptions | None = None) -> Prior:
    """The prior of an examination: base rates of region and condition, moved by an earlier belief if there is one."""
    regional = tables.regional_prior(read.region, assumed, read.named)
    if read.earlier is None:
        return regional
    network = tables.network(assumed)
    mean = regional.mean(network.assumptions)
    settings = parameters()
    then = _as_array(network, read.earlier, mean, settings.belief_limit)
    target = tempered(mean, then, read.earlier.days, settings.half_life_days, settings.belief_limit)
    return prior_of(network, tables.rates_of(read.region, read.named), target)


def _as_array(network: Network, earlier: EarlierBelief, mean: np.ndarray, limit: float) -> np.ndarray:
    """What is not named keeps its base rate.

    Where the base rates are assumed to be off, an earlier belief is off by as much: it was reached from them.
    """
    then = mean.copy()
    for (root, side), p in earlier.p.items():
        if root in network.roots and side in SIDE_WORDS:
            held = min(max(p, limit), 1 - limit)
            odds = network.assumptions.prior_odds * held / (1 - held)
            then[SIDE_WORDS.index(side), network.roots.index(root)] = odds / (1 + odds)
    return then


@cache
def off_assumptions() -> tuple[Assumptions, ...]:
    """The assumptions with one of six parameters at the low or high end of its range, in order of the tables."""
    ranges, nominal = parameters().ranges, tables.assumptions()
    return tuple(nominal.but(**{name: end}) for name in BAND for end in (ranges[name].low, ranges[name].high))


def _if_assumptions_are_off(read: ReadExamination, kappa: float | None) -> list[np.ndarray]:
    found = []
    for assumed in off_assumptions():
        readings = readings_of(tables.hands_of(kappa, assumed), read.observations)
        found.append(posterior(tables.network(assumed), prior_for(read, assumed), readings).p[0])
    return found


@cache
def _askable(region: ExamRegion | None) -> tuple[int, ...]:
    """Sites of palpable muscles of the region."""
    return tuple(
        k
        for k, site in enumerate(tables.sites())
        if site.kind is FindingKind.MUSCLE
        and tables.in_region(site, region)
        and muscle_table.muscle(site.subject).palpable
    )


def _candidates(
    network: Network, hands: Hands, found: Posterior, observations: tuple[Observation, ...], asked: tuple[int, ...]
) -> list[Candidate]:
    done = {(o.site, o.side) for o in observations if o.sign == ASKED_SIGN}
    seen: dict[tuple[int, int], list[Observation]] = {}
    for i in standing(observations):
        seen.setdefault((observations[i].site, observations[i].side), []).append(observations[i])
    rows = [(k, s) for k in asked for s in (0, 1) if (k, s) not in done]
    if not rows:
        return []
    instrument = hands.specs[ASKED_SIGN].instrument
    fresh = hands.split((), instrument, "")
    split = np.array([hands.split(seen[row], instrument, "") if row in seen else fresh for row in rows])
    sites, sides = np.array(rows, dtype=np.intp).T
    bits = information_bits(network, found, Question(sites, sides, split, hands.p_read[ASKED_SIGN]))[0]
    listed = []
    for (k, s), worth in zip(rows, bits, strict=True):
        row = muscle_table.muscle(network.sites[k].subject)
        listed.append(
            Candidate(
                muscle=row.id,
                level=network.sites[k].level,
                side=SIDE_WORDS[s],
                sign=ASKED_SIGN[1],
                bits=float(worth),
                position=row.position,
                paraspinal=bool(row.levels) and row.ramus == "dorsal",
                wiring=tuple(network.sites[k].roots.items()),
            )
        )
    return sorted(listed, key=lambda one: -one.bits)


def _options(candidates: list[Candidate], observations: tuple[Observation, ...]) -> tuple[Candidate, ...]:
    sites = tables.sites()
    since, position = 0, None
    for o in observations:
        if o.sign[0] is not FindingKind.MUSCLE:
            continue
        row = muscle_table.muscle(sites[o.site].subject)
        position = row.position
        since = 0 if row.levels and row.ramus == "dorsal" else since + 1
    settings = parameters()
    return proposed(
        candidates,
        n_options=settings.n_options,
        paraspinal_every=settings.paraspinal_every,
        since_paraspinal=since,
        position=position,
        stop_bits=settings.stop_bits,
    )


def _turns(
    network: Network,
    prior: Prior,
    hands: Hands,
    observations: tuple[Observation, ...],
    options: tuple[Candidate, ...],
    p: np.ndarray,
) -> list[dict[str, Any]]:
    asked = [
        (network.index[FindingKind.MUSCLE, one.muscle, one.level], SIDE_WORDS.index(one.side), ASKED_SIGN)
        for one in options
    ]
    side, root = np.unravel_index(int(p.argmax()), p.shape)
    turns = would_change(network, prior, hands, observations, asked, (int(side), int(root)))
    return [
        {
            "muscle": network.sites[turn.site].subject,
            "level": network.sites[turn.site].level,
            "side": SIDE_WORDS[turn.side],
            "sign": turn.sign[1],
            "grade": turn.grade,
            "root": network.roots[turn.root],
            "root_side": SIDE_WORDS[turn.root_side],
            "p": turn.p,
        }
        for turn in turns
    ]


def _as_row(one: Candidate) -> dict[str, Any]:
    return {
        "muscle": one.muscle,
        "level": one.level,
        "side": one.side,
        "sign": one.sign,
        "bits": one.bits,
        "position": one.position.value,
    }


def _ranked(network: Network, p: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[dict[str, Any]]:
    rows = [
        {
            "root": root,
            "side": side,
            "p": float(p[s, i]),
            "low": float(low[s, i]),
            "high": float(high[s, i]),
        }
        for s, side in enumerate(SIDE_WORDS)
        for i, root in enumerate(network.roots)
    ]
    return sorted(rows, key=lambda row: -row["p"])


def _named(network: Network, top: LikeliestSet) -> list[str]:
    return [
        f"{network.roots[i]}.{side}"
        for side, places in zip(SIDE_WORDS, (top.left, top.right), strict=True)
        for i in places
    ]


def _evidence_rows(network: Network, evidence: Evidence) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for s, side in enumerate(SIDE_WORDS):
        for i, root in enumerate(network.roots):
            found[f"{root}.{side}"] = [
                {
                    "finding": place,
                    "bits": float(evidence.left_out[n, s, i]),
                    "in_order": float(evidence.in_order[n, s, i]),
                }
                for n, place in enumerate(evidence.places)
                if max(abs(evidence.left_out[n, s, i]), abs(evidence.in_order[n, s, i])) >= SMALLEST_BITS
            ]
    return found


def _evidence_by_site(
    network: Network, evidence: Evidence, observations: tuple[Observation, ...]
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    places = [
        [i for i in evidence.places if (observations[i].site, observations[i].side) == at] for at in evidence.sites
    ]
    heaviest_first = np.argsort(-np.abs(evidence.of_site), axis=0, kind="stable")
    for s, side in enumerate(SIDE_WORDS):
        for i, root in enumerate(network.roots):
            bits = evidence.of_site[:, s, i].tolist()
            found[f"{root}.{side}"] = [
                {"findings": places[n], "bits": bits[n]}
                for n in heaviest_first[:, s, i].tolist()
                if abs(bits[n]) >= SMALLEST_BITS
            ]
    return found


def as_shown(answer: Mapping[str, Any], *, least_p: float = 0.05, n_next: int = 12) -> dict[str, Any]:
    """The answer as it is kept once shown: all roots, muscles for and against those from `least_p`, the first of what is next."""
    kept = {f"{row['root']}.{row['side']}" for row in answer["roots"] if row["p"] >= least_p}
    evidence = {key: rows for key, rows in answer["evidence_by_muscle"].items() if key in kept}
    return dict(answer) | {"evidence_by_muscle": evidence, "next": list(answer["next"][:n_next])}
