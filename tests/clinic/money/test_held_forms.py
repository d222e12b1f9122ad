"""The check for card numbers where nobody writes money: a form held while the page is locked, and texts made to be slow."""

from time import process_time

import pytest

from myotome.clinic.people.models import User
from myotome.vocabulary.money import holds_card_number
from tests.money import a_desk


@pytest.mark.parametrize("text", ["1 " * 500_000, "5" * 500_000, "\u0664" * 100_000, "-_" * 500_000])
def test_a_text_made_to_keep_the_program_busy_is_read_in_no_time(text):
    begun = process_time()
    holds_card_number(text)
    assert process_time() - begun < 10  # seconds; read twice over, it would be hours


@pytest.mark.django_db
def test_a_form_that_is_held_while_the_page_is_locked_holds_no_card_number(client):
    desk = a_desk()
    client.force_login(User.objects.get(pk=desk.robin.user_id))
    client.get("/alder/desk/")
    session = client.session
    session["locked"] = True
    session.save()
    client.post("/alder/desk/find/", {"q": "Lindqvist", "note": "4111 1111 1111 1111"})
    assert client.session["held_form"]["fields"] == {"q": ["Lindqvist"], "note": [""]}
