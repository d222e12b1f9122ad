"""The database backend: before a kept connection is used again, its socket is looked at instead of a question being sent.

A server that has ended a connection has said so by then, and its word (or the end of the stream) waits to be read. Where
nothing waits, the question would have been answered; it costs each request one way there and back.
"""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; only how a kept connection is found to be alive differs."""

    def is_usable(self) -> bool:
        """False when the server has ended the connection; asked in earnest only where something waits to be read."""
        if self.connection is None or self.connection.closed:
            return False
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN)
        return not socket.poll(0) or bool(super().is_usable())
