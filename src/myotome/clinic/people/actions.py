"""Writing about people: patients created and corrected, care begun, a chart opened by break-glass."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.prepared import Prepared, insert
from myotome.clinic.people.heard import contacts_changed
from myotome.clinic.people.models import CareRelation, Patient
from myotome.clinic.people.queries import digits, patient_for, search_key
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, StaleVersion

BREAK_GLASS_HOURS = 24
OLDEST_AGE_YEARS = 120
FEWEST_PHONE_DIGITS = 5


def check_identity(*, given_name: str, family_name: str, born_on: date, today: date) -> None:
    """Raises InvalidValue naming the field when a name is empty or a birth date cannot be."""
    if not given_name.strip():
        raise InvalidValue("Please give a first name.", field="given_name")
    if not family_name.strip():
        raise InvalidValue("Please give a family name.", field="family_name")
    if born_on > today:
        raise InvalidValue("The birth date lies in the future.", field="born_on")
    if today.year - born_on.year > OLDEST_AGE_YEARS:
        raise InvalidValue(
            "The birth date is more than {oldest_age_years} years ago.",
            field="born_on",
            oldest_age_years=OLDEST_AGE_YEARS,
        )


def check_contacts(*, phone: str, email: str) -> None:
    """Raises InvalidValue naming the field when a telephone number or an e-mail address cannot reach anybody."""
    if phone.strip() and len(digits(phone)) < FEWEST_PHONE_DIGITS:
        raise InvalidValue("This telephone number is too short. Please give it with its area code.", field="phone")
    try:
        if email.strip():
            validate_email(email.strip())
    except ValidationError:
        raise InvalidValue("This is not an e-mail address, such as name@example.org.", field="email") from None


@transaction.atomic
def create_patient(
    *,
    by: Actor,
    at: datetime,
    given_name: str,
    family_name: str,
    born_on: date,
    phone: str = "",
    email: str = "",
    language: str = "en",
    note_for_desk: str = "",
) -> Patient:
    """A new patient of the clinic; an e-mail may be shared within a family and may be missing."""
    check_identity(given_name=given_name, family_name=family_name, born_on=born_on, today=at.date())
    check_contacts(phone=phone, email=email)
    patient = Patient.objects.create(
        clinic_id=by.clinic_id,
        given_name=given_name.strip(),
        family_name=family_name.strip(),
        search_name=search_key(f"{given_name} {family_name}"),
        born_on=born_on,
        phone=phone.strip(),
        phone_digits=digits(phone)[:20],
        email=email.strip(),
        language=language,
        note_for_desk=note_for_desk,
        created_at=at,
    )
    record(by=by, at=at, act="patient.created", subject=patient, patient_id=patient.pk)
    return patient


@transaction.atomic
def correct_patient(*, by: Actor, at: datetime, patient_id: int, version: int, **changes: object) -> Patient:
    """The patient with corrected identity or contacts.

    Raises:
        StaleVersion: somebody saved in the meantime.
        InvalidValue: a field that cannot be corrected here, or an impossible value.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    allowed = {"given_name", "family_name", "born_on", "phone", "email", "language", "note_for_desk"}
    if unknown := set(changes) - allowed:
        raise InvalidValue("{unknown} cannot be corrected here.", field=sorted(unknown)[0], unknown=sorted(unknown)[0])
    patient = patient_for(by, patient_id)
    contacts = patient.email, patient.phone
    for name, value in changes.items():
        setattr(patient, name, value)
    check_identity(
        given_name=patient.given_name, family_name=patient.family_name, born_on=patient.born_on, today=at.date()
    )
    check_contacts(phone=patient.phone, email=patient.email)
    values = {name: getattr(patient, name) for name in changes}
    values |= {
        "search_name": search_key(patient.name),
        "phone_digits": digits(patient.phone)[:20],
        "version": F("version") + 1,
    }
    if not Patient.objects.filter(pk=patient.pk, clinic_id=by.clinic_id, version=version).update(**values):
        raise StaleVersion("Somebody else changed this patient in the meantime. Both versions are shown below.")
    record(by=by, at=at, act="patient.corrected", subject=patient, patient_id=patient.pk, fields=sorted(changes))
    patient.refresh_from_db()
    if (patient.email, patient.phone) != contacts:
        contacts_changed.send(Patient, patient=patient, at=at)
    return patient


_lasting_relations = Prepared(
    lambda clinic_id, user_id, patient_id: CareRelation.objects.filter(
        clinic_id=clinic_id, user_id=user_id, patient_id=patient_id, expires_at__isnull=True
    ).values_list("pk")[:1],
    7_000_001,
    7_000_002,
    7_000_003,
)


def begin_care(
    *,
    by: Actor,
    at: datetime,
    patient_id: int,
    user_id: int | None,
    kind: str = CareRelation.Kind.BOOKED,
    expires_at: datetime | None = None,
) -> None:
    """Lets a practitioner open the patient's chart from now on; nothing happens if she already may.

    Call it inside the transaction that books, treats or hands over. A practitioner without a login is passed over.
    """
    if user_id is None:
        return
    if _lasting_relations(by.clinic_id, user_id, patient_id):
        return
    relation = CareRelation(
        clinic_id=by.clinic_id,
        user_id=user_id,
        patient_id=patient_id,
        kind=kind,
        started_at=at,
        expires_at=expires_at,
    )
    relation.check_texts()
    insert([relation])
    record(by=by, at=at, act="care.begun", subject=relation, patient_id=patient_id, kind=str(kind))


@transaction.atomic
def break_glass(*, by: Actor, at: datetime, patient_id: int, reason: str) -> CareRelation:
    """Opens a chart outside her care for 24 hours; the owner sees it with the reason.

    Raises:
        InvalidValue: the reason is missing.
    """
    by.check_holds(Role.PRACTITIONER)
    if len(reason.strip()) < 5:
        raise InvalidValue("Please say why you need this chart; the owner sees your words.", field="reason")
    patient = patient_for(by, patient_id)
    relation = CareRelation.objects.create(
        clinic_id=by.clinic_id,
        user_id=by.user_id,
        patient=patient,
        kind=CareRelation.Kind.BREAK_GLASS,
        reason=reason.strip(),
        started_at=at,
        expires_at=at + timedelta(hours=BREAK_GLASS_HOURS),
    )
    record(by=by, at=at, act="chart.glass_broken", subject=relation, patient_id=patient_id, reason=reason.strip())
    return relation
