"""Patients and visits from another program's files: looked through first, then imported whole or not at all.

Looking through is the import itself, undone at its end: what it says is what will happen. Each row is new, known already, left
out, or at fault; with one fault nothing is imported. A row carries a key made of what the file says, which
stays with the visit when it is moved or cancelled here, so that the same file twice changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.importing_people import import_patients
from myotome.clinic.booking.importing_rows import Imported
from myotome.clinic.booking.importing_visits import import_calendar, import_visits
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import HandedIn
from myotome.clinic.booking.queries import active_service
from myotome.clinic.people.models import Clinic
from myotome.exchange.spreadsheet.dates import ORDERS
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound, UnreadableFile

KEPT_FOR = timedelta(hours=1)
KINDS = ("patients", "visits", "calendar")


def hand_in(
    *,
    by: Actor,
    at: datetime,
    kind: str,
    name: str,
    content: bytes,
    day_order: str = "",
    practitioner_id: int | None = None,
    service_id: int | None = None,
) -> HandedIn:
    """The file kept for an hour, for this person to look through and import.

    Raises:
        NotAllowed: not at the desk.
        InvalidValue: no such kind of file, or for a calendar nobody and nothing chosen.
        NotFound: no such practitioner or service.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    if by.user_id is None:
        raise NotAllowed("A file is handed in by a person.")
    if kind not in KINDS or day_order not in ORDERS:
        raise InvalidValue("Please choose what the file holds.", field="kind")
    if not content:
        raise UnreadableFile("Please choose a file.", field="file")
    known = set_up_of(by.clinic_id)
    if kind == "calendar":
        if practitioner_id is None or service_id is None:
            raise InvalidValue("Please choose whose calendar it is, and for which service.", field="practitioner")
        if practitioner_id not in known.practitioners:
            raise NotFound("There is nothing here that you can see.")
        active_service(known, service_id)
    else:
        practitioner_id = service_id = None
    with transaction.atomic():
        HandedIn.objects.filter(clinic_id=by.clinic_id, handed_in_at__lt=at - KEPT_FOR).delete()
        row = HandedIn.objects.create(
            clinic_id=by.clinic_id,
            kind=kind,
            name=" ".join(name.split())[:120],
            digest=hashlib.sha256(content).hexdigest(),
            content=content,
            day_order=day_order,
            practitioner_id=practitioner_id,
            service_id=service_id,
            handed_in_by_id=by.user_id,
            handed_in_at=at,
        )
        record(by=by, at=at, act="import.handed_in", subject=row, kind=kind, n_bytes=len(content))
    return row


def handed_in(by: Actor, pk: int, *, at: datetime) -> HandedIn:
    """A file that this person handed in within the last hour.

    Raises:
        NotFound: there is none such, or it is older.
    """
    rows = HandedIn.objects.for_actor(by).filter(handed_in_at__gte=at - KEPT_FOR)
    found: HandedIn = rows.get_or_not_found(pk=pk)
    return found


def look_through(by: Actor, file: HandedIn, *, at: datetime) -> Imported:
    """What importing the file would do; nothing is changed."""
    return _import(by, file, at=at, for_good=False)


def import_file(*, by: Actor, at: datetime, file: HandedIn) -> Imported:
    """The file imported, if none of its rows is at fault; otherwise nothing, and the faults are named.

    Imported already it is not imported again: no rows.
    """
    return _import(by, file, at=at, for_good=True)


def _import(by: Actor, file: HandedIn, *, at: datetime, for_good: bool) -> Imported:
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    content = bytes(file.content)
    work: Callable[[], Imported] = {
        "patients": lambda: import_patients(by, content, file.day_order, at=at),
        "visits": lambda: import_visits(by, content, file.day_order, at=at),
        "calendar": lambda: import_calendar(by, content, file, at=at),
    }[file.kind]
    with transaction.atomic():
        if for_good and not _is_waiting(file):
            return Imported(())
        # Two who import at once do so one after the other, or both would take the same patient for new.
        Clinic.objects.select_for_update(no_key=True).get(pk=by.clinic_id)
        done = work()
        if not for_good or done.n_faults:
            transaction.set_rollback(True)
            return done
        HandedIn.objects.filter(pk=file.pk).update(imported_at=at, content=b"")
        record(by=by, at=at, act="import.done", subject=file, kind=file.kind, n_new=done.n_new, n_known=done.n_known)
    return done


def _is_waiting(file: HandedIn) -> bool:
    """True for one of two who say yes in the same moment; the other waits, and finds it done."""
    row = HandedIn.objects.select_for_update(of=("self",)).filter(pk=file.pk).first()
    return row is not None and row.imported_at is None
