"""Whatever is charted, the answer is a set of probabilities: contradictory, empty, extreme and repeated findings."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from myotome.knowledge import muscles, signs
from myotome.science.assessment import tables
from myotome.science.assessment.answer import consider_roots
from myotome.science.assessment.posterior import posterior
from myotome.science.assessment.readings import Readings
from myotome.vocabulary.anatomy import ExamRegion
from myotome.vocabulary.findings import FindingKind

SIDES = st.sampled_from(["left", "right"])
MUSCLE_SIGNS = [row for row in signs.signs().values() if row.kind is FindingKind.MUSCLE]
SKIN_SIGNS = [row.code for row in signs.signs().values() if row.kind is FindingKind.SKIN]


@st.composite
def findings(draw) -> dict:
    kind = draw(st.sampled_from(["muscle", "muscle", "muscle", "dermatome", "reflex"]))
    side = draw(SIDES)
    if kind == "dermatome":
        root = draw(st.sampled_from(list(signs.dermatomes())))
        return {
            "dermatome": root,
            "side": side,
            "sign": draw(st.sampled_from(SKIN_SIGNS)),
            "present": draw(st.booleans()),
        }
    if kind == "reflex":
        return {"reflex": draw(st.sampled_from(list(signs.reflexes()))), "side": side, "grade": draw(st.integers(0, 4))}
    muscle, level = draw(st.sampled_from(muscles.sites()))
    sign = draw(st.sampled_from(MUSCLE_SIGNS))
    finding = {"muscle": muscle, "side": side, "sign": sign.code, "grade": draw(st.sampled_from(sign.scale))}
    return finding | ({"level": level} if level else {})


def check(answer: dict) -> None:
    for row in answer["roots"]:
        assert 0 <= row["low"] <= row["p"] <= row["high"] <= 1
    assert len(answer["roots"]) == 60
    for row in answer["next"]:
        assert math.isfinite(row["bits"])
        assert row["bits"] >= 0
    for rows in (*answer["evidence"].values(), *answer["evidence_by_muscle"].values()):
        assert all(math.isfinite(row["bits"]) for row in rows)
    assert 0 <= answer["diffuse"] <= 1


@settings(max_examples=30, deadline=None)
@given(
    listed=st.lists(findings(), max_size=40),
    region=st.sampled_from([None, *(one.value for one in ExamRegion)]),
    repeats=st.integers(1, 3),
)
def test_any_findings_give_probabilities(listed, region, repeats) -> None:
    check(consider_roots({"findings": listed * repeats, "region": region}))


@settings(max_examples=20, deadline=None)
@given(listed=st.lists(findings(), min_size=2, max_size=12, unique_by=str), data=st.data())
def test_the_order_of_entry_does_not_matter_unless_a_sign_is_read_twice(listed, data) -> None:
    def key(row):
        return tuple(row.get(k) for k in ("muscle", "level", "dermatome", "reflex", "side", "sign"))

    once = list({key(row): row for row in listed}.values())
    other = data.draw(st.permutations(once))
    a, b = (consider_roots({"findings": rows, "region": None})["roots"] for rows in (once, other))
    p = {(row["root"], row["side"]): row["p"] for row in a}
    assert all(abs(p[row["root"], row["side"]] - row["p"]) < 1e-12 for row in b)


def test_every_sign_of_every_site_at_its_worst_and_at_its_best_and_at_odds() -> None:
    for worst in (lambda i: True, lambda i: False, lambda i: bool(i % 2)):
        rows: list[dict] = []
        for i, (muscle, level) in enumerate(muscles.sites()):
            for sign in MUSCLE_SIGNS:
                grade = (sign.scale[0] if sign.normal else sign.scale[-1]) if worst(i) else sign.normal
                for side in ("left", "right"):
                    rows.append({"muscle": muscle, "level": level, "side": side, "sign": sign.code, "grade": grade})
        read = {"findings": rows[:5000], "region": None}
        network = tables.network()
        from myotome.science.assessment.examination import read_examination
        from myotome.science.assessment.readings import readings_of

        observations = read_examination(read, network).observations
        found = posterior(network, tables.regional_prior(None), readings_of(tables.hands(), observations))
        assert np.isfinite(found.p).all()
        assert ((found.p >= 0) & (found.p <= 1)).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), sharp=st.sampled_from([1e-3, 1e-9, 1e-300, 0.0]), n=st.integers(1, 922))
def test_perfect_and_contradictory_readings_never_break_the_sweep(seed, sharp, n) -> None:
    rng = np.random.default_rng(seed)
    network = tables.network()
    pick = rng.choice(2 * len(network.sites), min(n, 2 * len(network.sites)), replace=False)
    so = rng.integers(0, 2, len(pick))
    # A reflex has no leak: a perfect sign of it would forbid roots outright, and no sign of the table is perfect.
    floor = np.where([network.sites[k % len(network.sites)].kind is FindingKind.REFLEX for k in pick], 1e-3, sharp)
    readings = Readings(
        1,
        np.zeros(len(pick), dtype=np.intp),
        pick % len(network.sites),
        pick // len(network.sites),
        np.where(so, floor, 1.0),
        np.where(so, 1.0, floor),
    )
    found = posterior(network, tables.regional_prior(None), readings)
    assert np.isfinite(found.p).all()
    assert ((found.p >= 0) & (found.p <= 1)).all()
    assert np.isfinite(found.log_evidence).all()
