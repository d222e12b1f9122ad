"""Short words for muscles: each names one muscle, and none is the whole name of another."""

from __future__ import annotations

from myotome.knowledge.muscles import muscles
from myotome.knowledge.muscles.abbreviations import abbreviations
from myotome.science.needling.sites import abbreviation, muscle_words, sites_named


def test_every_abbreviation_names_a_muscle_of_the_tables():
    assert set(abbreviations().values()) <= set(muscles())


def test_an_abbreviation_is_never_the_whole_name_of_another_muscle():
    names = {name.casefold(): row.id for row in muscles().values() for name in (row.id, row.name)}
    assert [word for word, id in abbreviations().items() if names.get(word, id) != id] == []


def test_every_muscle_has_a_word_of_its_own_and_the_word_is_read_as_that_muscle():
    words = muscle_words()
    assert len(set(words.values())) == len(muscles())
    for id, word in words.items():
        level = muscles()[id].levels[-1:] or (None,)
        text = f"{word}-{level[0]}" if level[0] else word
        assert [(site.site, site.level) for site in sites_named(text)] == [(id, level[0])]


def test_common_words_are_what_practitioners_write():
    said = {"multifidus": "mult", "gluteus_medius": "glmed", "quadratus_lumborum": "ql", "tensor_fasciae_latae": "tfl"}
    assert {id: abbreviation(id) for id in said} == said
