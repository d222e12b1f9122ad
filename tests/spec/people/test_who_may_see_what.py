"""Who may see what: the table of roles, as sentences."""

from datetime import timedelta

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.people.actions import break_glass, correct_patient
from myotome.clinic.people.queries import find_patients, patient_by_link, patient_for
from myotome.clinic.screening.models import Course
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound, StaleVersion
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, a_user, an_actor

pytestmark = pytest.mark.django_db


def test_a_practitioner_sees_the_courses_of_patients_in_her_care_and_no_others():
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    hers = a_course(clinic, a_patient(clinic, in_care_of=elena))
    a_course(clinic, a_patient(clinic, given_name="Omar"))
    assert list(Course.objects.for_actor(an_actor(elena.user, clinic))) == [hers]


def test_a_receptionist_sees_who_a_patient_is_but_not_her_courses():
    clinic = a_clinic()
    robin = an_actor(a_receptionist(clinic), clinic)
    patient = a_patient(clinic)
    a_course(clinic, patient)
    assert patient_for(robin, patient.pk) == patient
    assert not Course.objects.for_actor(robin).exists()


def test_an_owner_who_is_not_a_practitioner_sees_no_patient():
    clinic = a_clinic()
    owner = an_actor(a_user(clinic, Role.OWNER), clinic)
    patient = a_patient(clinic)
    a_course(clinic, patient)
    assert not Course.objects.for_actor(owner).exists()
    with pytest.raises(NotFound):
        patient_for(owner, patient.pk)


def test_a_patient_sees_her_own_course_only():
    clinic = a_clinic()
    hannah, omar = a_patient(clinic), a_patient(clinic, given_name="Omar")
    hers = a_course(clinic, hannah)
    a_course(clinic, omar)
    assert list(Course.objects.for_actor(patient_by_link(hannah, clinic))) == [hers]


def test_nobody_sees_into_another_clinic():
    alder, birch = a_clinic("alder"), a_clinic("birch")
    elena = a_practitioner(alder)
    patient = a_patient(birch)
    with pytest.raises(NotFound):
        patient_for(an_actor(elena.user, alder), patient.pk)


def test_breaking_the_glass_opens_a_chart_with_a_reason_and_the_audit_keeps_it():
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    actor = an_actor(elena.user, clinic)
    patient = a_patient(clinic)
    course = a_course(clinic, patient)
    break_glass(by=actor, at=AT, patient_id=patient.pk, reason="She faints in the waiting room")
    from myotome.clinic.people.models import CareRelation

    CareRelation.objects.update(expires_at=AT + timedelta(days=36500))
    assert list(Course.objects.for_actor(actor)) == [course]
    event = AuditEvent.objects.get(act="chart.glass_broken")
    assert event.reason == "She faints in the waiting room"


def test_breaking_the_glass_without_a_reason_is_refused():
    clinic = a_clinic()
    actor = an_actor(a_practitioner(clinic).user, clinic)
    with pytest.raises(InvalidValue) as refusal:
        break_glass(by=actor, at=AT, patient_id=a_patient(clinic).pk, reason=" ")
    assert refusal.value.field == "reason"


def test_a_receptionist_cannot_break_the_glass():
    clinic = a_clinic()
    with pytest.raises(NotAllowed):
        break_glass(
            by=an_actor(a_receptionist(clinic), clinic), at=AT, patient_id=a_patient(clinic).pk, reason="curious"
        )


@pytest.mark.parametrize("text", ["lind", "Hannah L", "1968-03-12", "604-555-0199", "5550199", "LINDQVIST hannah"])
def test_reception_finds_a_person_by_name_birth_date_or_telephone(text):
    clinic = a_clinic()
    robin = an_actor(a_receptionist(clinic), clinic)
    hannah = a_patient(clinic)
    a_patient(
        clinic, given_name="Omar", family_name="Aziz", born_on=hannah.born_on.replace(year=1970), phone="604 555 0001"
    )
    assert find_patients(robin, text) == [hannah]


def test_a_name_is_found_without_its_accents():
    clinic = a_clinic()
    tomas = a_patient(clinic, given_name="Tomás", family_name="O’Dea")
    assert find_patients(an_actor(a_receptionist(clinic), clinic), "tomas o'd") == [tomas]


def test_the_second_of_two_people_who_change_a_patient_is_told():
    clinic = a_clinic()
    robin = an_actor(a_receptionist(clinic), clinic)
    patient = a_patient(clinic)
    correct_patient(by=robin, at=AT, patient_id=patient.pk, version=1, phone="604 555 0100")
    with pytest.raises(StaleVersion):
        correct_patient(by=robin, at=AT, patient_id=patient.pk, version=1, phone="604 555 0200")
    patient.refresh_from_db()
    assert patient.phone == "604 555 0100"


def test_the_database_refuses_to_change_or_delete_an_audit_event():
    from django.db import DatabaseError, transaction

    clinic = a_clinic()
    a_patient(clinic)
    for change in (
        lambda: AuditEvent.objects.update(act="nothing"),
        lambda: AuditEvent.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert AuditEvent.objects.filter(act="patient.created").count() == 1
