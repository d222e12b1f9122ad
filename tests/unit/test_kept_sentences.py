"""A sentence that is kept reads the same later, its places still open to translation where they can be."""

from datetime import date

import pytest

from myotome.vocabulary.sentences import Sentence, as_kept, from_kept


@pytest.mark.parametrize(
    "sentence",
    [
        Sentence("{name} does not work then.", name="A {odd} name"),
        Sentence("Bookings open {n} days ahead.", n=400),
        Sentence("Braces {stand} for themselves."),
        Sentence("Not before {day:%d %b}.", day=date(2026, 12, 1)),
    ],
)
def test_what_is_kept_reads_the_same(sentence):
    found = from_kept(as_kept(sentence))
    assert found == sentence
    assert isinstance(found, Sentence)


def test_its_words_stay_those_that_are_translated():
    assert as_kept(Sentence("Open {n} days.", n=3)) == {"words": "Open {n} days.", "values": {"n": 3}}


@pytest.mark.parametrize("kept", [None, {}])
def test_nothing_kept_is_nothing_said(kept):
    assert from_kept(kept) is None
