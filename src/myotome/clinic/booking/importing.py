"""Patients and visits from another program's files: looked through first, then imported whole or not at all.

Looking through is the import itself, undone at its end: what it says is what will happen. Each row is new, known already, left
out, or at fault; with one fault nothing is imported. A row carries a key made of what the file says, which
stays with the visit when it is moved or cancelled here, so that the same file twice changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.actions import book
from myotome.clinic.booking.clocks import moment_said, zone_of_practitioner
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment, HandedIn, Service
from myotome.clinic.booking.notices import queue_notices
from myotome.clinic.booking.placing import FURTHEST_DAYS, wanted_for
from myotome.clinic.booking.queries import LIVE, booked_with
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.people.actions import create_patient
from myotome.clinic.people.models import Clinic, Patient, Practitioner
from myotome.clinic.people.queries import digits, search_key
from myotome.exchange.icalendar.reading import FoundEvent, events_in
from myotome.exchange.spreadsheet.dates import ORDERS, clock_from, day_from, distance_from
from myotome.exchange.spreadsheet.table import Row, Table, check_is_no_formula, read_table
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotAllowed, NotFound, UnreadableFile
from myotome.vocabulary.sentences import Sentence

MOST_BYTES = 10_000_000
MOST_PATIENTS, MOST_VISITS = 5_000, 2_000
KEPT_FOR = timedelta(hours=1)
KINDS = ("patients", "visits", "calendar")
WHO = {
    "given_name": ("first name", "given names", "prénom", "firstname"),
    "family_name": ("last name", "surname", "nom", "lastname"),
    "born_on": ("birth date", "birthdate", "date of birth", "dob", "born", "date de naissance"),
}
PATIENT_COLUMNS = WHO | {
    "phone": ("telephone", "phone number", "mobile", "cell", "téléphone"),
    "email": ("e mail", "email address", "courriel"),
    "language": ("langue",),
}
VISIT_COLUMNS = WHO | {
    "service": ("appointment type", "treatment", "type"),
    "practitioner": ("provider", "therapist", "staff"),
    "date": ("day", "appointment date"),
    "time": ("start", "start time", "starts", "heure"),
}
LANGUAGES = {"": "en", "en": "en", "english": "en", "fr": "fr", "french": "fr", "français": "fr"}


PASSED = Sentence("It has passed.")


class Outcome(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    KNOWN = "known"
    LEFT_OUT = "left_out"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One row: its number in the file (0: of the file as a whole), who and when, what becomes of it, and why."""

    number: int
    what: str
    outcome: Outcome
    says: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file, or would: its rows, and the columns that meant nothing."""

    rows: tuple[ImportedRow, ...]
    ignored: tuple[str, ...] = ()

    def n(self, outcome: Outcome) -> int:
        """How many rows had this outcome."""
        return sum(row.outcome is outcome for row in self.rows)

    @property
    def n_new(self) -> int:
        """How many are, or would be, imported."""
        return self.n(Outcome.NEW)

    @property
    def n_known(self) -> int:
        """How many were there already."""
        return self.n(Outcome.KNOWN)

    @property
    def n_left_out(self) -> int:
        """How many are nothing to import."""
        return self.n(Outcome.LEFT_OUT)

    @property
    def n_faults(self) -> int:
        """How many have to be put right first."""
        return self.n(Outcome.FAULT)


@dataclass(slots=True)
class _People:
    """The clinic's patients by name and birth date, and who has the same address."""

    by_name: dict[tuple[str, date], set[int]] = field(default_factory=dict)
    by_words: dict[str, set[int]] = field(default_factory=dict)
    by_email: dict[str, set[int]] = field(default_factory=dict)

    def add(self, pk: int, name: str, born_on: date, email: str) -> None:
        self.by_name.setdefault((name, born_on), set()).add(pk)
        self.by_words.setdefault(name, set()).add(pk)
        if email:
            self.by_email.setdefault(email.casefold(), set()).add(pk)


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
        if practitioner_id not in known.practitioners or service_id not in known.services:
            raise NotFound("There is nothing here that you can see.")
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
        "patients": lambda: _patients(by, content, file.day_order, at=at),
        "visits": lambda: _visits(by, content, file.day_order, at=at),
        "calendar": lambda: _calendar(by, content, file, at=at),
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


def _patients(by: Actor, content: bytes, order: str, *, at: datetime) -> Imported:
    table = read_table(
        content, columns=PATIENT_COLUMNS, required=tuple(WHO), most_rows=MOST_PATIENTS, most_bytes=MOST_BYTES
    )
    people = _people_of(by)
    seen: dict[tuple[str, date], tuple[Row, dict[str, str]]] = {}

    def one(row: Row) -> ImportedRow:
        name, born_on = _who(row, order)
        what = _what(row, born_on)
        given = {"phone": row["phone"], "email": row["email"], "language": _language(row["language"])}
        if before := seen.get((name, born_on)):
            if before[1] == given:
                return ImportedRow(
                    row.number, what, Outcome.LEFT_OUT, Sentence("The same as row {n}.", n=before[0].number)
                )
            raise InvalidValue("Row {n} is the same person, with something else beside.", n=before[0].number)
        seen[name, born_on] = row, given
        matches = people.by_name.get((name, born_on), set())
        if matches:
            _one_of(matches)
            return ImportedRow(row.number, what, Outcome.KNOWN, Sentence("Here already; nothing of hers is changed."))
        patient = create_patient(
            by=by, at=at, given_name=row["given_name"], family_name=row["family_name"], born_on=born_on, **given
        )
        people.add(patient.pk, name, born_on, patient.email)
        return ImportedRow(row.number, what, Outcome.NEW)

    return _imported(table, one)


def _visits(by: Actor, content: bytes, order: str, *, at: datetime) -> Imported:
    required = (*WHO, "service", "practitioner", "date", "time")
    table = read_table(content, columns=VISIT_COLUMNS, required=required, most_rows=MOST_VISITS, most_bytes=MOST_BYTES)
    people, known = _people_of(by), set_up_of(by.clinic_id)

    def one(row: Row) -> ImportedRow:
        name, born_on = _who(row, order)
        service, practitioner = _service(known, row["service"]), _practitioner(known, row["practitioner"])
        text, away = distance_from(row["time"])
        day, clock = day_from(row["date"], "date", order=order), clock_from(text, "time")
        what = f"{_what(row, born_on)}: {day.isoformat()} {clock:%H:%M}"
        starts_at = moment_said(day, clock, away, zone_of_practitioner(known, practitioner.pk, day))
        patient = _one_of(people.by_name.get((name, born_on), set()))
        key = _key("row", name, born_on.isoformat(), service.kind, practitioner.name, starts_at.isoformat())
        return _visit(
            by, row.number, what, key, at=at, patient_id=patient, service=service, practitioner=practitioner,
            starts_at=starts_at,
        )  # fmt: skip

    return _imported(table, one)


def _calendar(by: Actor, content: bytes, file: HandedIn, *, at: datetime) -> Imported:
    people, known = _people_of(by), set_up_of(by.clinic_id)
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
        found = _visit(
            by, number, what, _key("event", event.key), at=at, patient_id=_patient_of(people, event), service=service,
            practitioner=practitioner, starts_at=event.starts,
        )  # fmt: skip
        lasts = int((event.ends - event.starts).total_seconds() // 60)
        if found.outcome is Outcome.NEW and lasts != minutes:
            says = Sentence("There it lasts {lasts} minutes, here {minutes}.", lasts=lasts, minutes=minutes)
            return ImportedRow(number, what, Outcome.NEW, says)
        return found

    return Imported(
        tuple(_guarded(n, event.summary, lambda n=n, event=event: one(n, event)) for n, event in enumerate(events, 1))
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
    if booked_with(by, key) is not None:
        return ImportedRow(number, what, Outcome.KNOWN, Sentence("Imported before."))
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
    )  # fmt: skip
    if row.created_at != at:
        return ImportedRow(number, what, Outcome.KNOWN, Sentence("Imported before."))  # by another, a moment ago
    queue_notices(row, "", at=at, rules=rules_for(by.clinic_id), is_new=True)
    return ImportedRow(number, what, Outcome.NEW)


def _imported(table: Table, one: Callable[[Row], ImportedRow]) -> Imported:
    rows = [ImportedRow(fault.number, "", Outcome.FAULT, fault.says) for fault in table.faults]
    rows += [
        _guarded(row.number, f"{row['given_name']} {row['family_name']}", lambda row=row: one(row))
        for row in table.rows
    ]
    return Imported(tuple(sorted(rows, key=lambda row: row.number)), table.ignored)


def _guarded(number: int, what: str, work: Callable[[], ImportedRow]) -> ImportedRow:
    """What `work` says of a row, or its refusal as the row's fault, with nothing of the row written."""
    try:
        with transaction.atomic():
            return work()
    except MyotomeError as refusal:
        return ImportedRow(number, what.strip()[:120], Outcome.FAULT, refusal.sentence)


def _people_of(by: Actor) -> _People:
    """Everybody by name; a record that was joined to another stands for the one it was joined to."""
    people = _People()
    rows = Patient.objects.for_actor(by).values_list("pk", "merged_into_id", "search_name", "born_on", "email")
    for pk, merged_into, name, born_on, email in rows:
        people.add(merged_into or pk, name, born_on, email)
    return people


def _who(row: Row, order: str) -> tuple[str, date]:
    for name in ("given_name", "family_name", "email"):
        check_is_no_formula(row[name], name)
    if row["phone"].startswith(("=", "@")):
        check_is_no_formula(row["phone"], "phone")
    if row["phone"] and not digits(row["phone"]):
        raise InvalidValue("“{text}” is no telephone number.", field="phone", text=row["phone"][:20])
    return search_key(f"{row['given_name']} {row['family_name']}"), day_from(row["born_on"], "born_on", order=order)


def _what(row: Row, born_on: date) -> str:
    return f"{row['given_name']} {row['family_name']}, {born_on.isoformat()}"


def _language(text: str) -> str:
    language = LANGUAGES.get(text.casefold())
    if language is None:
        raise InvalidValue("“{text}” is no language that is spoken here: en or fr.", field="language", text=text[:20])
    return language


def _one_of(matches: Iterable[int]) -> int:
    found = list(matches)
    if not found:
        raise InvalidValue(
            "Nobody of this name and birth date is known. Import the patients first.", field="given_name"
        )
    if len(found) > 1:
        raise InvalidValue(
            "{n} records have this name and birth date. Join them first.", field="given_name", n=len(found)
        )
    return found[0]


def _patient_of(people: _People, event: FoundEvent) -> int:
    """Whose visit an event is: somebody's e-mail among those who come, or somebody's name as its summary, and only one's."""
    found: set[int] = set()
    for name, email in event.people:
        matches = people.by_email.get(email, set())
        if len(matches) > 1 and name:
            matches = matches & people.by_words.get(search_key(name), set())
        found |= matches
    if not found:
        found = people.by_words.get(search_key(event.summary), set())
    if len(found) != 1:
        raise InvalidValue(
            "It does not say whose visit it is: neither the e-mail of who comes nor the summary is one patient's alone.",
            field="summary",
        )
    return next(iter(found))


def _service(known: SetUp, text: str) -> Service:
    found = [
        row for row in known.services.values() if row.is_active and text.casefold() in {row.name.casefold(), row.kind}
    ]
    if len(found) != 1:
        raise InvalidValue("No service here is called “{text}”.", field="service", text=text[:40])
    return found[0]


def _practitioner(known: SetUp, text: str) -> Practitioner:
    found = [row for row in known.practitioners.values() if search_key(row.name) == search_key(text)]
    if len(found) != 1:
        raise InvalidValue("Nobody who treats here is called “{text}”.", field="practitioner", text=text[:40])
    return found[0]


def _key(*parts: str) -> str:
    return "import|" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:48]
