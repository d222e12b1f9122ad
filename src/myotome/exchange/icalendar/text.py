"""Text that calendars can carry: line breaks stay, and nothing that RFC 5545 forbids or a reader trips over is sent."""

from __future__ import annotations

import re

_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""What some readers of calendars take for the end of a line although it is none."""
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\ud800-\udfff]")


def calendar_text(text: str) -> str:
    """The text with every kind of line break as a newline, without control characters and lone surrogates."""
    return _FORBIDDEN.sub("", _BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """The same on one line: for names, which stand in parameters, and for file names."""
    return " ".join(calendar_text(text).split())
