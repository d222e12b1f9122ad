"""The clinic and the practitioner of these tests."""

from __future__ import annotations

import pytest

from tests.factories import a_clinic, a_practitioner


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)
