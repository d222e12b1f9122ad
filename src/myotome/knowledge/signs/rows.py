"""Rows of the sign tables, read and checked: signs with their error rates, dermatomes, reflexes, myotome schemes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from myotome.knowledge import SIGN_OFF, muscles, tables
from myotome.knowledge.signs.parameters import Parameters
from myotome.vocabulary.anatomy import ROOT_INDEX, ROOTS
from myotome.vocabulary.findings import FindingKind

SCHEMES = ("isncsci", "screening")
GROUPS = ("sensory", "motor", "needle", "autonomic", "trophic", "conduction")


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign. `p_if_present[g]` is P(grade g | sensitised muscle, involved root), `p_if_absent[g]` of the opposite.

    Both run over `scale`, sum to 1 and lie strictly between 0 and 1. `palpation` is true where fingers alone find it;
    `conduction_loss` where its presence (or low grade) means re-screen. `sensitivity` and `specificity` are None where
    only the grades are known.
    """

    code: str
    name: str
    lay_name: str
    kind: FindingKind
    group: str
    scale: tuple[int, ...]
    normal: int
    grade_words: tuple[str, ...]
    sensitivity: float | None
    specificity: float | None
    p_if_present: tuple[float, ...]
    p_if_absent: tuple[float, ...]
    palpation: bool
    conduction_loss: bool
    how: str
    sources: tuple[str, ...]
    status: str = SIGN_OFF


@dataclass(frozen=True, slots=True)
class Dermatome:
    """Where the skin of one root lies, in plain words, and its key point."""

    root: str
    lay_position: str
    key_point: str
    sources: tuple[str, ...]
    status: str = SIGN_OFF


@dataclass(frozen=True, slots=True)
class Reflex:
    """One reflex with root weights as muscles have; empty for the jaw jerk."""

    code: str
    name: str
    lay_name: str
    roots: Mapping[str, float]
    nerve: str
    how: str
    sources: tuple[str, ...]
    status: str = SIGN_OFF


@dataclass(frozen=True, slots=True)
class MyotomeMovement:
    """One line of a myotome scheme: a root, the movement that tests it, the muscles that do it."""

    scheme: str
    root: str
    movement: str
    muscles: tuple[str, ...]
    sources: tuple[str, ...]
    status: str = SIGN_OFF


@dataclass(frozen=True, slots=True)
class AutonomicArea:
    """Where autonomic and trophic signs of one root are looked for, which can show there, and what supplies the skin.

    `signs` maps each kind of `AUTONOMIC_KINDS` that is plausible there to its sign code; `outflow` are the levels of the
    cord whose sympathetic fibres reach the area.
    """

    root: str
    area: str
    look: str
    signs: Mapping[str, str]
    outflow: tuple[str, ...]
    note: str
    sources: tuple[str, ...]
    status: str = SIGN_OFF


AUTONOMIC_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "sudomotor": "sweating",
        "vasomotor": "cold",
        "pilomotor": "gooseflesh",
        "trophoedema": "trophedema",
        "hair": "hair_loss",
        "nails": "skin_change",
        "joints": "enthesis",
    }
)
"""What can show at the skin and below it, and the sign code under which it is charted."""

SYMPATHETIC = (*ROOTS[ROOT_INDEX["T1"] : ROOT_INDEX["L2"] + 1],)
"""Levels of the cord that sympathetic fibres leave. Source: gray2020."""

REFLEX_WORDS = ("absent", "reduced", "normal", "brisk", "clonus")


def read_signs(parameters: Parameters) -> tuple[Sign, ...]:
    """Muscle signs, skin signs and the reflex scale. Raises `BadTable` for a rate outside (0, 1) or a missing grade."""
    by_grade = _grade_likelihoods()
    found = [
        _muscle_sign(row, parameters, by_grade)
        for row in tables.rows(__package__, "muscle_signs.csv", said=("name", "lay_name", "grade_words", "how"))
    ]
    for row in tables.rows(__package__, "skin_signs.csv", said=("name", "lay_name", "how")):
        where = f"skin_signs.csv, {row['code']}"
        sensitivity, specificity = _rate(row["sensitivity"], where), _rate(row["specificity"], where)
        found.append(
            Sign(
                code=row["code"],
                name=row["name"],
                lay_name=row["lay_name"],
                kind=FindingKind.SKIN,
                group=tables.only(row["group"], GROUPS, where),
                scale=(0, 1),
                normal=0,
                grade_words=("absent", "present"),
                sensitivity=sensitivity,
                specificity=specificity,
                p_if_present=(1 - sensitivity, sensitivity),
                p_if_absent=(specificity, 1 - specificity),
                palpation=False,
                conduction_loss=tables.yes_no(row["conduction_loss"], where),
                how=row["how"],
                sources=tables.sources(row["sources"], where),
            )
        )
    present, absent = by_grade["reflex"]
    found.append(
        Sign(
            code="reflex",
            name="Reflex",
            lay_name="Reflex",
            kind=FindingKind.REFLEX,
            group="conduction",
            scale=(0, 1, 2, 3, 4),
            normal=2,
            grade_words=REFLEX_WORDS,
            sensitivity=None,
            specificity=None,
            p_if_present=present,
            p_if_absent=absent,
            palpation=False,
            conduction_loss=True,
            how="Compare sides; the grade of the patient at ease.",
            sources=("wainner2003", "judgement"),
        )
    )
    if len({row.code for row in found}) != len(found):
        raise tables.BadTable("signs: a code is named twice.")
    return tuple(found)


def read_dermatomes() -> tuple[Dermatome, ...]:
    """Dermatomes C2 to S5 in cord order; one that is missing is a fault."""
    rows = tables.rows(__package__, "dermatomes.csv", said=("lay_position", "key_point"))
    if tuple(row["root"] for row in rows) != ROOTS[1:]:
        raise tables.BadTable("dermatomes.csv: C2 to S5 in cord order expected.")
    return tuple(
        Dermatome(
            row["root"],
            row["lay_position"],
            row["key_point"],
            tables.sources(row["sources"], f"dermatomes.csv, {row['root']}"),
        )
        for row in rows
    )


def read_reflexes() -> tuple[Reflex, ...]:
    """Reflexes, checked as muscles are."""
    found = []
    for row in tables.rows(__package__, "reflexes.csv", said=("name", "lay_name", "how")):
        where = f"reflexes.csv, {row['code']}"
        found.append(
            Reflex(
                row["code"],
                row["name"],
                row["lay_name"],
                tables.weights(row["roots"], where),
                row["nerve"],
                row["how"],
                tables.sources(row["sources"], where),
            )
        )
    return tuple(found)


def read_schemes() -> tuple[MyotomeMovement, ...]:
    """Both myotome schemes; each muscle named must be in the muscle table."""
    found = []
    for row in tables.rows(__package__, "myotome_schemes.csv", said=("movement",)):
        where = f"myotome_schemes.csv, {row['scheme']} {row['root']}"
        names = tables.listed(row["muscles"])
        for name in names:
            tables.only(name, muscles.muscles(), where)
        found.append(
            MyotomeMovement(
                tables.only(row["scheme"], SCHEMES, where),
                tables.only(row["root"], ROOTS, where),
                row["movement"],
                names,
                tables.sources(row["sources"], where),
            )
        )
    return tuple(found)


def read_scheme_names() -> Mapping[str, str]:
    """What each myotome scheme is called; a scheme without a name is a fault."""
    found = {}
    for row in tables.rows(__package__, "scheme_names.csv", said=("name",)):
        tables.sources(row["sources"], f"scheme_names.csv, {row['scheme']}")
        found[row["scheme"]] = row["name"]
    if set(found) != set(SCHEMES):
        raise tables.BadTable(f"scheme_names.csv: {', '.join(SCHEMES)} expected.")
    return MappingProxyType(found)


def read_autonomic() -> tuple[AutonomicArea, ...]:
    """Autonomic and trophic areas C2 to S5 in cord order; one that is missing, or an outflow beyond T1-L2, is a fault."""
    rows = tables.rows(__package__, "autonomic.csv", said=("area", "look", "note"))
    if tuple(row["root"] for row in rows) != ROOTS[1:]:
        raise tables.BadTable("autonomic.csv: C2 to S5 in cord order expected.")
    return tuple(autonomic_parsed(row) for row in rows)


def autonomic_parsed(row: Mapping[str, str]) -> AutonomicArea:
    """One area as a value. Raises `BadTable` as `read_autonomic` does."""
    where = f"autonomic.csv, {row['root']}"
    kinds = [tables.only(kind, AUTONOMIC_KINDS, where) for kind in tables.listed(row["signs"])]
    outflow = tables.span(row["outflow"], where)
    if not kinds or not row["area"] or not row["look"]:
        raise tables.BadTable(f"{where}: an area, where to look and at least one sign expected.")
    if not outflow or not set(outflow) <= set(SYMPATHETIC):
        raise tables.BadTable(f"{where}: sympathetic fibres leave the cord from T1 to L2, not {row['outflow']!r}.")
    return AutonomicArea(
        row["root"],
        row["area"],
        row["look"],
        MappingProxyType({kind: AUTONOMIC_KINDS[kind] for kind in kinds}),
        outflow,
        row["note"],
        tables.sources(row["sources"], where),
    )


def _muscle_sign(
    row: Mapping[str, str],
    parameters: Parameters,
    by_grade: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]],
) -> Sign:
    where = f"muscle_signs.csv, {row['code']}"
    top = int(row["scale_top"])
    words = tables.listed(row["grade_words"])
    sensitivity = specificity = None
    if row["sensitivity"]:
        sensitivity, specificity = _rate(row["sensitivity"], where), _rate(row["specificity"], where)
        present = (1 - sensitivity, *(sensitivity * share for share in parameters.grade_shares_present))
        absent = (specificity, *((1 - specificity) * share for share in parameters.grade_shares_absent))
    elif row["code"] in by_grade:
        present, absent = by_grade[row["code"]]
    else:
        raise tables.BadTable(f"{where}: neither rates nor grades.")
    if not len(words) == len(present) == len(absent) == top + 1:
        raise tables.BadTable(f"{where}: {top + 1} grades and words expected.")
    return Sign(
        code=row["code"],
        name=row["name"],
        lay_name=row["lay_name"],
        kind=FindingKind.MUSCLE,
        group=tables.only(row["group"], GROUPS, where),
        scale=tuple(range(top + 1)),
        normal=int(row["normal"]),
        grade_words=words,
        sensitivity=sensitivity,
        specificity=specificity,
        p_if_present=present,
        p_if_absent=absent,
        palpation=tables.yes_no(row["palpation"], where),
        conduction_loss=row["group"] == "conduction",
        how=row["how"],
        sources=tables.sources(row["sources"], where),
    )


def _grade_likelihoods() -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Signs whose grades are given one by one: P(grade | present), P(grade | absent), each summing to 1."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    for row in tables.rows(__package__, "grade_likelihoods.csv"):
        where = f"grade_likelihoods.csv, {row['sign']} {row['grade']}"
        present, absent = found.setdefault(row["sign"], ([], []))
        if int(row["grade"]) != len(present):
            raise tables.BadTable(f"{where}: grades count up from 0.")
        present.append(_rate(row["p_if_present"], where))
        absent.append(_rate(row["p_if_absent"], where))
        tables.sources(row["sources"], where)
    for code, pair in found.items():
        if any(abs(sum(one) - 1) > 1e-9 for one in pair):
            raise tables.BadTable(f"grade_likelihoods.csv, {code}: the grades do not sum to 1.")
    return {code: (tuple(present), tuple(absent)) for code, (present, absent) in found.items()}


def _rate(cell: str, where: str) -> float:
    """A probability strictly between 0 and 1: a certain sign would make contradictory findings impossible."""
    value = float(cell)
    if not 0 < value < 1:
        raise tables.BadTable(f"{where}: {value} is not strictly between 0 and 1.")
    return value
