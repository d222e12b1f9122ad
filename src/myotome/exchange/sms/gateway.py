"""What carries a short message: anything with `send`. Two come along: the console, and a carrier asked over HTTP.

No carrier is built in: the HTTP gateway posts `{"to": ..., "text": ...}` as JSON to the address that the clinic sets,
with its token as bearer; most carriers, or a few lines in front of one, take that.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Protocol, TextIO
from urllib.parse import urlsplit

TIMEOUT_S = 10


class SmsGateway(Protocol):
    """Carries short messages."""

    def send(self, to: str, text: str) -> None:
        """Hands the message over.

        Raises:
            OSError: it could not be handed over; the caller tries again later.
        """


@dataclass(frozen=True, slots=True)
class ConsoleGateway:
    """Writes messages where the operator sees them; for trying out, and for a clinic without a carrier."""

    out: TextIO = field(default_factory=lambda: sys.stdout)

    def send(self, to: str, text: str) -> None:
        """One line a message."""
        self.out.write(f"SMS to {to}: {text}\n")
        self.out.flush()


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """A carrier asked over HTTP."""

    url: str
    token: str = ""

    def send(self, to: str, text: str) -> None:
        """Posts the message as JSON; any answer below 300 is a yes.

        Raises:
            OSError: no connection, no answer within ten seconds, or an answer that is no yes.
        """
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise OSError("the address of the SMS carrier is not http or https")
        request = urllib.request.Request(  # noqa: S310  the scheme is checked above
            self.url,
            data=json.dumps({"to": to, "text": text}).encode(),
            headers={"Content-Type": "application/json"}
            | ({"Authorization": f"Bearer {self.token}"} if self.token else {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                if answer.status >= 300:
                    raise OSError(f"the SMS carrier answered {answer.status}")
        except urllib.error.HTTPError as fault:
            raise OSError(f"the SMS carrier answered {fault.code}") from fault


def gateway_from(url: str, token: str = "") -> SmsGateway | None:
    """`console:` or an http(s) address; None for an empty one: the clinic sends no short messages.

    Raises:
        ValueError: anything else.
    """
    if not url:
        return None
    if url == "console:":
        return ConsoleGateway()
    if urlsplit(url).scheme in {"http", "https"}:
        return HttpGateway(url, token)
    raise ValueError("MYOTOME_SMS_URL is console: or starts with http:// or https://")
