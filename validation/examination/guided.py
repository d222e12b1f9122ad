"""Thousands of guided examinations at once: after every test the one that teaches most, for each patient by itself.

The engine is the product's sweep on one side. The order of tests is chosen by the same information as the product's,
with the entropy of a test's outcome read from a fine table (an error of 1e-7 bits), for a study chooses millions.
"""

from __future__ import annotations

import numpy as np

from myotome.science.assessment.cord import Sweep, stretch_of, swept
from validation.examination.patients import Patients, World, p_not_sensitised, pair_outcomes

CHUNK = 256
GRID = 20_001


class Study:
    """One side of one region, seen through the world that the engine believes in.

    The factors of a chunk of patients are kept between tests, so that a test costs one multiplication and one sweep.
    Tests of the same wiring teach the same and are weighed once.
    """

    def __init__(self, believed: World, tests: np.ndarray, signs: tuple[str, ...]) -> None:
        self.world, self.tests, self.signs = believed, tests, signs
        network = believed.network
        self.first, last = stretch_of(network, tests)
        self.n = last - self.first + 1
        self.q = network.q[tests]
        self.place = network.start[tests] - self.first
        chain = believed.prior.step[self.first : last + 1, :, 0, 0].copy()
        chain[0] = believed.prior.window[self.first, :, 0, 0]
        self.chain = chain[:, :, None, None, None] * np.ones((1, 1, 2, 1, 3))
        for at in {0, network.cut - self.first} & set(range(self.n)):
            self.chain[at] *= network.assumptions.p_variant
        self.e = believed.hands.misread["fingers"]
        self.entropy = _entropies(pair_outcomes(believed.hands, signs))
        self.entropy_of_one = _entropies(pair_outcomes(believed.hands, signs[:1]))
        wirings = {}
        self.wiring = np.array(
            [
                wirings.setdefault((tuple(network.sites[k].roots.items()), network.sites[k].limb), len(wirings))
                for k in tests
            ]
        )
        self.distinct = np.array([int(np.argmax(self.wiring == u)) for u in range(len(wirings))])

    def nothing_tested(self, n_patients: int) -> np.ndarray:
        """Factors before the first test: position, state, diffuse, patient, variant."""
        return np.ones((self.n, self.q.shape[1], 2, n_patients, 3))

    def tested(self, factor: np.ndarray, test: np.ndarray, if_not: np.ndarray, if_so: np.ndarray) -> None:
        """Multiplies in one test for every patient of the chunk."""
        rows = self.q[test] * (if_not - if_so)[:, None, None, None] + if_so[:, None, None, None]
        factor[self.place[test], :, :, np.arange(len(test))] *= rows

    def believe(self, factor: np.ndarray, *, keep: bool = False) -> Sweep:
        """The product's sweep over these factors."""
        message = (factor * self.chain)[:, :, None, None]
        return swept(self.world.network, self.world.prior, message, self.first, every=3, keep=keep)

    def p_diffuse(self, sweep: Sweep) -> np.ndarray:
        """[diffuse, exam], summing to 1 over the classes."""
        log = sweep.log_evidence[0, 0] + np.log(self.world.network.assumptions.p_diffuse)[:, None]
        p = np.exp(log - log.max(0))
        return p / p.sum(0)

    def p_roots(self, sweep: Sweep) -> np.ndarray:
        """[exam, root]."""
        return np.einsum("de,rde->er", self.p_diffuse(sweep), sweep.p_root[:, 0, 0])

    def bits(self, sweep: Sweep) -> tuple[np.ndarray, np.ndarray]:
        """[exam, test]: what every test, and its first sign alone, would teach about its own roots and neighbours."""
        joint = sweep.belief[:, :, 0, 0] * self.p_diffuse(sweep)[:, :, None]
        merged = joint.sum(-1)  # for muscles of the trunk the variant does not matter
        p_state = merged.sum(2)
        network, width = self.world.network, self.world.network.width
        found = np.empty((2, len(self.distinct), joint.shape[3]))
        for u, k in enumerate(self.distinct):
            site = self.tests[k]
            at, q = self.place[k], 1 - self.e - (1 - 2 * self.e) * self.q[k]
            if network.sites[site].limb:
                so = np.einsum("sdev,sdv->se", joint[at], q)
            else:
                so = np.einsum("sde,sd->se", merged[at], q[..., 0])
            wanted = min(int(network.n_own[site]) + 2, width)
            lead = int(np.clip(network.first[site] - 1 - network.start[site], 0, width - wanted))
            shape = (2**lead, 2**wanted, -1, so.shape[-1])
            states, so = p_state[at].reshape(shape).sum((0, 2)), so.reshape(shape).sum((0, 2))
            share, whole = so / np.maximum(states, 1e-300), so.sum(0)
            for i, table in enumerate((self.entropy, self.entropy_of_one)):
                found[i, u] = _between(table, whole) - (states * _between(table, share)).sum(0)
        return found[0, self.wiring].T, found[1, self.wiring].T

    def gained(self, patients: Patients, sweep: Sweep, done: np.ndarray, rows: slice) -> np.ndarray:
        """log2 P(true pattern of the side | findings so far) / P(true pattern), variants and class summed out."""
        network, a = self.world.network, self.world.network.assumptions
        z = patients.z[rows]
        n = len(z)
        total = np.zeros((n, 2, 3))
        for d in (0, 1):
            for v in range(3):
                same = np.full(n, d), np.full((n, 2), v)
                q = p_not_sensitised(network, self.tests, z, *same)
                f = patients.if_not[rows] * q + patients.if_so[rows] * (1 - q)
                total[:, d, v] = np.log(np.where(done, f, 1.0)).sum(1)
        total += np.log(a.p_diffuse)[:, None] + np.log(a.p_variant)
        log_joint = np.logaddexp.reduce(total.reshape(n, -1), axis=1)
        evidence = np.logaddexp.reduce(sweep.log_evidence[0, 0] + np.log(a.p_diffuse)[:, None], axis=0)
        return (log_joint - evidence) / np.log(2)


def _entropies(outcomes: np.ndarray) -> np.ndarray:
    """Entropy of a test's outcome for every share of hands that read "sensitised", on a fine grid."""
    grid = np.linspace(0, 1, GRID)
    mixed = (1 - grid)[:, None] * outcomes[0] + grid[:, None] * outcomes[1]
    return -(mixed * np.log2(mixed)).sum(1)


def _between(table: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The entropy between two points of the table."""
    at = np.clip(share, 0, 1) * (GRID - 1)
    low = np.minimum(at.astype(np.intp), GRID - 2)
    at -= low
    return table[low] * (1 - at) + table[low + 1] * at


def guided(study: Study, patients: Patients, at: tuple[int, ...], *, stop_bits: float = 0.0):
    """Guided examinations: the bits each patient's tests gained after each number of tests in `at`, and at the stop.

    Returns `(gained, n_tests, gained_at_stop)`; `n_tests` is each patient's number of tests when nothing was worth
    `stop_bits` any more (all tests where that never happened), counted as the page counts: by the first sign alone.
    """
    n, m = patients.if_not.shape
    gained = {k: np.zeros(n) for k in at}
    n_tests, at_stop = np.full(n, m), np.zeros(n)
    for start in range(0, n, CHUNK):
        rows = slice(start, min(start + CHUNK, n))
        if_not, if_so = patients.if_not[rows], patients.if_so[rows]
        e = len(if_not)
        here = np.arange(e)
        done = np.zeros((e, m), dtype=bool)
        going = np.ones(e, dtype=bool)
        factor = study.nothing_tested(e)
        for k in range(m + 1):
            sweep = study.believe(factor, keep=True)
            bits, alone = (np.where(done, -1.0, one) for one in study.bits(sweep))
            stopping = going & ((alone.max(1) < stop_bits) if k < m else True)
            if k in gained or stopping.any():
                now = study.gained(patients, sweep, done, rows)
                if k in gained:
                    gained[k][rows] = now
                n_tests[rows][stopping], at_stop[rows][stopping] = k, now[stopping]
                going &= ~stopping
            if k == m:
                break
            test = bits.argmax(1)
            done[here, test] = True
            study.tested(factor, test, if_not[here, test], if_so[here, test])
    return gained, n_tests, at_stop


def after(study: Study, patients: Patients, done_row: np.ndarray, rows: slice, *, keep: bool = False) -> Sweep:
    """The beliefs of a chunk after the same tests for everybody."""
    factor = study.nothing_tested(rows.stop - rows.start)
    for test in np.flatnonzero(done_row):
        same = np.full(rows.stop - rows.start, test)
        study.tested(factor, same, patients.if_not[rows, test], patients.if_so[rows, test])
    return study.believe(factor, keep=keep)


def chunks(n: int) -> list[slice]:
    """Rows of all patients, a chunk at a time."""
    return [slice(start, min(start + CHUNK, n)) for start in range(0, n, CHUNK)]


def fixed(study: Study, patients: Patients, order: np.ndarray, at: tuple[int, ...]) -> dict[int, float]:
    """Mean bits gained after the first k tests of one order for everybody."""
    n, m = patients.if_not.shape
    found = {}
    for k in at:
        done = np.zeros(m, dtype=bool)
        done[order[:k]] = True
        total = 0.0
        for rows in chunks(n):
            all_done = np.tile(done, (rows.stop - rows.start, 1))
            total += float(study.gained(patients, after(study, patients, done, rows), all_done, rows).sum())
        found[k] = total / n
    return found


def best_fixed_order(study: Study, patients: Patients, upto: int) -> np.ndarray:
    """A greedy order for everybody: each next test has the highest information averaged over the patients."""
    n, m = patients.if_not.shape
    factors = [study.nothing_tested(rows.stop - rows.start) for rows in chunks(n)]
    order: list[int] = []
    for _ in range(upto):
        total = sum(study.bits(study.believe(factor, keep=True))[0].sum(0) for factor in factors)
        total[order] = -1
        order.append(int(np.argmax(total)))
        for rows, factor in zip(chunks(n), factors, strict=True):
            same = np.full(rows.stop - rows.start, order[-1])
            study.tested(factor, same, patients.if_not[rows, order[-1]], patients.if_so[rows, order[-1]])
    return np.array([*order, *(k for k in range(m) if k not in order)])
