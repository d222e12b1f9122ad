"""The services that the owner describes: added, renamed, changed and retired, as many of a kind as her clinic likes.

A name is its service's alone, in whatever letters it is typed, also while it is not offered: people choose and files are
read by it. What is booked keeps its service, and its minutes and price as they were when it was booked or charged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.claims import MOST_RESTING
from myotome.clinic.booking.models import Service, ServicePhase
from myotome.clinic.booking.set_up import ROOM_KINDS, in_words, named
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, StaleVersion
from myotome.vocabulary.scheduling import Phase, ServiceKind

MOST_PHASES = 8
MOST_MINUTES_OF_A_VISIT = 12 * 60
CHANGES = frozenset({
    "name", "price_cents", "room_kind", "equipment", "buffer_minutes", "turnover_minutes", "credential", "most_resting",
    "new_patients_may_book", "in_care_may_book", "is_active",
})  # fmt: skip
"""What of a service may be changed: everything but its kind."""


@transaction.atomic
def add_service(
    *, by: Actor, at: datetime, kind: str, name: str, phases: Sequence[Phase], price_cents: int, **values: Any
) -> Service:
    """One more service, beside whatever there is of its kind; `values` are as for `change_service`.

    Raises:
        InvalidValue: no such kind, a name that another service has, or a value outside its range.
    """
    by.check_holds(Role.OWNER)
    if kind not in set(ServiceKind):
        raise InvalidValue(
            "Please say what the visit is: an assessment or a treatment, IMS or acupuncture.", field="kind"
        )
    row = Service(clinic_id=by.clinic_id, kind=kind)
    _write(row, {"name": name, "price_cents": price_cents, **values})
    _write_phases(row, phases)
    record(by=by, at=at, act="service.added", subject=row, kind=kind, minutes=[phase.minutes for phase in phases])
    return row


@transaction.atomic
def change_service(
    *,
    by: Actor,
    at: datetime,
    service_id: int,
    phases: Sequence[Phase] | None = None,
    version: int | None = None,
    **changes: Any,
) -> Service:
    """The service in other phases, and with other values for any of `CHANGES`; what is booked keeps its own.

    `version` is that of the page somebody decided on; who has read none gives none.

    Raises:
        InvalidValue: a name that another service has, or a value outside its range.
        StaleVersion: somebody else has changed it in the meantime.
    """
    by.check_holds(Role.OWNER)
    row = Service.objects.for_actor(by).select_for_update().get_or_not_found(pk=service_id)
    if version is not None and row.version != version:
        raise StaleVersion(
            "Somebody else changed this service in the meantime. Look at it again, then save what should stand."
        )
    row.version += 1
    _write(row, changes)
    record(by=by, at=at, act="service.changed", subject=row, fields=sorted(changes))
    if phases is not None:
        _write_phases(row, phases)
        record(by=by, at=at, act="service.phases", subject=row, minutes=[phase.minutes for phase in phases])
    return row


def _write(row: Service, changes: Mapping[str, Any]) -> None:
    if unknown := set(changes) - CHANGES:
        raise InvalidValue("Of a service this is not changed: {what}.", field=min(unknown), what=min(unknown))
    if changes.get("room_kind", "any") not in ROOM_KINDS:
        raise InvalidValue("A room is for any treatment, IMS or acupuncture.", field="room_kind")
    if changes.get("price_cents", 0) < 0:
        raise InvalidValue("A price is 0 or more.", field="price_cents")
    for name in ("buffer_minutes", "turnover_minutes"):
        if changes.get(name, 0) not in range(0, 121, 5):
            raise InvalidValue("The time after a visit is 0, 5, 10 ... 120 minutes.", field=name)
    if not 1 <= changes.get("most_resting", 1) <= MOST_RESTING:
        raise InvalidValue("One to twelve patients may rest at once.", field="most_resting")
    written = dict(changes)
    if "name" in written:
        written["name"] = named(" ".join(written["name"].split()), "name")
    if "equipment" in written:
        written["equipment"] = in_words(written["equipment"])
    for name, value in written.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save(update_fields=[*sorted(written), "version"] if row.pk else None)
    except IntegrityError:
        # The constraint decides, so that two owners who add the same name at once get one service.
        others = Service.objects.filter(clinic_id=row.clinic_id, search_name=row.search_name).exclude(pk=row.pk)
        if (other := others.first()) is None:
            raise
        if other.is_active:
            raise InvalidValue(
                "There is a service called “{name}” already. Give this one another name.", field="name", name=other.name
            ) from None
        raise InvalidValue(
            "A service that is not offered any more is called “{name}”. Offer it again, or rename it first.",
            field="name",
            name=other.name,
        ) from None


def _write_phases(row: Service, phases: Sequence[Phase]) -> None:
    if not 1 <= len(phases) <= MOST_PHASES:
        raise InvalidValue("A service has one to {most} phases.", field="phases", most=MOST_PHASES)
    if not any(phase.practitioner for phase in phases):
        raise InvalidValue("At least one phase is with the practitioner.", field="phases")
    if sum(phase.minutes for phase in phases) > MOST_MINUTES_OF_A_VISIT:
        raise InvalidValue("A visit lasts at most {hours} hours.", field="phases", hours=MOST_MINUTES_OF_A_VISIT // 60)
    row.phases.all().delete()
    for order, phase in enumerate(phases):
        ServicePhase.objects.create(
            clinic_id=row.clinic_id,
            service=row,
            order=order,
            minutes=phase.minutes,
            occupies_practitioner=phase.practitioner,
            occupies_room=phase.room,
        )
