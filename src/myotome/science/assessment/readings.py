"""What the examiner's hand says about each site: two likelihoods, for sensitised and not.

A sign alone has exactly the probabilities of its table. Signs read at one site by one examiner with one instrument
(fingers, needle, strength) share an error: with probability `shared_error` the hand misreads the whole site, and every
sign then says the opposite. So many signs of one muscle can never count as many muscles. The same sign read twice by
the same examiner is one reading; the later one holds. What was not tested is no reading at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from myotome.science.assessment.network import Assumptions
from myotome.vocabulary.findings import FindingKind

if TYPE_CHECKING:
    from jaxtyping import Float, Int

Instrument = str
SignKey = tuple[FindingKind, str]
SURELY_INSIDE = (0.01, 0.99)
"""Sensitivity and specificity stay within these under any assumption: a certain sign would forbid contradictions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignSpec:
    """One sign as its table gives it: P(grade | sensitised), P(grade | not), both strictly between 0 and 1.

    With `sensitivity` and `specificity` (None where only grades are known) the grade `normal` is the first one.
    """

    kind: FindingKind
    code: str
    instrument: Instrument
    p_if_present: tuple[float, ...]
    p_if_absent: tuple[float, ...]
    sensitivity: float | None = None
    specificity: float | None = None

    def with_rates(self, sensitivity: float, specificity: float) -> SignSpec:
        """The same sign with other error rates; the shares of the grades above normal stay as they are."""
        if self.sensitivity is None or self.specificity is None:
            return self
        low, high = SURELY_INSIDE
        se, sp = min(max(sensitivity, low), high), min(max(specificity, low), high)
        present = (1 - se, *(p / self.sensitivity * se for p in self.p_if_present[1:]))
        absent = (sp, *(p / (1 - self.specificity) * (1 - sp) for p in self.p_if_absent[1:]))
        return SignSpec(
            kind=self.kind,
            code=self.code,
            instrument=self.instrument,
            p_if_present=present,
            p_if_absent=absent,
            sensitivity=se,
            specificity=sp,
        )

    def shifted(self, by: float) -> SignSpec:
        """The same sign with `by` added to sensitivity and specificity."""
        if self.sensitivity is None or self.specificity is None or by == 0:
            return self
        return self.with_rates(self.sensitivity + by, self.specificity + by)


@dataclass(frozen=True, slots=True)
class Observation:
    """One sign read at site `site` of the network on one side (0 left, 1 right), as grade number `grade`."""

    site: int
    side: int
    sign: SignKey
    grade: int
    examiner: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Likelihoods of many examinations, one row for each (examination, site, side) that was tested.

    `if_not` and `if_so` are proportional to P(signs | not sensitised) and P(signs | sensitised); the larger is 1.
    """

    n_exams: int
    exam: Int[np.ndarray, " row"]
    site: Int[np.ndarray, " row"]
    side: Int[np.ndarray, " row"]
    if_not: Float[np.ndarray, " row"]
    if_so: Float[np.ndarray, " row"]


class Hands:
    """The signs of a table as the hand reads them, with its shared error.

    `p_read[sign]` is P(grade | the hand reads "not sensitised"), P(grade | it reads "sensitised"); the hand reads right
    with probability 1 - `misread[instrument]`, so that a sign alone keeps the probabilities of the table.

    Source: lau2010 (signs of one muscle agree poorly between hands), judgement (size of the shared error)
    Check: tests/oracle/test_root_posterior.py
    """

    def __init__(self, specs: Iterable[SignSpec], assumptions: Assumptions) -> None:
        self.specs: dict[SignKey, SignSpec] = {}
        for spec in specs:
            self.specs[spec.kind, spec.code] = spec.shifted(assumptions.sign_shift)
        self.misread: dict[Instrument, float] = {}
        for spec in self.specs.values():
            ratios = np.divide(spec.p_if_present, spec.p_if_absent)
            # Beyond this no probabilities of the hand give those of the table; a little inside it stays positive.
            most = float(min(1 / (1 + ratios.max()), ratios.min() / (1 + ratios.min())))
            known = self.misread.get(spec.instrument, assumptions.shared_error)
            self.misread[spec.instrument] = min(known, 0.95 * most)
        self.p_read: dict[SignKey, Float[np.ndarray, "reading grade"]] = {}
        self._by_grade: dict[SignKey, tuple[Instrument, list[tuple[float, float]]]] = {}
        for key, spec in self.specs.items():
            e = self.misread[spec.instrument]
            absent, present = np.asarray(spec.p_if_absent), np.asarray(spec.p_if_present)
            self.p_read[key] = np.stack([(1 - e) * absent - e * present, (1 - e) * present - e * absent]) / (1 - 2 * e)
            self._by_grade[key] = spec.instrument, [(float(no), float(yes)) for no, yes in self.p_read[key].T]

    def likelihoods(self, observations: Iterable[Observation]) -> tuple[float, float]:
        """P(signs | not sensitised) and P(signs | sensitised) of one site, scaled so that the larger is 1."""
        groups: dict[tuple[str, Instrument], list[float]] = {}
        for seen in observations:
            instrument, by_grade = self._by_grade[seen.sign]
            reads_not, reads_so = by_grade[seen.grade]
            group = groups.setdefault((seen.examiner, instrument), [1.0, 1.0])
            group[0] *= reads_not
            group[1] *= reads_so
        if_not = if_so = 1.0
        for (_, instrument), (reads_not, reads_so) in groups.items():
            e = self.misread[instrument]
            if_not *= (1 - e) * reads_not + e * reads_so
            if_so *= (1 - e) * reads_so + e * reads_not
        top = max(if_not, if_so)
        return if_not / top, if_so / top

    def split(
        self, observations: Iterable[Observation], instrument: Instrument, examiner: str
    ) -> tuple[float, float, float, float]:
        """The likelihoods of one site split by what this examiner's hand reads with this instrument.

        In order: not sensitised and read as not, not and read as so, sensitised and read as not, and as so; the first
        two sum to P(signs | not sensitised), the others to P(signs | sensitised), up to one common factor.
        """
        here, elsewhere = [1.0, 1.0], []
        for seen in observations:
            read_with, by_grade = self._by_grade[seen.sign]
            if (seen.examiner, read_with) == (examiner, instrument):
                reads_not, reads_so = by_grade[seen.grade]
                here[0] *= reads_not
                here[1] *= reads_so
            else:
                elsewhere.append(seen)
        if_not, if_so = self.likelihoods(elsewhere)
        e = self.misread[instrument]
        return if_not * (1 - e) * here[0], if_not * e * here[1], if_so * e * here[0], if_so * (1 - e) * here[1]


def standing(observations: Sequence[Observation]) -> tuple[int, ...]:
    """Places of the observations that hold: of the same sign, site, side and examiner only the last one."""
    last = {(o.site, o.side, o.sign, o.examiner): i for i, o in enumerate(observations)}
    return tuple(sorted(last.values()))


def readings_of(
    hands: Hands, observations: Sequence[Observation], kept: Sequence[Iterable[int]] | None = None
) -> Readings:
    """Readings of one examination, or of one for each set of places in `kept` (as leaving one out needs)."""
    subsets = [frozenset(standing(observations))] if kept is None else [frozenset(places) for places in kept]
    by_site: dict[tuple[int, int], list[int]] = {}
    for i, seen in enumerate(observations):
        by_site.setdefault((seen.site, seen.side), []).append(i)
    exam, site, side, if_not, if_so = [], [], [], [], []
    for (k, s), places in by_site.items():
        here = frozenset(places)
        known: dict[frozenset[int], tuple[float, float]] = {}
        for e, subset in enumerate(subsets):
            part = here & subset
            if not part:
                continue
            if part not in known:
                known[part] = hands.likelihoods(observations[i] for i in sorted(part))
            exam.append(e)
            site.append(k)
            side.append(s)
            if_not.append(known[part][0])
            if_so.append(known[part][1])
    return Readings(
        n_exams=len(subsets),
        exam=np.array(exam, dtype=np.intp),
        site=np.array(site, dtype=np.intp),
        side=np.array(side, dtype=np.intp),
        if_not=np.array(if_not, dtype=float),
        if_so=np.array(if_so, dtype=float),
    )


def rates_from_kappa(kappa: float) -> float:
    """Sensitivity (and specificity) of two equal, independent examiners who agree with this kappa; 0.5 to 0.99.

    Source: judgement (sens = spec = (1 + sqrt(kappa)) / 2 at even prevalence)
    Check: tests/unit/science/test_hands.py
    """
    held = min(max(kappa, 0.0), 1.0)
    return float(min((1 + np.sqrt(held)) / 2, SURELY_INSIDE[1]))


def merged(specs: Iterable[SignSpec], rates: Mapping[SignKey, tuple[float, float]]) -> tuple[SignSpec, ...]:
    """The signs with an examiner's own sensitivity and specificity where they are known."""
    return tuple(spec.with_rates(*rates[key]) if (key := (spec.kind, spec.code)) in rates else spec for spec in specs)
