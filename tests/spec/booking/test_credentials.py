"""A service may ask for a credential: it is booked only with somebody who holds it on the day of the visit."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.credentials import lapsed_by_then
from myotome.clinic.booking.holds import hold_time
from myotome.clinic.booking.models import Appointment, Claim, Service
from myotome.clinic.people.models import Credential
from myotome.vocabulary.errors import InvalidValue
from tests.factories import AT, a_clinic, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked():
    """What a booking of a service that asks for "IMS" needs; nobody holds the credential yet."""
    clinic = a_clinic()
    elena, robin = a_practitioner(clinic), an_actor(a_receptionist(clinic), clinic)
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    Service.objects.filter(pk=service.pk).update(credential="IMS")
    start = AT + timedelta(hours=1)
    return clinic, {
        "by": robin, "at": AT, "service_id": service.pk, "practitioner_id": elena.pk, "starts_at": start,
    }  # fmt: skip


def credential_until(clinic, asked, days_after_the_visit):
    day = asked["starts_at"].astimezone(ZoneInfo(clinic.time_zone)).date()
    Credential.objects.create(
        clinic=clinic,
        practitioner_id=asked["practitioner_id"],
        body="College",
        programme="ims",
        expires_on=day + timedelta(days=days_after_the_visit),
    )


@pytest.mark.parametrize("until", [None, -1])
def test_without_the_credential_in_force_that_day_nothing_is_booked_or_held(asked, until):
    clinic, given = asked
    if until is not None:
        credential_until(clinic, given, until)
    for act in (
        lambda: book(patient_id=a_patient(clinic).pk, **given),
        lambda: hold_time(key="form", **given),
    ):
        with pytest.raises(InvalidValue) as refused:
            act()
        assert refused.value.field == "practitioner"
    assert not Appointment.objects.exists()
    assert not Claim.objects.exists()


def test_its_last_day_still_counts_and_a_renewal_makes_it_good_again(asked):
    clinic, given = asked
    credential_until(clinic, given, -1)
    credential_until(clinic, given, 0)
    assert book(patient_id=a_patient(clinic).pk, **given).status == "booked"


def test_a_visit_on_a_day_on_which_her_credential_has_run_out_is_booked_and_the_desk_is_told():
    clinic = a_clinic()
    elena, robin = a_practitioner(clinic), an_actor(a_receptionist(clinic), clinic)
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    day = (AT + timedelta(hours=1)).astimezone(ZoneInfo(clinic.time_zone)).date()
    credential = Credential.objects.create(
        clinic=clinic, practitioner=elena, body="College", programme="IMS", treatment="ims", expires_on=day
    )

    def told(days_later):
        start = AT + timedelta(hours=1, days=days_later)
        row = book(
            by=robin, at=AT, patient_id=a_patient(clinic).pk, service_id=service.pk, practitioner_id=elena.pk,
            starts_at=start,
        )  # fmt: skip
        return lapsed_by_then(robin, [row])

    assert told(0) == []
    (sentence,) = told(1)
    assert sentence == (
        "Elena Marchetti has no credential for this treatment in force on 2026-11-25: IMS of College is not. "
        "Keep this visit only if it will be renewed by then."
    )
    credential.treatment = "acupuncture"
    credential.save()
    assert told(2) == [], "it says nothing about IMS"
    assert Appointment.objects.count() == 3
