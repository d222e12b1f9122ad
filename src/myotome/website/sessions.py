"""Who is asking, for every request: the session and its user, read by queries that are built once."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.people.queries import user_with_id

_by_key = Prepared(lambda key: Session.objects.filter(session_key=key), "a session key")


class SessionStore(db.SessionStore):
    """As Django's; an ended session is not there."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Django's own table."""
        return Session

    def _get_session_from_db(self) -> Any:
        for row in _by_key(self.session_key):
            if row.expire_date > timezone.now():
                return row
        self._session_key = None
        return None


class Backend(AuthenticationBackend):
    """allauth's, with the same way to find out who the session belongs to."""

    def get_user(self, user_id: Any) -> Any:
        """The user of a session, if she may still log in."""
        user = user_with_id(int(user_id))
        return user if user is not None and self.user_can_authenticate(user) else None
