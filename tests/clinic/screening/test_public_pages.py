"""The public site: the two treatments side by side, what is known, when the next time is free."""

import pytest

from tests.factories import a_clinic, a_practitioner

pytestmark = pytest.mark.django_db
PAGES = ["/alder/", "/alder/known/", "/alder/about/", "/alder/intake/"]


@pytest.fixture
def clinic():
    clinic = a_clinic()
    a_practitioner(clinic)
    return clinic


@pytest.mark.parametrize("path", PAGES)
def test_every_public_page_opens_with_few_queries_and_the_disclaimer(
    client, clinic, path, django_assert_max_num_queries
):
    with django_assert_max_num_queries(15):
        page = client.get(path)
    assert page.status_code == 200
    assert "does not establish a physician-patient relationship" in page.content.decode()


def test_the_front_page_says_what_differs(client, clinic):
    page = client.get("/alder/").content.decode()
    for words in ("in and out in seconds", "left in 15 to 20 minutes", "may be far from the pain", "Tradition says"):
        assert words in page
    assert "7.9 treatments on average in one clinic, unblinded, men off work" in page
    assert "39 trials, 20,827 people" in page


def test_the_next_free_assessment_is_a_real_one(client, clinic):
    page = client.get("/alder/").content.decode()
    assert "The next free assessment is" in page
    assert "60 minutes, with Elena Marchetti" in page


def test_with_nobody_at_work_the_page_says_so_and_gives_the_number(client):
    a_clinic()
    page = client.get("/alder/").content.decode()
    assert "No assessment is free" in page
    assert "604 555 0142" in page


def test_what_is_known_shows_trials_that_found_nothing(client, clinic):
    page = client.get("/alder/known/").content.decode()
    assert "made no difference after 4 weeks, 6 months or a year" in page
    assert "1,463 of 7,629" in page
    assert "awaiting clinical sign-off" in page


def test_a_clinic_that_does_not_exist_is_not_found(client, clinic):
    assert client.get("/nowhere/").status_code == 404
