"""A practitioner who is a patient too: what takes the one takes the other.

Her record as a patient is tied to her as a practitioner (`OwnRecord`). From then on each visit of hers claims her also as
the practitioner, tick by tick: that nothing is claimed twice keeps her from treating then, whoever writes at the same
moment. She is offered no time with herself. What she says of herself under her link counts once the desk has said yes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.booking.claims import clash_is_already_booked, taken_among, write_claims
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment, AppointmentSpan, Claim
from myotome.clinic.booking.queries import LIVE, practitioner_of
from myotome.clinic.people.models import OwnRecord, Patient, Practitioner
from myotome.clinic.people.queries import patient_for, search_key
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue
from myotome.vocabulary.scheduling import HoldKind, ResourceKind
from myotome.vocabulary.sentences import Sentence, joined

MOST_LOOKS = 5
MAY_CONFIRM = (Role.RECEPTIONIST, Role.PRACTITIONER, Role.OWNER)
_practitioners = Prepared(
    lambda patient_id: OwnRecord.objects.filter(patient_id=patient_id, confirmed_at__isnull=False).values_list(
        "practitioner"
    ),
    7_000_001,
)


def own_practitioner(patient_id: int) -> int | None:
    """Which practitioner this patient is, as it stays until the transaction ends; None for nearly everybody.

    Whoever ties or parts a record locks the patient first (`_locked`); on PostgreSQL this look waits for that.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM people_patient WHERE id = %s FOR KEY SHARE", [patient_id])
    found: list[tuple[int]] = _practitioners(patient_id)
    return found[0][0] if found else None


def her_ticks(spans: Iterable[AppointmentSpan]) -> list[int]:
    """The ticks in which the patient of these spans is there."""
    return [
        tick
        for span in spans
        if span.resource_kind == ResourceKind.PATIENT.value
        for tick in range(span.first_tick, span.end_tick)
    ]


@transaction.atomic
def tie_own_record(*, by: Actor, at: datetime, patient_id: int, practitioner_id: int) -> OwnRecord:
    """The patient said to be this practitioner; from the staff it counts at once, from her under her link once they confirm.

    Raises:
        AlreadyBooked: she has visits while she treats, or with herself; names each.
        InvalidValue: either of the two is tied to another already.
    """
    patient, who = patient_for(by, patient_id), practitioner_of(by, practitioner_id)
    _locked(patient_id)
    row = OwnRecord.objects.filter(patient=patient).first() or OwnRecord(clinic_id=by.clinic_id, patient=patient)
    if row.confirmed_at is not None and row.practitioner_id != who.pk:
        raise InvalidValue(
            "This patient is {practitioner} already. Part them first.",
            field="practitioner",
            practitioner=row.practitioner.name,
        )
    if row.confirmed_at is not None:
        return row
    counts = by.is_system or by.holds(*MAY_CONFIRM)
    if counts:
        _check_no_other(who)
    row.practitioner, row.said_at, row.said_by = who, at, by.name
    row.confirmed_at = at if counts else None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # another record was tied to her in the same moment
        _check_no_other(who)
        raise
    act = "own_record.tied" if counts else "own_record.said"
    record(by=by, at=at, act=act, subject=row, patient_id=patient_id, practitioner=who.pk)
    if counts:
        claim_for_both(patient_id, at=at)
    return row


@transaction.atomic
def part_own_record(*, by: Actor, at: datetime, patient_id: int) -> None:
    """Two people again, each with her own times; so already stays so. It is also the no to what she has said herself."""
    by.check_holds(*MAY_CONFIRM)
    patient = patient_for(by, patient_id)
    _locked(patient_id)
    row = OwnRecord.objects.filter(patient=patient).first()
    if row is None:
        return
    record(by=by, at=at, act="own_record.parted", subject=row, patient_id=patient_id, practitioner=row.practitioner_id)
    row.delete()
    claim_for_both(patient_id, at=at)


def own_record_of(actor: Actor, patient_id: int) -> OwnRecord | None:
    """The patient's tie to a practitioner, confirmed or only said."""
    rows = OwnRecord.objects.for_actor(actor).filter(patient_id=patient_id)
    found: OwnRecord | None = rows.select_related("practitioner").first()
    return found


def herself_likely(actor: Actor, patient: Patient, *, known: SetUp | None = None) -> Practitioner | None:
    """Who of the practitioners without a record this patient may be: of the same login, or of the same name."""
    known = known or set_up_of(actor.clinic_id)
    free = [row for row in known.practitioners.values() if row.is_active and row.pk not in known.own.values()]
    names = set(search_key(patient.name).split())
    for row in free:
        if row.user_id is not None and row.user_id == patient.user_id:
            return row
    return next((row for row in free if names <= set(search_key(row.name).split())), None)


def practitioners_but_her(actor: Actor, patient_id: int, *, known: SetUp | None = None) -> list[Practitioner]:
    """Active practitioners of the clinic by name, without the one that this patient is; `known` is its set-up where at hand."""
    known = known or set_up_of(actor.clinic_id)
    herself = known.own.get(patient_id)
    found = (row for row in known.practitioners.values() if row.is_active and row.pk != herself)
    return sorted(found, key=lambda row: row.name)


def check_not_herself(known: SetUp, patient_id: int, practitioner: Practitioner) -> None:
    """Nothing, unless the patient is this practitioner.

    Raises:
        InvalidValue: nobody treats herself.
    """
    if known.own.get(patient_id) == practitioner.pk:
        raise not_herself(practitioner)


def not_herself(practitioner: Practitioner) -> InvalidValue:
    """The refusal: this practitioner is the patient."""
    return InvalidValue(
        "{practitioner} is this patient herself. Please choose somebody else.",
        field="practitioner",
        practitioner=practitioner.name,
    )


def claim_for_both(patient_id: int, *, at: datetime) -> None:
    """What is ahead of her claims the practitioner she is too, and no other beside the one who gives the visit.

    Raises:
        AlreadyBooked: she has visits while she treats, or with herself; names each and writes nothing. Call it in a transaction.
    """
    _locked(patient_id)
    who = own_practitioner(patient_id)
    visits = list(_ahead(patient_id, at=at))
    for visit in visits:
        of_people = Claim.objects.filter(appointment=visit, resource__startswith="practitioner:")
        of_people.exclude(resource=f"practitioner:{visit.practitioner_id}").delete()
    if who is None:
        return
    for _ in range(MOST_LOOKS):
        if clashes := _clashes(visits, who, at=at):
            raise AlreadyBooked(
                "She cannot be at two places: {clashes} Move or cancel one of each two, then say it again.",
                field="practitioner",
                clashes=joined(clashes, by=" "),
            )
        try:
            with clash_is_already_booked():
                for visit in visits:
                    keys = [(f"practitioner:{who}", tick) for tick in her_ticks(visit.spans.all())]
                    write_claims(keys, clinic_id=visit.clinic_id, appointment_id=visit.pk)
        except AlreadyBooked:
            continue  # somebody was faster since the look; the next look names whom
        return
    raise AlreadyBooked("She is being booked at this very moment. Please say it again.", field="practitioner")


def check_one_practitioner(*, keep_id: int, merge_id: int) -> None:
    """Nothing, when two records that are joined are not tied to two practitioners; what is only said gives way.

    Raises:
        InvalidValue: they are.
    """
    for pk in sorted((keep_id, merge_id)):
        _locked(pk)
    kept, merged = own_practitioner(keep_id), own_practitioner(merge_id)
    if kept and merged:
        raise InvalidValue("These records are those of two practitioners. Part one of them first.", field="other")
    if merged:
        OwnRecord.objects.filter(patient_id=keep_id).delete()


def _check_no_other(practitioner: Practitioner) -> None:
    rows = OwnRecord.objects.filter(practitioner=practitioner, confirmed_at__isnull=False)
    other = rows.select_related("patient").first()
    if other is not None:
        raise InvalidValue(
            "{practitioner} has a record of her own already, {patient}. If both are hers, join the two records.",
            field="practitioner",
            practitioner=practitioner.name,
            patient=other.patient.name,
        )


def _ahead(patient_id: int, *, at: datetime) -> QuerySet[Appointment]:
    rows = Appointment.objects.filter(patient_id=patient_id, ends_at__gt=at, status__in=LIVE)
    return rows.select_related("place").prefetch_related("spans").order_by("starts_at")


def _locked(patient_id: int) -> None:
    """Nobody changes, or books, a visit of hers until the transaction ends: whoever has begun to is waited for.

    Whoever changes a visit locks it and then asks who its patient is: so visits come first, and those booked meanwhile again.
    """
    hers = Appointment.objects.select_for_update().filter(patient_id=patient_id).order_by("pk").only("pk")
    list(hers)
    Patient.objects.select_for_update().filter(pk=patient_id).first()
    with clash_is_already_booked():
        list(hers.all())


def _clashes(visits: Iterable[Appointment], who: int, *, at: datetime) -> list[Sentence]:
    """A sentence for each visit of hers at which she treats somebody, is kept for something else, or treats herself."""
    found = []
    name = f"practitioner:{who}"
    for visit in visits:
        when = visit.starts_at.astimezone(ZoneInfo(visit.place.time_zone))
        if visit.practitioner_id == who:
            found.append(Sentence("{when:%a %d %b %H:%M} she would treat herself.", when=when))
            continue
        ticks = her_ticks(visit.spans.all())
        first, last = min(ticks, default=0), max(ticks, default=0)
        taken = {tick for _, tick in taken_among([name], first, last + 1, at=at)} & set(ticks)
        if not taken:
            continue
        claim = (
            Claim.objects.filter(resource=name, tick=min(taken)).select_related("appointment__patient", "hold").get()
        )
        if claim.appointment is not None:
            treated = claim.appointment.patient.name
            found.append(Sentence("{when:%a %d %b %H:%M} she is a patient and treats {name}.", when=when, name=treated))
        elif claim.hold is not None and claim.hold.kind == HoldKind.BLOCK.value:
            found.append(Sentence("{when:%a %d %b %H:%M} she is a patient and her time is blocked.", when=when))
        else:
            found.append(Sentence("{when:%a %d %b %H:%M} she is a patient and her time is held.", when=when))
    return found
