"""Every word that a page shows goes through the translation, whatever floor it comes from.

The translation of this test puts brackets around what it is asked for. What stands on a page without brackets, and is
no name, number, code or something that a person typed, could never be read in another language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path

import allauth
import django
import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation

from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.evidence import evidence
from myotome.knowledge.muscles import muscles
from myotome.pages.public import pictures
from tests.clinic.test_access_matrix import a_world, own_routes, url_of
from tests.write_messages import catalogue

pytestmark = pytest.mark.django_db
BRACKETS = re.compile(r"⟦[^⟦⟧]*⟧")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
READ_ALOUD = {"alt", "title", "placeholder", "aria-label"}
NAMES = (
    "Myotome|Alder Street Clinic|Alder Street|Hannah|Lindqvist|Omar|Aziz|Twin\\d*|Elena|Marchetti|David|Okafor|Sofia|Lind"
    "|Robin|Clarke|Person \\d+|Low back and left leg|hannah@example\\.org|a test|Room \\d|America/Vancouver|IMS assessment|Acupuncture assessment|Acupuncture|English|Français|IMS|PDF|PEG|PSFS|PHQ|GAD|NRS"
)
"""Who and what this clinic is called, and what a person typed into its records."""
CODES = r"[a-z_]+\.[a-z_]+|[A-Z]{2}\d{1,2}|[CTLS]\d{1,2}|mult-L5|grasp\d|cramp\d|release"


class Shown(HTMLParser):
    """The words of a page: text and what is read aloud for pictures and controls.

    What stands in a language of its own (`lang` inside the page) is not the page's: consent texts have a version for
    each language, the names of muscles are Latin.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.silent = 0
        self.in_citation = False
        self.own_language: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID and (self.own_language or (tag not in ("html", "body") and "lang" in dict(attrs))):
            self.own_language.append(tag)
        self.in_citation = "cite" in (dict(attrs).get("class") or "").split()
        self.silent += tag in ("script", "style", "code")
        self.words += [value for name, value in attrs if name in READ_ALOUD and value]

    def handle_endtag(self, tag):
        if self.own_language:
            self.own_language.pop()
        self.silent -= tag in ("script", "style", "code")

    def handle_data(self, data):
        if not (self.silent or self.in_citation or self.own_language):  # a work is cited in its own words
            self.words.append(data)


@pytest.fixture
def bracketed(monkeypatch):
    """A translation into brackets."""
    translation.gettext("")  # Django chooses its translation at the first use

    asked: set[str] = set()

    def bracket(words):
        asked.add(str(words))
        return f"⟦{words}⟧" if str(words).strip() else words

    for name, said in {
        "gettext": lambda words: bracket(words),
        "pgettext": lambda _context, words: bracket(words),
        "ngettext": lambda one, more, n: bracket(one if n == 1 else more),
        "npgettext": lambda _context, one, more, n: bracket(one if n == 1 else more),
    }.items():
        monkeypatch.setattr(translation._trans, name, said)
    forget_drawings()
    yield asked
    forget_drawings()


def forget_drawings() -> None:
    """Drawings are kept for each language; those of another test speak without brackets."""
    for kept in vars(pictures).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()


@pytest.fixture(scope="module")
def names():
    """Proper names of anatomy and points, and citations: the same in every language."""
    found = {name for row in muscles().values() for name in (row.name, row.latin, *row.synonyms)}
    found |= {name for point in acupoints().values() for name in (point.pinyin, point.hanzi)}
    found |= {one.citation for one in evidence().statements}
    longest_first = sorted(found - {""}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)({chr(124).join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)


def from_a_library(words: str) -> bool:
    """True for what Django and allauth say and translate themselves, and for words that are translated already."""
    return "⟦" in words or words.startswith("{part_0}") or words in library_words()


@cache
def library_words() -> frozenset[str]:
    """What the French catalogues of Django and allauth hold."""
    found: set[str] = set()
    for library in (django, allauth):
        for file in Path(library.__file__).parent.rglob("locale/fr/LC_MESSAGES/*.mo"):
            with file.open("rb") as binary:
                found |= {key if isinstance(key, str) else key[0] for key in GNUTranslations(binary)._catalog}
    return frozenset(found | {words.partition("\x04")[2] for words in found})


def left_over(text: str, names: re.Pattern) -> str:
    """What of a text is neither translated nor a name or code."""
    while (shorter := BRACKETS.sub(" ", text)) != text:
        text = shorter
    text = re.sub(rf"\b({NAMES}|{CODES})\b", " ", names.sub(" ", text))
    return " ".join(re.findall(r"[^\W\d_]{3,}", text))


@pytest.mark.parametrize("role", ["practitioner", "receptionist", "owner", "patient", "anonymous"])
def test_every_word_of_every_page_is_translated(bracketed, names, role):
    alder = a_world("alder")
    client = Client()
    if role != "anonymous":
        client.force_login(alder.users[role])
    found, n_pages = defaultdict(set), 0
    for name, _pattern, path in own_routes():
        with transaction.atomic():
            answer = client.get(url_of(name, path, "alder", alder.hers))
            transaction.set_rollback(True)
        if answer.status_code != 200 or answer.streaming or not answer["Content-Type"].startswith("text/html"):
            continue
        n_pages += 1
        page = Shown()
        page.feed(answer.content.decode())
        for text in page.words:
            if rest := left_over(text, names):
                found[name].add(f"{rest[:60]!r} of {' '.join(text.split())[:80]!r}")
    assert n_pages >= 9
    unlisted = sorted(words for words in bracketed - set(catalogue()) if not from_a_library(words))
    assert not unlisted, "a translator would never see:\n" + "\n".join(unlisted)
    lines = [f"{name}: {line}" for name, rest in sorted(found.items()) for line in sorted(rest)]
    assert not lines, "\n".join(lines)


def test_a_word_that_no_translation_sees_is_noticed(names):
    assert left_over("⟦Born⟧ 12 March · Hannah Lindqvist, L5, gluteus medius ⟦in ⟦left⟧ leg⟧", names) == "March"
    assert left_over("Book a visit", names) == "Book visit"
