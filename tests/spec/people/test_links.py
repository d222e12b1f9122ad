"""Links in mails: the same for the same row, for one purpose only, and gone when their version is raised."""

import pytest

from myotome.clinic.people.links import link_token, read_link
from myotome.vocabulary.errors import NotFound


def test_a_link_written_again_is_the_same_link():
    assert link_token("intake", 7, 2) == link_token("intake", 7, 2)
    assert read_link("intake", link_token("intake", 7, 2)) == (7, 2)


def test_a_link_opens_one_purpose_only():
    with pytest.raises(NotFound):
        read_link("appointment", link_token("intake", 7, 2))


@pytest.mark.parametrize("token", ["", "x", "WzEsMV0:1", "WzEsMV0", ":::", "é", "a" * 5000])
def test_what_was_not_signed_here_leads_nowhere(token):
    with pytest.raises(NotFound):
        read_link("intake", token)


def test_a_link_with_another_id_put_in_leads_nowhere():
    _payload, _, signature = link_token("intake", 7, 2).partition(":")
    other, _, _ = link_token("intake", 8, 2).partition(":")
    with pytest.raises(NotFound):
        read_link("intake", f"{other}:{signature}")
