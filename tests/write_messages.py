"""Collects every sentence that a reader can be shown: `make messages` writes build/messages.pot for translators.

Three places hold sentences: calls in Python (gettext and its kin, `Sentence`, and the errors of the clinic), templates,
and the tables of knowledge. What the program asks its translation for and this list does not hold is a fault that
tests/pages/test_every_word_can_be_translated.py finds.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "myotome"
TARGET = ROOT / "build" / "messages.pot"
CALLS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "ngettext": 2, "ngettext_lazy": 2, "Sentence": 1}
_IN_TEMPLATE = re.compile(r"\b(ngettext|gettext|_)\(((?:\s*u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")\s*,?)+)")
_LITERAL = re.compile(r"u?('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")")


@cache
def catalogue() -> dict[str, str]:
    """Every sentence with the place where it stands first, by file and line or by table."""
    found: dict[str, str] = {}
    for words, place in (*in_python(), *in_templates(), *in_tables(), *in_codes()):
        if words.strip():
            found.setdefault(words, place)
    return found


def in_python() -> Iterator[tuple[str, str]]:
    """Sentences in calls."""
    from myotome.vocabulary import errors

    saying = CALLS | {name: 1 for name, value in vars(errors).items() if inspect.isclass(value)}
    saying |= {"ShorthandError": 1, "_Unread": 1, "UnknownSite": 1, "PaperMissing": 1}
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(getattr(node, "func", None), "id", "") if isinstance(node, ast.Call) else ""
            if name == "open_incident" and len(node.args) > 4:  # what is written down of a breach is shown as words
                kind, detail = node.args[3:5]
                for part in (kind, detail):
                    if isinstance(part, ast.Constant):
                        yield from _as_words(part.value, f"{path.relative_to(ROOT)}:{node.lineno}")
                        yield part.value, f"{path.relative_to(ROOT)}:{node.lineno}"
            for part in node.args[: saying.get(name, 0)] if name in saying else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value, f"{path.relative_to(ROOT)}:{node.lineno}"


def in_templates() -> Iterator[tuple[str, str]]:
    """Sentences of templates, as Django reads them."""
    from django.utils.translation.template import templatize

    for path in sorted(p for kind in ("*.html", "*.txt") for p in SRC.rglob(f"templates/**/{kind}")):
        for call in _IN_TEMPLATE.finditer(templatize(path.read_text())):
            parts = [ast.literal_eval(one) for one in _LITERAL.findall(call[2])]
            for words in parts[: 2 if call[1] == "ngettext" else 1]:
                yield words, str(path.relative_to(ROOT))


def in_tables() -> Iterator[tuple[str, str]]:
    """Sentences of the tables of knowledge."""
    from myotome.knowledge import (
        acupoints,
        aftercare,
        cautions,
        citations,
        conditions,
        consents,
        evidence,
        hazards,
        measures,
        muscles,
        signs,
    )
    from myotome.knowledge import tables as tables_of_knowledge
    from myotome.knowledge.recovery import natural_courses
    from myotome.knowledge.screening import content
    from myotome.science.booking.holidays import PROVINCE_NAMES

    tables: dict[str, Any] = {
        "acupoints": acupoints.acupoints(),
        "aftercare": (aftercare.after_check(), aftercare.published_rates()),
        "cautions": (cautions.cautions(), cautions.facts()),
        "citations": citations.citations(),
        "conditions": conditions.conditions(),
        "consents": [text.place for text in consents.consent_texts()],
        "evidence": evidence.evidence(),
        "hazards": hazards.hazards(),
        "measures": (measures.measures(), measures.definitions()),
        "muscles": muscles.muscles(),
        "natural courses": natural_courses(),
        "provinces": PROVINCE_NAMES,
        "screening": content(),
        "signs": (
            signs.signs(),
            signs.reflexes(),
            signs.dermatomes(),
            signs.autonomic(),
            signs.scheme_names(),
            signs.myotome_schemes(),
        ),
    }
    for name, table in tables.items():
        for words in _sentences(table):
            yield words, f"knowledge: {name}"
    for text in consents.consent_texts():
        yield text.title, "knowledge: consents"
    for region in content().region_names.values():
        yield region.words.lower(), "knowledge: screening"
    for key in tables_of_knowledge.LEGAL_WITHOUT_KEY:
        yield citations.citation(key).words, "knowledge: citations"


def in_codes() -> Iterator[tuple[str, str]]:
    """Codes that a page shows as words: `needle_fault` is "Needle fault"."""
    import myotome.vocabulary as vocabulary
    from myotome.clinic.booking.set_up import ROOM_KINDS
    from myotome.clinic.learning.harm import OF_NEEDLES
    from myotome.clinic.needling.consents import KIND_OF_BREACH
    from myotome.knowledge.acupoints import DERIVED, MERIDIANS, PUBLISHED, acupoints
    from myotome.knowledge.aftercare import TOGETHER, grave_kinds
    from myotome.knowledge.muscles.rows import LAYERS, RAMI
    from myotome.knowledge.signs.rows import AUTONOMIC_KINDS

    for path in sorted(Path(vocabulary.__file__).parent.glob("*.py")):
        module = (
            __import__(f"myotome.vocabulary.{path.stem}", fromlist=["x"]) if path.stem != "__init__" else vocabulary
        )
        for name, kind in vars(module).items():
            if inspect.isclass(kind) and issubclass(kind, enum.StrEnum) and kind.__module__ == module.__name__:
                for member in kind:
                    yield from _as_words(member.value, f"vocabulary: {name}")
    points = acupoints().values()
    for code in {*(one for point in points for one in point.angle), *(name for name, _ in MERIDIANS.values())}:
        yield from _as_words(code, "knowledge: acupoints")
    for code in (PUBLISHED, DERIVED, *LAYERS, *RAMI, *AUTONOMIC_KINDS, *ROOM_KINDS, *KIND_OF_BREACH.values()):
        yield from _as_words(code, "knowledge")
    for code in (*TOGETHER, *grave_kinds(), *OF_NEEDLES):
        yield from _as_words(code, "after the needles")


def _as_words(code: str, place: str) -> Iterator[tuple[str, str]]:
    plain = code.replace("_", " ")
    yield plain, place
    yield plain[:1].upper() + plain[1:], place


def _sentences(value: Any) -> Iterator[str]:
    from myotome.vocabulary.sentences import Sentence

    if isinstance(value, Sentence):
        yield value.words
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _sentences(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _sentences(one)
    elif isinstance(value, tuple | list | frozenset):
        for one in value:
            yield from _sentences(one)


def main() -> None:
    """Writes the catalogue in the form that every editor of translations reads."""
    import django

    django.setup()
    lines = ['msgid ""', 'msgstr "Content-Type: text/plain; charset=UTF-8\\n"', ""]
    for words, place in sorted(catalogue().items(), key=lambda row: row[1]):
        said = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines += [f"#: {place}", f'msgid "{said}"', 'msgstr ""', ""]
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("\n".join(lines), encoding="utf-8")
    print(f"{len(catalogue())} sentences in {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "src")]
    main()
