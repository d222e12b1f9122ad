"""Signs of the segmental examination, their scales and error rates, and every parameter of the reasoning over them.

Three kinds of sign: of a muscle (grade 0-3, or strength 0-5 with 5 normal), of the skin of a dermatome (present or
absent), of a reflex (0-4 with 2 normal). Error rates and parameters are data with a source word each; most are
judgement, and `parameters().ranges` says how far off they may be. All rows await clinical sign-off.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from myotome.knowledge.signs.membership import Membership, membership
from myotome.knowledge.signs.parameters import Parameters, Range, parameters
from myotome.knowledge.signs.rows import (
    AutonomicArea,
    Dermatome,
    MyotomeMovement,
    Reflex,
    Sign,
    read_autonomic,
    read_dermatomes,
    read_reflexes,
    read_scheme_names,
    read_schemes,
    read_signs,
)
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.findings import FindingKind

__all__ = [
    "AutonomicArea",
    "Dermatome",
    "Membership",
    "MyotomeMovement",
    "Parameters",
    "Range",
    "Reflex",
    "Sign",
    "as_json_rows",
    "autonomic",
    "dermatomes",
    "membership",
    "myotome_schemes",
    "parameters",
    "reflex",
    "reflexes",
    "scheme_names",
    "sign",
    "signs",
    "skin_weights",
]


@cache
def signs() -> Mapping[str, Sign]:
    """All signs by code: muscle signs, then skin signs, then `reflex`. Check: tests/unit/knowledge/test_signs.py."""
    return MappingProxyType({row.code: row for row in read_signs(parameters())})


def sign(code: str, kind: FindingKind | None = None) -> Sign:
    """The sign of that code.

    Raises:
        InvalidValue: (field "sign") no such sign, or not one of that kind; the sentence lists those there are.
    """
    found = signs().get(code)
    if found is None or (kind is not None and found.kind is not kind):
        there_are = ", ".join(row.code for row in signs().values() if kind is None or row.kind is kind)
        raise InvalidValue(
            "There is no sign {code!r} here; there are {there_are}.", field="sign", code=code, there_are=there_are
        )
    return found


@cache
def dermatomes() -> Mapping[str, Dermatome]:
    """Skin areas by root, C2 to S5."""
    return MappingProxyType({row.root: row for row in read_dermatomes()})


@cache
def skin_weights(root: str) -> Mapping[str, float]:
    """Root weights of a dermatome: its own root 1, the neighbours `dermatome_overlap`, in cord order.

    Raises:
        InvalidValue: (field "dermatome") there is no such dermatome (C1 has none).
    """
    if root not in dermatomes():
        raise InvalidValue("There is no dermatome {root!r}; there are C2 to S5.", field="dermatome", root=root)
    order = list(dermatomes())
    place = order.index(root)
    overlap = parameters().dermatome_overlap
    return MappingProxyType(
        {other: 1.0 if other == root else overlap for other in order[max(place - 1, 0) : place + 2]}
    )


@cache
def reflexes() -> Mapping[str, Reflex]:
    """Reflexes by code, head to foot; the jaw jerk has no spinal root."""
    return MappingProxyType({row.code: row for row in read_reflexes()})


def reflex(code: str) -> Reflex:
    """The reflex of that code.

    Raises:
        InvalidValue: (field "reflex") no such reflex; the sentence lists those there are.
    """
    found = reflexes().get(code)
    if found is None:
        raise InvalidValue(
            "There is no reflex {code!r}; there are {there_are}.",
            field="reflex",
            code=code,
            there_are=", ".join(reflexes()),
        )
    return found


@cache
def myotome_schemes() -> Mapping[str, tuple[MyotomeMovement, ...]]:
    """The two schemes kept apart: `isncsci` (spinal injury key muscles) and `screening` (physiotherapy movements)."""
    found: dict[str, list[MyotomeMovement]] = {}
    for row in read_schemes():
        found.setdefault(row.scheme, []).append(row)
    return MappingProxyType({name: tuple(rows) for name, rows in found.items()})


@cache
def scheme_names() -> Mapping[str, str]:
    """What each myotome scheme is called."""
    return read_scheme_names()


@cache
def autonomic() -> Mapping[str, AutonomicArea]:
    """Autonomic and trophic areas by root, C2 to S5. Check: tests/unit/knowledge/test_autonomic_areas.py."""
    return MappingProxyType({row.root: row for row in read_autonomic()})


def as_json_rows() -> list[dict[str, object]]:
    """Rows of `myotome signs --json`: code, kind, scale and normal value of every sign, then of every reflex.

    The autonomic and trophic signs say where each root shows them; weakness carries both myotome schemes.
    """
    rows: list[dict[str, object]] = [
        {
            "id": row.code,
            "name": row.name,
            "kind": row.kind.value,
            "scale": list(row.scale),
            "normal": row.normal,
            "group": row.group,
            "words": list(row.grade_words),
            "how": row.how,
            "sensitivity": row.sensitivity,
            "specificity": row.specificity,
            "p_if_present": list(row.p_if_present),
            "p_if_absent": list(row.p_if_absent),
            "sources": list(row.sources),
            "status": row.status,
            **_where_by_root(row.code),
        }
        for row in signs().values()
    ]
    scale = signs()["reflex"]
    rows += [
        {
            "id": row.code,
            "name": row.name,
            "kind": FindingKind.REFLEX.value,
            "scale": list(scale.scale),
            "normal": scale.normal,
            "group": scale.group,
            "words": list(scale.grade_words),
            "how": row.how,
            "roots": dict(row.roots),
            "sources": list(row.sources),
            "status": row.status,
        }
        for row in reflexes().values()
    ]
    return rows


def _where_by_root(code: str) -> dict[str, object]:
    """What a row says beyond its scale: the areas of an autonomic or trophic sign, the movements that weakness is of."""
    found: dict[str, object] = {}
    segments = {
        root: {
            "area": row.area,
            "look": row.look,
            "kinds": [kind for kind, sign in row.signs.items() if sign == code],
            "outflow": list(row.outflow),
            "note": row.note,
            "sources": list(row.sources),
            "status": row.status,
        }
        for root, row in autonomic().items()
        if code in row.signs.values()
    }
    if segments:
        found["segments"] = segments
    if code == "weak":
        found["myotome_schemes"] = {
            scheme: {
                "name": scheme_names()[scheme],
                "movements": [
                    {
                        "root": row.root,
                        "movement": row.movement,
                        "muscles": list(row.muscles),
                        "sources": list(row.sources),
                        "status": row.status,
                    }
                    for row in rows
                ],
            }
            for scheme, rows in myotome_schemes().items()
        }
    return found
