"""A receptionist at her desk; and races, which need an installation of their own: real processes see what is committed."""

import pytest

from tests.clinic.keeping.conftest import new_house
from tests.factories import a_clinic, a_practitioner, a_receptionist, an_actor

__all__ = ["new_house"]


@pytest.fixture
def robin():
    """The receptionist of a clinic with a practitioner."""
    clinic = a_clinic()
    a_practitioner(clinic)
    return an_actor(a_receptionist(clinic), clinic)
