"""A patient finds her receipts on her own page, as PDF, and nobody else's; by link only once she has said her birth date."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.clinic.money.test_money_pages import text_of
from tests.factories import a_page_link, a_patient, a_user
from tests.money import a_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(client):
    """The desk, and two patients with a receipt each: (desk, hannah, her receipt, another's receipt)."""
    desk = a_desk()
    hannah, omar = a_patient(desk.clinic), a_patient(desk.clinic, given_name="Omar")
    now = timezone.now()
    made = [
        desk.pay(desk.charge(desk.visit(patient=patient, starts_at=now), at=now), at=now) for patient in (hannah, omar)
    ]
    return desk, hannah, *made


def at(name, desk, **ids):
    return reverse(f"portal:{name}", kwargs={"clinic": desk.clinic.slug, **ids})


def test_her_page_lists_her_receipts_and_opens_them_as_pdf(client, two):
    desk, hannah, hers, others = two
    token = a_page_link(hannah)
    url = at("receipt_by_link", desk, token=token, payment=hers.pk)
    assert client.get(url).url == at("page", desk, token=token)
    client.post(at("page", desk, token=token), {"born_on": "1968-03-12"})
    page = client.get(at("page", desk, token=token)).content.decode()
    assert url in page
    assert at("receipt_by_link", desk, token=token, payment=others.pk) not in page
    answer = client.get(url)
    assert answer["Cache-Control"] == "no-store"
    assert "Receipt 1" in text_of(answer.content)
    assert client.get(at("receipt_by_link", desk, token=token, payment=others.pk)).status_code == 404


def test_with_her_account_she_opens_hers_and_no_other(client, two):
    desk, hannah, hers, others = two
    hannah.user = a_user(desk.clinic)
    hannah.save(update_fields=["user"])
    client.force_login(hannah.user)
    assert client.get(at("receipt", desk, payment=hers.pk)).status_code == 200
    assert client.get(at("receipt", desk, payment=others.pk)).status_code == 404
    assert at("receipt", desk, payment=hers.pk) in client.get(at("home", desk)).content.decode()
