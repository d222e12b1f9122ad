"""Log lines as JSON that say what happened and where, and nothing about whom.

A message is logged as its template, without what was filled in; of the arguments and extras only numbers, and a few
named words of the program's own, are kept. A request is its route (`<slug:clinic>/chart/<int:patient>/`), never its
path, which may hold a link's token. An exception is its kind and the places it passed, never its words: they may quote
what a patient wrote.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

OWN_WORDS = ("act", "job", "command", "event", "slug", "kind")
"""Extras that the program itself names; values are words of the code."""
MOST_PLACES = 12


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON: at, level, logger, message, and what else is safe to say."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
            "process": record.process,
        }
        if numbers := _numbers(record.args):
            line["numbers"] = numbers
        for name in OWN_WORDS:
            if isinstance(word := getattr(record, name, None), str):
                line[name] = word[:80]
        if isinstance(status := getattr(record, "status_code", None), int):
            line["status"] = status
        if route := _route(getattr(record, "request", None)):
            line["route"] = route
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["places"] = _places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=True)


def logging_settings(level: str = "INFO") -> dict[str, Any]:
    """Django's LOGGING: everything to standard error as JSON lines; our own from `level`, libraries from WARNING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "myotome.website.logs.JsonLines"}},
        "handlers": {
            "lines": {"class": "logging.StreamHandler", "formatter": "json"},
            # The worker sets its own level; its comings and goings are not news, its faults are.
            "faults": {"class": "logging.StreamHandler", "formatter": "json", "level": "ERROR"},
        },
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {
            "myotome": {"level": level},
            "django": {"handlers": ["lines"], "level": "WARNING", "propagate": False},
            "django.server": {"handlers": ["lines"], "level": "WARNING", "propagate": False},
            "django_tasks": {"handlers": ["faults"], "level": "WARNING", "propagate": False},
            "django_tasks_db": {"handlers": ["faults"], "level": "WARNING", "propagate": False},
        },
    }


def _numbers(arguments: Any) -> list[int | float]:
    if not isinstance(arguments, tuple):
        return []
    return [part for part in arguments if isinstance(part, int | float) and not isinstance(part, bool)]


def _route(request: Any) -> str:
    match = getattr(request, "resolver_match", None)
    return f"{request.method} {match.route}" if match is not None else ""


def _places(tb: Any) -> list[str]:
    frames = traceback.extract_tb(tb)[-MOST_PLACES:]
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
