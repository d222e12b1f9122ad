"""The owner's page of measures with a licence, through HTTP."""

from __future__ import annotations

import pytest
from django.urls import reverse

from myotome.clinic.followup.licences import licensed
from myotome.vocabulary.courses import Role
from tests.factories import PASSWORD, a_clinic, a_user

pytestmark = pytest.mark.django_db


def test_the_owner_adds_a_licence_and_ends_it_and_keeps_her_typing(client):
    clinic = a_clinic()
    client.login(username=a_user(clinic, Role.OWNER).email, password=PASSWORD)
    where = reverse("owner:measures", kwargs={"clinic": clinic.slug})
    assert "None." in client.get(where).content.decode()
    typed = {"code": "lefs", "loinc": "72514-4", "licence": "letter of 2026"}
    refused = client.post(where, typed)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "its last digit does not fit the others" in page
    assert 'value="letter of 2026"' in page
    assert '<option value="lefs" selected lang="en">' in page
    assert client.post(where, typed | {"loinc": "72514-3"}).status_code == 302
    assert "LOINC 72514-3" in client.get(where).content.decode()
    client.post(where, {"end": "lefs"})
    assert licensed(clinic.pk) == {}
