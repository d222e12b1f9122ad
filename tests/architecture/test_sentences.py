"""Every sentence that a rule raises can be said in another language: its words stand in one piece, its places are named."""

from __future__ import annotations

import ast
import pickle
import string
from datetime import date
from pathlib import Path

import pytest

from myotome.vocabulary import errors
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.sentences import Sentence, in_readers_language, speak_through

SRC = Path(__file__).parents[2] / "src" / "myotome"
SAYING = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
OWN = {"field", "code"}
FRENCH = {
    "Reviews are at visits 1 to {n}.": "Les bilans sont aux visites 1 à {n}.",
    "Line {n}: {fault}": "Ligne {n} : {fault}",
    "No site.": "Aucun site.",
}


def unsayable(tree: ast.AST, where: str) -> list[str]:
    """Calls that raise or keep a sentence nobody could translate: glued from pieces, or with places left unfilled."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        if node.func.id not in SAYING | {"Sentence"}:
            continue
        words, place = node.args[0], f"{where}:{node.lineno}"
        is_translated = isinstance(words, ast.BinOp) and isinstance(words.left, ast.Call)  # _("...") % {...} of a page
        if (isinstance(words, ast.JoinedStr | ast.BinOp) and not is_translated) or (
            isinstance(words, ast.Call) and isinstance(words.func, ast.Attribute) and words.func.attr == "format"
        ):
            found.append(f"{place} is glued from pieces")
        elif isinstance(words, ast.Constant) and isinstance(words.value, str):
            given = {keyword.arg for keyword in node.keywords} - OWN
            if given and None not in given:
                asked = {
                    name.partition(".")[0].partition("[")[0]
                    for _, name, _, _ in string.Formatter().parse(words.value)
                    if name
                }
                if asked - {keyword.arg for keyword in node.keywords}:
                    found.append(f"{place} leaves {sorted(asked - given)} empty")
    return found


def test_no_rule_glues_its_sentence_together():
    assert [
        line
        for path in sorted(SRC.rglob("*.py"))
        if "migrations" not in path.parts
        for line in unsayable(ast.parse(path.read_text()), str(path.relative_to(SRC)))
    ] == []


def test_a_glued_sentence_is_noticed():
    planted = ast.parse('raise InvalidValue(f"No {x}.")\nSentence("No " + x)\nInvalidValue("No {x} {y}.", x=1)')
    assert len(unsayable(planted, "planted")) == 3


@pytest.fixture
def french():
    speak_through(lambda words: FRENCH.get(words, words))
    yield
    from django.utils.translation import gettext

    speak_through(gettext)


def test_an_error_is_read_in_the_language_of_its_reader_and_logged_in_english(french):
    fault = InvalidValue("Reviews are at visits 1 to {n}.", field="review_visits", n=8)
    assert fault.message == "Les bilans sont aux visites 1 à 8."
    assert str(fault) == "Reviews are at visits 1 to 8."


def test_a_sentence_within_a_sentence_is_translated_too(french):
    whole = Sentence("Line {n}: {fault}", n=3, fault=Sentence("No site."))
    assert in_readers_language(whole) == "Ligne 3 : Aucun site."
    assert whole == "Line 3: No site."


def test_an_error_that_crosses_a_process_keeps_its_places(french):
    fault = pickle.loads(pickle.dumps(InvalidValue("Reviews are at visits 1 to {n}.", field="x", n=8)))
    assert (fault.message, fault.field) == ("Les bilans sont aux visites 1 à 8.", "x")


def test_a_day_is_shown_in_words_and_logged_as_it_is_unless_the_sentence_has_its_own_form():
    said = Sentence("It began on {began}, {began:%Y}.", began=date(2026, 11, 4))
    assert in_readers_language(said) == "It began on 4 Nov 2026, 2026."
    assert str(said) == "It began on 2026-11-04, 2026."
