"""Consent texts by id and version: for a course of IMS or of acupuncture, for retained needles, for each hazard region.

A text that somebody said yes to is never changed; a correction is a new version beside the old. The parts follow what
a consent must tell: what it is and how sure anybody is, how it feels, common and rare harm with numbers, other ways,
cost, comfort, after-care, the record, and that it may be taken back.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from myotome.vocabulary.sentences import Sentence

KINDS = ("course", "region", "retained")


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph with its heading."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of one text in one language; `ask` is the sentence that is agreed to, `place` a region in short."""

    id: str
    version: str
    language: str
    kind: str
    subject: str
    title: str
    status: str
    ask: str
    parts: tuple[Part, ...]
    place: str = ""


@cache
def consent_texts() -> tuple[ConsentText, ...]:
    """Every version of every text, oldest first within an id.

    Raises:
        ValueError: two rows with the same id, version and language, or a row of an unknown kind.
    """
    table = tomllib.loads(files(__package__).joinpath("texts.toml").read_text(encoding="utf-8"))
    found = tuple(
        ConsentText(
            **{name: value for name, value in row.items() if name not in ("part", "place")},
            place=Sentence(row.get("place", "")),
            parts=tuple(Part(**part) for part in row["part"]),
        )
        for row in table["text"]
    )
    keys = [(text.id, text.version, text.language) for text in found]
    if len(set(keys)) != len(keys):
        raise ValueError("A consent text stands twice with the same version.")
    for text in found:
        is_region = text.kind == "region"
        if text.kind not in KINDS or bool(text.subject) != is_region or bool(text.place) != is_region:
            raise ValueError(f"The consent text {text.id} {text.version} has an unknown kind, or no region.")
    return found


def consent_text(text_id: str, version: str | None = None, *, language: str = "en") -> ConsentText:
    """The text in the language, or in English where it has not been translated; the newest without a version.

    Raises:
        KeyError: there is no such text or version.
    """
    for wanted in (language, "en"):
        rows = [t for t in consent_texts() if t.id == text_id and t.language == wanted]
        rows = [t for t in rows if version is None or t.version == version]
        if rows:
            return rows[-1]
    raise KeyError(f"{text_id} {version or ''}".strip())


def consent_for(kind: str, subject: str = "", *, language: str = "en") -> ConsentText:
    """The newest text for a kind: `course` with the subject `ims` or `acupuncture`, `retained`, `region` with its own.

    Raises:
        KeyError: there is none.
    """
    return consent_text(subject if kind in ("course", "region") else kind, language=language)


def place_of(region: str, *, language: str = "en") -> str:
    """The hazard region in a few words; its code where no text names it (any more)."""
    try:
        return consent_for("region", region, language=language).place
    except KeyError:
        return region
