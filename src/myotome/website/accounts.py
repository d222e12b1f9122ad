"""How accounts behave: nobody signs up by herself; staff are invited, patients come by link."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Closed sign-up; after login a person lands where she works."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: accounts are made by the clinic."""
        return False
