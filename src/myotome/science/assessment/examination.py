"""An examination as a file or a form gives it, read and checked: plain mappings in, observations out.

The shape is that of `myotome segments`: findings of muscles, of the skin and of reflexes, a region or none, and
perhaps the belief of an earlier visit. Everything that is wrong is an `InvalidValue` that names its field; a name that
does not exist comes with the three nearest that do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from myotome.knowledge import muscles as muscle_table
from myotome.knowledge import signs as sign_table
from myotome.knowledge.conditions import conditions
from myotome.science.assessment.network import Network
from myotome.science.assessment.readings import Observation
from myotome.vocabulary.anatomy import ROOTS, ExamRegion
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.findings import FindingKind

SIDES = {"left": 0, "right": 1}
KINDS = {"muscle": FindingKind.MUSCLE, "dermatome": FindingKind.SKIN, "reflex": FindingKind.REFLEX}
LARGEST = 5000
"""More findings than all signs of all sites are a mistake, not an examination."""


@dataclass(frozen=True, slots=True)
class EarlierBelief:
    """What an earlier visit believed: probability by (root, side), and how long ago that was."""

    p: Mapping[tuple[str, str], float]
    days: float


@dataclass(frozen=True, slots=True)
class ReadExamination:
    """An examination that has been checked; observation i is finding i of the file, `named` the condition's roots."""

    observations: tuple[Observation, ...]
    region: ExamRegion | None
    earlier: EarlierBelief | None
    named: frozenset[str] = frozenset()


def read_examination(examination: Any, network: Network) -> ReadExamination:
    """The examination of a file.

    Raises:
        InvalidValue: names the field (`findings[3].muscle`) and what would be right.
    """
    if not isinstance(examination, Mapping):
        raise InvalidValue("An examination is an object with `findings` and `region`.", field="examination")
    findings = examination.get("findings", ())
    if not isinstance(findings, Sequence) or isinstance(findings, str | bytes):
        raise InvalidValue("`findings` is a list.", field="findings")
    if len(findings) > LARGEST:
        raise InvalidValue(
            "{n_findings} findings are more than an examination holds.", field="findings", n_findings=len(findings)
        )
    observations = tuple(_observation(finding, f"findings[{i}]", network) for i, finding in enumerate(findings))
    return ReadExamination(
        observations,
        _region(examination.get("region")),
        _earlier(examination.get("prior")),
        _named(examination.get("condition"), examination.get("condition_roots")),
    )


def _observation(finding: Any, where: str, network: Network) -> Observation:
    if not isinstance(finding, Mapping):
        raise InvalidValue("A finding is an object.", field=where)
    kinds = [key for key in KINDS if finding.get(key) is not None]
    if len(kinds) != 1:
        raise InvalidValue("A finding names a muscle, a dermatome or a reflex, one of them.", field=where)
    kind = KINDS[kinds[0]]
    subject = finding[kinds[0]]
    if not isinstance(subject, str):
        raise InvalidValue("The {kind} is a name.", field=f"{where}.{kinds[0]}", kind=kinds[0])
    level = _level(kind, subject, finding.get("level"), where)
    site = network.index.get((kind, subject, level))
    if site is None:
        there_are = [name for known, name, _ in network.index if known is kind]
        raise InvalidValue(
            "There is no {kind} {subject!r}; {nearest}.",
            field=f"{where}.{kinds[0]}",
            kind=kinds[0],
            subject=subject,
            nearest=_nearest(subject, there_are),
        )
    side = finding.get("side")
    if not isinstance(side, str) or side not in SIDES:
        raise InvalidValue("A side is left or right, not {side!r}.", field=f"{where}.side", side=side)
    sign, grade = _sign_and_grade(kind, finding, where)
    examiner = finding.get("examiner") or ""
    if not isinstance(examiner, str):
        raise InvalidValue("An examiner is a name.", field=f"{where}.examiner")
    return Observation(site, SIDES[side], (kind, sign), grade, examiner)


def _level(kind: FindingKind, subject: str, level: Any, where: str) -> str | None:
    if kind is not FindingKind.MUSCLE:
        if level is not None:
            raise InvalidValue("Only a muscle is examined by level.", field=f"{where}.level")
        return None
    try:
        row = muscle_table.muscle(subject)
    except InvalidValue as error:
        raise InvalidValue(error.sentence, field=f"{where}.muscle") from None
    if row.levels and level not in row.levels:
        stretch = f"{row.levels[0]} to {row.levels[-1]}"
        found = f"not {level!r}" if level is not None else "and needs one"
        raise InvalidValue(
            "{row} is examined by level, {stretch}, {found}.",
            field=f"{where}.level",
            row=row.name,
            stretch=stretch,
            found=found,
        )
    if not row.levels and level is not None:
        raise InvalidValue("{row} is not examined level by level.", field=f"{where}.level", row=row.name)
    return str(level) if row.levels else None


def _sign_and_grade(kind: FindingKind, finding: Mapping[str, Any], where: str) -> tuple[str, int]:
    code = "reflex" if kind is FindingKind.REFLEX else finding.get("sign")
    table = {row.code: row for row in sign_table.signs().values() if row.kind is kind}
    if not isinstance(code, str) or code not in table:
        raise InvalidValue(
            "There is no sign {code!r} here; {nearest}.",
            field=f"{where}.sign",
            code=code,
            nearest=_nearest(str(code), list(table)),
        )
    if kind is FindingKind.SKIN:
        present = finding.get("present")
        if not isinstance(present, bool):
            raise InvalidValue("A skin sign is present: true or false.", field=f"{where}.present")
        return code, int(present)
    grade, scale = finding.get("grade"), table[code].scale
    if isinstance(grade, bool) or not isinstance(grade, int) or grade not in scale:
        raise InvalidValue(
            "A grade of {code} is {low} to {high}, not {grade!r}.",
            field=f"{where}.grade",
            code=code,
            low=scale[0],
            high=scale[-1],
            grade=grade,
        )
    return code, grade


def _region(region: Any) -> ExamRegion | None:
    if region is None:
        return None
    if not isinstance(region, str) or region not in list(ExamRegion):
        raise InvalidValue(
            "A region is {there_are} or null, not {region!r}.",
            field="region",
            there_are=", ".join(ExamRegion),
            region=region,
        )
    return ExamRegion(region)


def _named(condition: Any, roots: Any) -> frozenset[str]:
    """The roots that raise the prior: `condition_roots` as a clinic has them, else those of the condition's row."""
    if roots is not None:
        if not isinstance(roots, Sequence) or isinstance(roots, str) or set(map(str, roots)) - set(ROOTS):
            raise InvalidValue("`condition_roots` is a list of spinal roots, C1 to S5.", field="condition_roots")
        return frozenset(map(str, roots))
    if condition is None or condition == "":
        return frozenset()
    if not isinstance(condition, str) or condition not in conditions():
        raise InvalidValue(
            "There is no condition {condition!r}; {nearest}.",
            field="condition",
            condition=condition,
            nearest=_nearest(str(condition), list(conditions())),
        )
    return frozenset(conditions()[condition].segments)


def _earlier(prior: Any) -> EarlierBelief | None:
    """`{"roots": [{"root", "side", "p"}, ...], "days": 7}`: the roots of an earlier answer and its age."""
    if prior is None:
        return None
    if not isinstance(prior, Mapping) or not isinstance(prior.get("roots"), Sequence):
        raise InvalidValue("A prior has `roots` (those of an earlier answer) and `days` since then.", field="prior")
    days = prior.get("days", 0)
    if isinstance(days, bool) or not isinstance(days, int | float) or not 0 <= days < 1e6:
        raise InvalidValue("`days` since the earlier visit is 0 or more, not {days!r}.", field="prior.days", days=days)
    found: dict[tuple[str, str], float] = {}
    for i, row in enumerate(prior["roots"]):
        where = f"prior.roots[{i}]"
        if not isinstance(row, Mapping):
            raise InvalidValue("A root is an object with root, side and p.", field=where)
        p = row.get("p")
        if isinstance(p, bool) or not isinstance(p, int | float) or not 0 <= p <= 1:
            raise InvalidValue("A probability lies between 0 and 1, not {p!r}.", field=f"{where}.p", p=p)
        found[str(row.get("root")), str(row.get("side"))] = float(p)
    return EarlierBelief(found, float(days))


def _nearest(asked: str, there_are: Sequence[str]) -> str:
    found = list(dict.fromkeys(get_close_matches(asked, there_are, n=3, cutoff=0.0)))
    return f"the nearest are {', '.join(found)}"
