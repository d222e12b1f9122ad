"""Findings in words: what was examined, which side, which sign, which grade.

A finding's key is "kind:subject:level:side:sign"; a key with a grade behind it is what a button sends. Words of signs
and grades come from the tables, so that a page and a print say what the tables say.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myotome.knowledge import muscles as muscle_table
from myotome.knowledge import signs as sign_table
from myotome.vocabulary.anatomy import Side
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.findings import Finding, FindingKind, MuscleFinding, ReflexFinding, SkinFinding
from myotome.vocabulary.sentences import in_readers_language

SIDE_WORDS = {"left": gettext_lazy("left"), "right": gettext_lazy("right")}
CLEAR = "clear"


def subject_name(kind: str, subject: str, level: str = "") -> str:
    """The muscle with its level, the skin of a root, or the reflex, as practitioners say it."""
    if kind == FindingKind.SKIN.value:
        return _("Skin over %(root)s") % {"root": subject}
    if kind == FindingKind.REFLEX.value:
        row = sign_table.reflexes().get(subject)
        return row.name if row else subject
    muscle = muscle_table.muscles().get(subject)
    return f"{muscle.name if muscle else subject} {level}".strip()


def sign_name(kind: str, sign: str) -> str:
    """The sign in words; a reflex has no sign of its own."""
    if kind == FindingKind.REFLEX.value:
        return ""
    return SHORT_SIGNS.get(sign, sign.replace("_", " "))


SHORT_SIGNS = {
    "shortened": gettext_lazy("shortened"),
    "tender": gettext_lazy("tender"),
    "recognition": gettext_lazy("her pain"),
    "band": gettext_lazy("taut band"),
    "twitch": gettext_lazy("twitch"),
    "grasp": gettext_lazy("needle grasp"),
    "cramp": gettext_lazy("cramp"),
    "needle_twitch": gettext_lazy("twitch at the needle"),
    "enthesis": gettext_lazy("thick tendon"),
    "weak": gettext_lazy("strength"),
}


NORMAL_SIGNS = {
    "shortened": gettext_lazy("normal"),
    "tender": gettext_lazy("not tender"),
    "recognition": gettext_lazy("not her pain"),
    "band": gettext_lazy("no taut band"),
    "twitch": gettext_lazy("no twitch"),
    "grasp": gettext_lazy("no needle grasp"),
    "cramp": gettext_lazy("no cramp"),
    "needle_twitch": gettext_lazy("no twitch at the needle"),
    "enthesis": gettext_lazy("tendon normal"),
}


def found_words(kind: str, sign: str, value: int) -> str:
    """A sign with what was found: "shortened 2", "not tender", "strength 4 of 5", "cold absent", "reduced"."""
    if kind == FindingKind.MUSCLE.value and value == 0 and sign in NORMAL_SIGNS:
        return str(NORMAL_SIGNS[sign])
    return f"{sign_name(kind, sign)} {value_words(kind, sign, value)}".strip()


def value_words(kind: str, sign: str, value: int) -> str:
    """What was found, in words: "normal", "2", "present", "reduced", "4 of 5"."""
    if kind == FindingKind.SKIN.value:
        return _("present") if value else _("absent")
    if kind == FindingKind.REFLEX.value:
        return in_readers_language(sign_table.signs()["reflex"].grade_words[value])
    if sign == "weak":
        return _("%(grade)s of 5") % {"grade": value}
    return str(value) if value else _("normal")


def position_words(position: str) -> str:
    """How the patient lies or sits."""
    return in_readers_language(position.replace("_", " "))


def row_key(row: Any) -> str:
    """The key of a charted finding."""
    return f"{row.kind}:{row.subject}:{row.level}:{row.side}:{row.sign}"


def row_value(row: Any) -> int:
    """Its grade, or 1 and 0 for a skin sign that is present or absent."""
    return int(row.present) if row.kind == FindingKind.SKIN.value else int(row.grade)


def json_words(finding: dict[str, Any]) -> str:
    """A finding in the shape of `myotome segments`, without its side: "Gluteus medius shortened 3"."""
    if "dermatome" in finding:
        kind, subject, sign, value = "skin", finding["dermatome"], finding["sign"], int(finding["present"])
    elif "reflex" in finding:
        kind, subject, sign, value = "reflex", finding["reflex"], "", int(finding["grade"])
    else:
        kind, subject, sign, value = "muscle", finding["muscle"], finding["sign"], int(finding["grade"])
    return f"{subject_name(kind, subject, finding.get('level') or '')} {found_words(kind, sign, value)}"


def finding_of(sent: str) -> tuple[Finding, bool]:
    """The finding that a button sends, and whether it clears it: "muscle:soleus::left:shortened:2" or "...:clear".

    Raises:
        InvalidValue: it is no such thing.
    """
    parts = sent.split(":")
    if len(parts) != 6 or parts[3] not in SIDE_WORDS:
        raise InvalidValue(_("Choose what was examined, its side and its grade."), field="chart")
    kind, subject, level, side, sign, given = parts
    clears = given == CLEAR
    if not clears and not (given.isascii() and given.isdigit() and len(given) == 1):
        raise InvalidValue(_("A grade is one figure."), field="chart")
    value = 0 if clears else int(given)
    if kind == FindingKind.SKIN.value:
        sign_table.sign(sign, FindingKind.SKIN)
        sign_table.skin_weights(subject)
        return SkinFinding(dermatome=subject, side=Side(side), sign=sign, present=bool(value)), clears
    if kind == FindingKind.REFLEX.value:
        sign_table.reflex(subject)
        return ReflexFinding(reflex=subject, side=Side(side), grade=value), clears
    if kind != FindingKind.MUSCLE.value:
        raise InvalidValue(_("Choose a muscle, an area of skin or a reflex."), field="chart")
    sign_table.sign(sign, FindingKind.MUSCLE)
    return MuscleFinding(muscle=subject, side=Side(side), sign=sign, grade=value, level=level or None), clears
