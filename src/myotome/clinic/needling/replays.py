"""Commands that may arrive twice: a tablet that lost the network, a button pressed twice, a page sent again.

A command that carries a `client_id` is done once; the same again answers with what it did the first time and leaves
nothing, not even a second line in the audit. Needles themselves are kept apart by their own `client_id`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from django.apps import apps
from django.db import models, transaction

from myotome.clinic.needling.models import VisitCommand
from myotome.clinic.needling.queries import visit_for
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import KeyReused

Row = TypeVar("Row", bound=models.Model)
MEASURED_BY_THE_PAGE = frozenset({"shown_at"})
"""What a page says about itself, which may be told otherwise when the same command is sent later."""


def once(do: Callable[..., Row]) -> Callable[..., Row]:
    """The action `do(by=, at=, visit_id=, ...)` as one that also takes `client_id=` and then happens once.

    Raises:
        KeyReused: the same id came with another content.
    """

    @wraps(do)
    @transaction.atomic
    def act(*, by: Actor, at: datetime, visit_id: int, client_id: str = "", **given: Any) -> Row:
        if not client_id:
            return do(by=by, at=at, visit_id=visit_id, **given)
        visit = visit_for(by, visit_id)
        # Of two at once the second waits here for the first, and then finds it.
        command, is_new = VisitCommand.objects.get_or_create(
            visit=visit,
            act=do.__name__,
            client_id=client_id[:64],
            defaults={"clinic_id": by.clinic_id, "content": _fingerprint(given), "done_at": at},
        )
        if not is_new:
            if command.content != _fingerprint(given):
                raise KeyReused("This was sent before with another content. Look at the visit, then send it anew.")
            answer: Row = apps.get_model(command.answer_table)._base_manager.get(pk=command.answer_id)
            return answer
        row = do(by=by, at=at, visit_id=visit_id, **given)
        command.answer_table, command.answer_id = row._meta.label, row.pk
        command.save(update_fields=["answer_table", "answer_id"])
        return row

    return act


def _fingerprint(given: dict[str, Any]) -> str:
    said = {name: value for name, value in given.items() if name not in MEASURED_BY_THE_PAGE and value is not None}
    text = json.dumps(
        said, sort_keys=True, default=lambda value: value.user_id if isinstance(value, Actor) else str(value)
    )
    return hashlib.sha256(text.encode()).hexdigest()
