"""Sources as people read them: a key of `sources.bib` to its authors, title, place and year.

Entries stand on one line each; keys without an entry are the words "clinic belief" and "judgement".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from myotome.vocabulary.sentences import Sentence

_ENTRY = re.compile(r"^@\w+\{\s*(?P<key>[^,\s]+)\s*,(?P<fields>.*)\}\s*$", re.MULTILINE)
_FIELD = re.compile(r"(\w+)\s*=\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
MOST_AUTHORS = 3


@dataclass(frozen=True, slots=True)
class Citation:
    """One source in words; `note` says how far it was read, empty where nothing is said."""

    key: str
    words: str
    note: str


@cache
def citations() -> Mapping[str, Citation]:
    """All sources by key. Check: tests/unit/knowledge/test_citations.py."""
    text = files("myotome.knowledge").joinpath("sources.bib").read_text(encoding="utf-8")
    found = {}
    for entry in _ENTRY.finditer(text):
        fields = {name.lower(): _plain(value) for name, value in _FIELD.findall(entry["fields"])}
        found[entry["key"]] = Citation(entry["key"], _in_words(fields), Sentence(fields.get("note", "")))
    return MappingProxyType(found)


def citation(key: str) -> Citation:
    """The source of a key; a word such as "judgement" stands for itself."""
    word = f"{key[:1].upper()}{key[1:]}."
    return citations().get(key) or Citation(key, Sentence(word), "")


def _in_words(fields: Mapping[str, str]) -> str:
    people = fields.get("author") or fields.get("editor", "")
    names = [name.strip() for name in people.split(" and ") if name.strip()]
    shown = "; ".join(names[:MOST_AUTHORS]) + ("; and others" if len(names) > MOST_AUTHORS else "")
    place = fields.get("journal") or fields.get("publisher", "")
    where = " ".join(part for part in (place, fields.get("volume", "")) if part)
    if where and fields.get("pages"):
        where += f":{fields['pages']}"
    parts = [shown, fields.get("title", ""), where, fields.get("year", "")]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def _plain(value: str) -> str:
    return re.sub(r"[{}]", "", value).replace("--", "–").replace("\\&", "&").strip()
