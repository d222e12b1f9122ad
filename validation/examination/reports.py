"""The two reports on the examination: how much a guided examination learns, and whether its probabilities are true.

Information reached is the mean of log2 P(true pattern | findings so far) / P(true pattern), relative to the same after
the full regional examination. Calibration compares probabilities with how often the root was involved, in the world
that the engine believes in and in worlds that it gets wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from myotome.knowledge.signs import parameters
from myotome.science.assessment import tables
from myotome.science.assessment.likeliest import likeliest_set
from myotome.science.assessment.readings import Readings
from myotome.vocabulary.anatomy import ExamRegion
from validation.examination.guided import Study, after, best_fixed_order, chunks, fixed, guided
from validation.examination.patients import Patients, World, draw, tests_of, world

SIGNS = ("shortened", "tender")
JUDGED = {
    ExamRegion.BACK_LEG: ("L1", "L2", "L3", "L4", "L5", "S1", "S2"),
    ExamRegion.NECK_ARM: ("C3", "C4", "C5", "C6", "C7", "C8", "T1"),
}
"""Roots whose probabilities are judged."""

TEXTBOOK = {
    ExamRegion.BACK_LEG: (
        *("multifidus@L3", "multifidus@L4", "multifidus@L5", "multifidus@S1", "quadratus_lumborum"),
        *("gluteus_maximus", "gluteus_medius", "piriformis", "tensor_fasciae_latae", "psoas_major"),
        *("rectus_femoris", "vastus_lateralis", "vastus_medialis", "adductor_longus", "biceps_femoris_long_head"),
        *("semitendinosus", "tibialis_anterior", "fibularis_longus", "gastrocnemius", "soleus"),
    ),
    ExamRegion.NECK_ARM: (
        *("multifidus@C4", "multifidus@C5", "multifidus@C6", "multifidus@C7", "trapezius", "levator_scapulae"),
        *("splenius_capitis", "scalenus_medius", "supraspinatus", "infraspinatus", "rhomboid_major", "deltoid"),
        *("pectoralis_major_clavicular", "biceps_brachii", "triceps_brachii", "brachioradialis"),
        *("extensor_carpi_radialis_longus", "extensor_digitorum", "pronator_teres", "flexor_carpi_ulnaris"),
    ),
}
"""The order of a textbook: spine, then from the girdle outwards. Source: judgement."""


def information_reached(region: ExamRegion, n: int, seed: int, *, with_diffuse: bool = True) -> dict[str, Any]:
    """Shares of the full examination's information after parts of it: guided, one fixed order, a textbook's, random.

    Without diffuse patients neither the world nor the engine knows the class "tender everywhere": the world in which
    the goals of the product were set. With it, the product as it is.
    """
    believed, tests = world(region, **({} if with_diffuse else {"diffuse_probability": 1e-9})), tests_of(region)
    study = Study(believed, tests, SIGNS)
    m = len(tests)
    patients = draw(believed, tests, SIGNS, n, np.random.default_rng(seed))
    at = tuple(sorted({8, 12, 20, *(round(share * m) for share in (0.2, 0.4, 0.6)), m}))
    gained, n_tests, at_stop = guided(study, patients, at, stop_bits=parameters().stop_bits)
    full = gained[m].mean()
    usual = patients.diffuse == 0
    others = draw(believed, tests, SIGNS, max(200, n // 10), np.random.default_rng(seed + 1))
    greedy = best_fixed_order(study, others, max(k for k in at if k < m))
    random_order = np.random.default_rng(seed + 2).permutation(m)
    orders = {"fixed": greedy, "random": random_order, "textbook": _textbook(region, tests)}
    rows = {name: fixed(study, patients, order, at) for name, order in orders.items()}
    return {
        "region": region.value,
        "diffuse_patients": with_diffuse,
        "patients": n,
        "tests": m,
        "signs": SIGNS,
        "bits_of_full_examination": round(float(full), 3),
        "guided": {k: round(float(v.mean() / full), 4) for k, v in gained.items()},
        "guided_not_diffuse": {
            k: round(float(v[usual].mean() / gained[m][usual].mean()), 4) for k, v in gained.items()
        },
        "standard_error": round(float((gained[at[-2]] - gained[m]).std() / np.sqrt(n) / full), 4),
        **{name: {k: round(v / float(full), 4) for k, v in row.items()} for name, row in rows.items()},
        "stop_bits": parameters().stop_bits,
        "stop_share_of_tests": round(float(n_tests.mean() / m), 4),
        "stop_information": round(float(at_stop.mean() / full), 4),
        "at": {"20 %": round(0.2 * m), "40 %": round(0.4 * m), "60 %": round(0.6 * m)},
    }


def calibration(region: ExamRegion, n: int, seed: int) -> dict[str, Any]:
    """Bins, Brier score and the rest in the matched world and in worlds that the engine gets wrong."""
    tests = tests_of(region)
    rng = np.random.default_rng(seed)
    own = world(region)
    rows = {}
    cases: dict[str, tuple[World, World]] = {
        "matched": (own, own),
        "variants ignored": (own, world(region, variant_rate=1e-4)),
        "no variants, modelled all the same": (world(region, variant_rate=1e-4), own),
        "diffuse patients, class ignored": (own, world(region, diffuse_probability=1e-4)),
        "signs .10 worse than believed": (world(region, sign_shift=-0.10), own),
        "roots twice as often involved": (world(region, side_factor=2.0), own),
        "roots half as often involved": (world(region, side_factor=0.5), own),
        "twice the leak": (world(region, leak=0.20), own),
    }
    for name, (truth, believed) in cases.items():
        patients = draw(truth, tests, SIGNS, n, rng)
        study = Study(believed, tests, SIGNS)
        if believed.hands is not truth.hands:
            patients = _as_read_by(study, patients)
        rows[name] = _judged(_probabilities(study, patients), _truth(region, patients))
    patients, train = (draw(own, tests, SIGNS, n, rng) for _ in range(2))
    rows["myotome table, Platt-fitted"] = _myotome_table(region, tests, patients, train)
    return {
        "region": region.value,
        "patients": n,
        "roots": JUDGED[region],
        "worlds": rows,
        "exact_set_right": round(_exact_set_right(region, tests, own, min(n, 400), rng), 3),
    }


def _as_read_by(study: Study, patients: Patients) -> Patients:
    """The same grades with the likelihoods that the engine believes in."""
    from validation.examination.patients import likelihoods

    if_not, if_so = likelihoods(study.world.hands, patients.grades, SIGNS)
    return Patients(patients.z, patients.diffuse, patients.variant, if_not, if_so, patients.grades)


def _probabilities(study: Study, patients: Patients) -> np.ndarray:
    """[patient, judged root] after the full examination."""
    every = np.ones(len(study.tests), dtype=bool)
    judged = [study.world.network.roots.index(root) for root in JUDGED[study.world.region]]
    rows = [study.p_roots(after(study, patients, every, part))[:, judged] for part in chunks(len(patients.z))]
    return np.concatenate(rows)


def _truth(region: ExamRegion, patients: Patients) -> np.ndarray:
    roots = tables.network().roots
    return patients.z[:, [roots.index(root) for root in JUDGED[region]]]


def _judged(p: np.ndarray, z: np.ndarray) -> dict[str, Any]:
    """Ten bins of width .1: how often involved, how many; the largest gap among bins of 2,000 or more."""
    p, z = p.ravel(), z.ravel().astype(float)
    bins = np.minimum((p * 10).astype(int), 9)
    n = np.bincount(bins, minlength=10)
    mean_p = np.bincount(bins, p, 10) / np.maximum(n, 1)
    share = np.bincount(bins, z, 10) / np.maximum(n, 1)
    gap = np.abs(mean_p - share)
    large = n >= min(2000, len(p) / 50)
    sure = p > 0.95
    return {
        "brier": round(float(np.mean((p - z) ** 2)), 5),
        "ece": round(float(np.sum(n * gap) / len(p)), 5),
        "max_gap": round(float(gap[large].max()), 4),
        "where_p_above_95_true_in": round(float(z[sure].mean()), 4) if sure.any() else None,
        "bins": [
            {"p": round(float(a), 4), "involved": round(float(b), 4), "n": int(c)}
            for a, b, c in zip(mean_p, share, n, strict=True)
        ],
    }


def _myotome_table(region: ExamRegion, tests: np.ndarray, patients: Patients, train: Patients) -> dict[str, Any]:
    """The rival: share of positive muscles among those of the root, through a logistic curve fitted on others."""
    sites = [tables.sites()[k] for k in tests]
    weights = np.array([[site.roots.get(root, 0) >= 0.6 for root in JUDGED[region]] for site in sites], dtype=float)

    def share(drawn: Patients) -> np.ndarray:
        return (drawn.grades[..., 0] > 0) @ weights / weights.sum(0)

    a, b = _logistic(share(train).ravel(), _truth(region, train).ravel())
    return _judged(1 / (1 + np.exp(-(a + b * share(patients)))), _truth(region, patients))


def _logistic(x: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """Intercept and slope by Newton's method."""
    design = np.stack([np.ones_like(x), x])
    beta = np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-(beta @ design)))
        beta += np.linalg.solve((design * (p * (1 - p))) @ design.T, design @ (z - p))
    return float(beta[0]), float(beta[1])


def _exact_set_right(region: ExamRegion, tests: np.ndarray, own: World, n: int, rng: np.random.Generator) -> float:
    """How often the most probable set of the full examination is the true one, over the judged roots."""
    patients = draw(own, tests, SIGNS, n, rng)
    network = tables.network()
    prior = tables.regional_prior(region)
    judged = {network.roots.index(root) for root in JUDGED[region]}
    right = 0
    for e in range(n):
        zero = np.zeros(len(tests), dtype=np.intp)
        readings = Readings(1, zero, tests, zero, patients.if_not[e], patients.if_so[e])
        found = set(likeliest_set(network, prior, readings).left) & judged
        right += found == {i for i in judged if patients.z[e, i]}
    return right / n


def _textbook(region: ExamRegion, tests: np.ndarray) -> np.ndarray:
    keys = {}
    for i, k in enumerate(tests):
        site = tables.sites()[k]
        keys[f"{site.subject}@{site.level}" if site.level else site.subject] = i
    first = [keys[name] for name in TEXTBOOK[region]]
    return np.array([*first, *(i for i in range(len(tests)) if i not in first)])
