"""Races need an installation of their own: real processes see only what is committed."""

from tests.clinic.keeping.conftest import new_house

__all__ = ["new_house"]
