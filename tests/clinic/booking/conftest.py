"""A receptionist at her desk; and races, which need an installation of their own: real processes see what is committed."""

import pytest

from myotome.clinic.booking.models import Service
from tests.clinic.keeping.conftest import new_house
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

__all__ = ["new_house"]


@pytest.fixture
def robin():
    """The receptionist of a clinic with a practitioner."""
    clinic = a_clinic()
    a_practitioner(clinic)
    return an_actor(a_receptionist(clinic), clinic)


@pytest.fixture
def desk(client, monkeypatch):
    """(clinic, practitioner, receptionist's actor, service, patient of an open course), at nine on Tuesday."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    clinic = a_clinic()
    elena, robin = a_practitioner(clinic), a_receptionist(clinic)
    client.force_login(robin)
    hannah = a_patient(clinic, in_care_of=elena)
    a_course(clinic, hannah)
    return clinic, elena, an_actor(robin, clinic), Service.objects.get(clinic=clinic, kind="ims"), hannah
