"""Visits from another program's table or calendar. A row's key is made of what the file says and stays with its visit."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.clocks import moment_said, zone_of_practitioner
from myotome.clinic.booking.importing_people import WHO, one_of, patient_of, people_of, remember_whom, what_of, who
from myotome.clinic.booking.importing_rows import (
    MOST_BYTES,
    PASSED,
    Imported,
    ImportedRow,
    Outcome,
    guarded,
    imported_from,
)
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment, HandedIn, Service
from myotome.clinic.booking.notices import queue_notices
from myotome.clinic.booking.placing import FURTHEST_DAYS, wanted_for
from myotome.clinic.booking.queries import LIVE, booked_with
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.people.models import Practitioner
from myotome.clinic.people.queries import search_key
from myotome.clinic.screening.courses import open_course_id
from myotome.exchange.icalendar.reading import FoundEvent, events_in
from myotome.exchange.spreadsheet.dates import clock_from, day_from, distance_from
from myotome.exchange.spreadsheet.table import Row, read_table
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.sentences import Sentence

MOST_VISITS = 2_000
IMPORTED = Sentence("Imported before.")
VISIT_COLUMNS = WHO | {
    "service": ("appointment type", "treatment", "type"),
    "practitioner": ("provider", "therapist", "staff"),
    "date": ("day", "appointment date"),
    "time": ("start", "start time", "starts", "heure"),
}


def import_visits(by: Actor, content: bytes, order: str, *, at: datetime) -> Imported:
    """Every visit of a table that is not here yet; call it in the transaction that may be undone."""
    required = (*WHO, "service", "practitioner", "date", "time")
    table = read_table(content, columns=VISIT_COLUMNS, required=required, most_rows=MOST_VISITS, most_bytes=MOST_BYTES)
    people, known = people_of(by), set_up_of(by.clinic_id)

    def one(row: Row) -> ImportedRow:
        name, born_on = who(row, order)
        services, practitioner = _services(known, row["service"]), _practitioner(known, row["practitioner"])
        text, away = distance_from(row["time"])
        day, clock = day_from(row["date"], "date", order=order), clock_from(text, "time")
        what = f"{what_of(row, born_on)}: {day.isoformat()} {clock:%H:%M}"
        starts_at = moment_said(day, clock, away, zone_of_practitioner(known, practitioner.pk, day))
        said = (
            "row",
            name,
            born_on.isoformat(),
            services[0].kind,
        )  # the kind, as it was while a clinic had one of each
        key = _key(*said, f"practitioner {practitioner.pk}", starts_at.isoformat())
        named = _key(*said, practitioner.name, starts_at.isoformat())  # as it was until her name could change
        if booked_with(by, key) is not None or booked_with(by, named) is not None:
            return ImportedRow(row.number, what, Outcome.KNOWN, IMPORTED)
        service = _one_offered(services, row["service"])
        patient = one_of(people.called(name, born_on))
        remember_whom(by, people, patient, name, born_on, at=at)
        return _visit(
            by, row.number, what, key, at=at, patient_id=patient, service=service, practitioner=practitioner,
            starts_at=starts_at,
        )  # fmt: skip

    return imported_from(table, one)


def import_calendar(by: Actor, content: bytes, file: HandedIn, *, at: datetime) -> Imported:
    """The same for the events of one practitioner's calendar, each a visit of the service that was chosen."""
    people, known = people_of(by), set_up_of(by.clinic_id)
    practitioner, service = known.practitioners[file.practitioner_id], known.services[file.service_id]
    zone = zone_of_practitioner(known, practitioner.pk, None)
    events = events_in(content, zone=zone, until=at + timedelta(days=FURTHEST_DAYS))
    minutes = sum(phase.minutes for phase in service.phases.all())

    def one(number: int, event: FoundEvent) -> ImportedRow:
        when = event.starts.astimezone(ZoneInfo(zone)) if event.starts else None
        what = f"{event.summary} {when:%Y-%m-%d %H:%M}" if when else f"{event.summary} {event.on or ''}".strip()
        for is_so, why in (
            (event.is_cancelled, Sentence("It is cancelled.")),
            (event.is_free, Sentence("It takes nobody's time.")),
            (event.on is not None, Sentence("It lasts the whole day.")),
        ):
            if is_so:
                return ImportedRow(number, what, Outcome.LEFT_OUT, why)
        if event.fault or event.starts is None or event.ends is None:
            return ImportedRow(number, what, Outcome.FAULT, event.fault)
        if event.starts <= at:
            return ImportedRow(number, what, Outcome.LEFT_OUT, PASSED)
        key = _key("event", event.key)
        if booked_with(by, key) is not None:
            return ImportedRow(number, what, Outcome.KNOWN, IMPORTED)
        found = _visit(
            by, number, what, key, at=at, patient_id=patient_of(people, event),
            service=_one_offered([service], service.name),
            practitioner=practitioner, starts_at=event.starts,
        )  # fmt: skip
        lasts = int((event.ends - event.starts).total_seconds() // 60)
        if found.outcome is Outcome.NEW and lasts != minutes:
            says = Sentence("There it lasts {lasts} minutes, here {minutes}.", lasts=lasts, minutes=minutes)
            return ImportedRow(number, what, Outcome.NEW, says)
        return found

    return Imported(
        tuple(guarded(n, event.summary, lambda n=n, event=event: one(n, event)) for n, event in enumerate(events, 1))
    )


def _visit(
    by: Actor,
    number: int,
    what: str,
    key: str,
    *,
    at: datetime,
    patient_id: int,
    service: Service,
    practitioner: Practitioner,
    starts_at: datetime,
) -> ImportedRow:
    same = Appointment.objects.filter(
        clinic_id=by.clinic_id, patient_id=patient_id, practitioner=practitioner, starts_at=starts_at, status__in=LIVE
    )
    if same.exists():
        return ImportedRow(number, what, Outcome.KNOWN, Sentence("Booked already."))
    if starts_at <= at:
        return ImportedRow(number, what, Outcome.LEFT_OUT, PASSED)
    wanted = wanted_for(
        by, at=at, service_id=service.pk, service=service, practitioner_id=practitioner.pk, starts_at=starts_at
    )
    row = book(
        by=by, at=at, patient_id=patient_id, service_id=service.pk, practitioner_id=practitioner.pk,
        starts_at=starts_at, key=key, wanted=wanted, tell=False,
        course_id=open_course_id(clinic_id=by.clinic_id, patient_id=patient_id),
    )  # fmt: skip
    if row.created_at != at:
        return ImportedRow(number, what, Outcome.KNOWN, IMPORTED)  # by another, a moment ago
    queue_notices(row, "", at=at, rules=rules_for(by.clinic_id), is_new=True)
    return ImportedRow(number, what, Outcome.NEW)


def _services(known: SetUp, text: str) -> list[Service]:
    """What a row may mean by its word: the service of this name, else all of the kind that it names; all are of one kind."""
    found = [row for row in known.services.values() if row.search_name == search_key(text)]
    found = found or [row for row in known.services.values() if row.kind == text.strip().casefold()]
    if not found:
        raise InvalidValue("No service here is called “{text}”.", field="service", text=text[:40])
    return found


def _one_offered(services: list[Service], text: str) -> Service:
    found = [row for row in services if row.is_active]
    if not found:
        raise InvalidValue("“{text}” is not offered here any more.", field="service", text=text[:40])
    if len(found) > 1:
        raise InvalidValue(
            "“{text}” may be one of several services: {names}. Write the name of the one that is meant.",
            field="service",
            text=text[:40],
            names=", ".join(row.name for row in found),
        )
    return found[0]


def _practitioner(known: SetUp, text: str) -> Practitioner:
    found = [row for row in known.practitioners.values() if search_key(row.name) == search_key(text)]
    if len(found) != 1:
        raise InvalidValue("Nobody who treats here is called “{text}”.", field="practitioner", text=text[:40])
    return found[0]


def _key(*parts: str) -> str:
    return "import|" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:48]
