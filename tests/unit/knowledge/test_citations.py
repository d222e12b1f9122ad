"""Sources in words: every key of the bibliography reads as authors, title, place and year."""

from myotome.knowledge.citations import citation, citations
from myotome.knowledge.tables import source_keys


def test_every_key_of_the_bibliography_is_a_citation():
    assert set(citations()) == source_keys()
    assert all(one.words.endswith(".") and len(one.words) > 6 for one in citations().values())
    assert not any("{" in one.words or "--" in one.words for one in citations().values())


def test_a_citation_names_people_work_place_and_year():
    assert citation("sharrard1964").words == (
        "Sharrard, W. J. W. The segmental innervation of the lower limb muscles in man. "
        "Annals of the Royal College of Surgeons of England 35:106–122. 1964."
    )
    assert citation("clinic belief").words == "Clinic belief."
