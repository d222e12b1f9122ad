"""Patients from another program's file, and whose visit a row or an event of a file is about.

Whom a row meant is kept as the row says it, so that she is known by it also after the desk has corrected her name or birth date.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from myotome.clinic.booking.importing_rows import MOST_BYTES, Imported, ImportedRow, Outcome, imported_from
from myotome.clinic.booking.models import ImportedIdentity
from myotome.clinic.people.actions import create_patient
from myotome.clinic.people.models import Patient
from myotome.clinic.people.queries import digits, search_key
from myotome.exchange.icalendar.reading import FoundEvent
from myotome.exchange.spreadsheet.dates import day_from
from myotome.exchange.spreadsheet.table import Row, check_is_no_formula, read_table
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.sentences import Sentence

MOST_PATIENTS = 5_000
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
LANGUAGES = {"": "en", "en": "en", "english": "en", "fr": "fr", "french": "fr", "français": "fr"}


@dataclass(slots=True)
class People:
    """The clinic's patients by name and birth date, whom files meant by these, and who has the same address."""

    by_name: dict[tuple[str, date], set[int]] = field(default_factory=dict)
    imported: dict[tuple[str, date], int] = field(default_factory=dict)
    by_words: dict[str, set[int]] = field(default_factory=dict)
    by_email: dict[str, set[int]] = field(default_factory=dict)

    def add(self, pk: int, name: str, born_on: date, email: str) -> None:
        """One more of them."""
        self.by_name.setdefault((name, born_on), set()).add(pk)
        self.by_words.setdefault(name, set()).add(pk)
        if email:
            self.by_email.setdefault(email.casefold(), set()).add(pk)

    def meant(self, pk: int, name: str, born_on: date) -> None:
        """A file meant this patient."""
        self.imported[name, born_on] = pk
        self.by_words.setdefault(name, set()).add(pk)

    def called(self, name: str, born_on: date) -> set[int]:
        """Everybody who has this name and birth date, or whom a file meant by them."""
        found = set(self.by_name.get((name, born_on), ()))
        if (name, born_on) in self.imported:
            found.add(self.imported[name, born_on])
        return found


def import_patients(by: Actor, content: bytes, order: str, *, at: datetime) -> Imported:
    """Everybody of a table who is not here yet; call it in the transaction that may be undone."""
    table = read_table(
        content, columns=PATIENT_COLUMNS, required=tuple(WHO), most_rows=MOST_PATIENTS, most_bytes=MOST_BYTES
    )
    people = people_of(by)
    seen: dict[tuple[str, date], tuple[Row, dict[str, str]]] = {}

    def one(row: Row) -> ImportedRow:
        name, born_on = who(row, order)
        what = what_of(row, born_on)
        given = {"phone": row["phone"], "email": row["email"], "language": _language(row["language"])}
        if before := seen.get((name, born_on)):
            if before[1] == given:
                return ImportedRow(
                    row.number, what, Outcome.LEFT_OUT, Sentence("The same as row {n}.", n=before[0].number)
                )
            raise InvalidValue("Row {n} is the same person, with something else beside.", n=before[0].number)
        seen[name, born_on] = row, given
        if (name, born_on) in people.imported:
            return ImportedRow(row.number, what, Outcome.KNOWN, _imported_before(people, name, born_on))
        if matches := people.by_name.get((name, born_on)):
            remember_whom(by, people, one_of(matches), name, born_on, at=at)
            return ImportedRow(row.number, what, Outcome.KNOWN, Sentence("Here already; nothing of hers is changed."))
        patient = create_patient(
            by=by, at=at, given_name=row["given_name"], family_name=row["family_name"], born_on=born_on, **given
        )
        people.add(patient.pk, name, born_on, patient.email)
        remember_whom(by, people, patient.pk, name, born_on, at=at)
        return ImportedRow(row.number, what, Outcome.NEW)

    return imported_from(table, one)


def people_of(by: Actor) -> People:
    """Everybody by name; a record that was joined to another stands for the one it was joined to."""
    people = People()
    rows = Patient.objects.for_actor(by).values_list("pk", "merged_into_id", "search_name", "born_on", "email")
    for pk, merged_into, name, born_on, email in rows:
        people.add(merged_into or pk, name, born_on, email)
    meant = ImportedIdentity.objects.for_actor(by).values_list(
        "patient_id", "patient__merged_into_id", "name", "born_on"
    )
    for pk, merged_into, name, born_on in meant:
        people.meant(merged_into or pk, name, born_on)
    return people


def remember_whom(by: Actor, people: People, patient_id: int, name: str, born_on: date, *, at: datetime) -> None:
    """Keeps whom the file meant; call it in the transaction of the import. Kept already it stays as it is."""
    if (name, born_on) in people.imported:
        return
    ImportedIdentity.objects.create(
        clinic_id=by.clinic_id, patient_id=patient_id, name=name, born_on=born_on, imported_at=at
    )
    people.meant(patient_id, name, born_on)


def _imported_before(people: People, name: str, born_on: date) -> Sentence:
    """Why the row is nobody new."""
    if people.imported[name, born_on] in people.by_name.get((name, born_on), ()):
        return Sentence("Here already; nothing of hers is changed.")
    return Sentence("Imported before and corrected here since; nothing of hers is changed.")


def who(row: Row, order: str) -> tuple[str, date]:
    """Name as it is searched for, and birth date.

    Raises:
        InvalidValue: a formula, no telephone number, or no day.
    """
    for name in ("given_name", "family_name", "email"):
        check_is_no_formula(row[name], name)
    if row["phone"].startswith(("=", "@")):
        check_is_no_formula(row["phone"], "phone")
    if row["phone"] and not digits(row["phone"]):
        raise InvalidValue("“{text}” is no telephone number.", field="phone", text=row["phone"][:20])
    return search_key(f"{row['given_name']} {row['family_name']}"), day_from(row["born_on"], "born_on", order=order)


def what_of(row: Row, born_on: date) -> str:
    """The person as the page names her."""
    return f"{row['given_name']} {row['family_name']}, {born_on.isoformat()}"


def _language(text: str) -> str:
    language = LANGUAGES.get(text.casefold())
    if language is None:
        raise InvalidValue("“{text}” is no language that is spoken here: en or fr.", field="language", text=text[:20])
    return language


def one_of(matches: Iterable[int]) -> int:
    """The one patient.

    Raises:
        InvalidValue: there is none, or more than one.
    """
    found = list(matches)
    if not found:
        raise InvalidValue(
            "Nobody of this name and birth date is known. Import the patients first.", field="given_name"
        )
    if len(found) > 1:
        raise InvalidValue(
            "{n} records have this name and birth date, or had them when they were imported. Join them first.",
            field="given_name",
            n=len(found),
        )
    return found[0]


def patient_of(people: People, event: FoundEvent) -> int:
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
