"""Three minutes in which an act of the staff can be taken back before anybody is told of it.

An act of the desk keeps what the appointment was before it, and its messages wait; undone, they are never sent and the
calendars' sequence is what it was. A patient's own act is told at once and has no undo. Running late has the same
minutes, in `late`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.prepared import insert
from myotome.clinic.booking.claims import clash_is_already_booked, release
from myotome.clinic.booking.models import Appointment, DeskAct, DiaryRules, Notice
from myotome.clinic.booking.owed import pass_on_series, say_after_all
from myotome.clinic.booking.placing import place, wanted_for
from myotome.clinic.booking.waitlist import booking_taken_back
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import NotAsThingsStand, StaleVersion
from myotome.vocabulary.scheduling import AppointmentStatus

KEPT = ("status", "practitioner_id", "service_id", "starts_at", "ends_at", "sequence", "cancelled_at", "cancelled_by")


def snapshot(appointment: Appointment) -> dict[str, Any]:
    """What `undo` needs to put the appointment back, as plain values."""
    found = {name: getattr(appointment, name) for name in KEPT}
    return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in found.items()}


def keep_undo(
    *, by: Actor, at: datetime, appointment: Appointment, act: str, before: dict[str, Any], rules: DiaryRules
) -> datetime | None:
    """Until when the act can be undone and nobody is told; None for an act of the patient herself or of a job."""
    if not by.holds(Role.RECEPTIONIST, Role.PRACTITIONER) or not rules.undo_seconds:
        return None
    until = at + timedelta(seconds=rules.undo_seconds)
    kept = DeskAct(
        clinic_id=by.clinic_id,
        appointment=appointment,
        act=act,
        at=at,
        until=until,
        by_user_id=by.user_id,
        before={"version": appointment.version} | before,
    )
    insert([kept])
    return until


def open_acts(actor: Actor, *, at: datetime) -> list[DeskAct]:
    """What this person can still undo, newest first."""
    rows = DeskAct.objects.for_actor(actor).filter(until__gt=at, undone_at__isnull=True, by_user_id=actor.user_id)
    rows = rows.select_related("appointment__patient", "appointment__practitioner", "appointment__place")
    return list(rows.order_by("-pk"))


def undo(*, by: Actor, at: datetime, act_id: int) -> Appointment:
    """The appointment as it was before the act; nobody is told, for nobody has been.

    Undone already stays undone.

    Raises:
        NotAsThingsStand: the time for it has run out.
        StaleVersion: the appointment was changed since.
        AlreadyBooked: its old time has been taken by somebody else in between.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    seen = DeskAct.objects.for_actor(by).get_or_not_found(pk=act_id)
    with transaction.atomic():
        DeskAct.objects.select_for_update().filter(pk=act_id).first()
        Appointment.objects.select_for_update().filter(pk=seen.appointment_id).first()
        act = DeskAct.objects.select_related("appointment__service", "appointment__practitioner").get(pk=seen.pk)
        appointment = act.appointment
        if act.undone_at is not None:
            return appointment
        if at >= act.until:
            raise NotAsThingsStand("It is too late to undo this: the patient is being told. Change the visit instead.")
        if appointment.version != act.before["version"]:
            raise StaleVersion("This visit was changed since. Look at it again, then change it.")
        Notice.objects.filter(
            appointment=appointment, sequence=appointment.sequence, queued_at__gte=act.at, sent_at__isnull=True
        ).exclude(kind="series").delete()
        _put_back(by, at, appointment, act)
        if act.act == "booked":
            booking_taken_back(appointment)
        pass_on_series(appointment, after=None)
        say_after_all(appointment, at=at)
        act.undone_at = at
        act.save(update_fields=["undone_at"])
        record(
            by=by,
            at=at,
            act="appointment.undone",
            subject=appointment,
            patient_id=appointment.patient_id,
            what=act.act,
        )
    return appointment


def _put_back(by: Actor, at: datetime, appointment: Appointment, act: DeskAct) -> None:
    release(appointment)
    appointment.version += 1
    if act.act == "booked":
        appointment.status = AppointmentStatus.CANCELLED.value
        appointment.cancelled_at, appointment.cancelled_by = at, by.name
        appointment.save()
        return
    for name in KEPT:
        if name not in act.before:
            continue  # kept by the program as it was before an update, minutes ago
        value = act.before[name]
        is_time = name.endswith("_at") and value is not None
        setattr(appointment, name, datetime.fromisoformat(value) if is_time else value)
    wanted = wanted_for(
        by,
        at=min(at, act.at),
        service_id=appointment.service_id,
        service=appointment.service,
        practitioner_id=appointment.practitioner_id,
        starts_at=appointment.starts_at,
    )
    with clash_is_already_booked():
        place(wanted, appointment, at=at)
