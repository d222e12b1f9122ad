"""With whom a practitioner is registered, and under which number: what an insurer asks a receipt for.

Without it a receipt is written all the same; who writes it is told, and the owner sees whose is missing.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.people.models import Practitioner
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role


@transaction.atomic
def set_registration(*, by: Actor, at: datetime, practitioner_id: int, body: str, number: str) -> Practitioner:
    """The college or register (up to 120 characters) and her number there (up to 40); either may be empty.

    Receipts written from now on carry it; those written before stay as they are.

    Raises:
        NotAllowed: not the owner.
        NotFound: there is no such practitioner in this clinic.
        InvalidValue: names the field that is too long or holds what cannot be stored.
    """
    by.check_holds(Role.OWNER)
    row: Practitioner = Practitioner.objects.for_actor(by).get_or_not_found(pk=practitioner_id)
    row.registration_body, row.registration_number = (" ".join(text.split()) for text in (body, number))
    row.save(update_fields=["registration_body", "registration_number"])
    record(
        by=by,
        at=at,
        act="registration.changed",
        subject=row,
        body=row.registration_body,
        number=row.registration_number,
    )
    return row


def unregistered(actor: Actor) -> list[Practitioner]:
    """Those who treat here and have no registration number on file, by name."""
    rows = set_up_of(actor.clinic_id).practitioners.values()
    return sorted((row for row in rows if row.is_active and not row.registration_number), key=lambda row: row.name)
