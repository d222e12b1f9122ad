"""What a patient wants to be sent beside what she must know: reminders, offers from the waiting list, by SMS or not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import ContactWish
from myotome.clinic.booking.reminders import remind_of_visits_ahead
from myotome.clinic.people.links import link_token, row_of_link
from myotome.clinic.people.models import Clinic, Patient
from myotome.vocabulary.actors import Actor


def patient_of_mail_link(clinic: Clinic, token: str) -> Patient:
    """Whose mail the link of a message is about.

    Raises:
        NotFound: not a link of this clinic.
    """
    patient, _version = row_of_link(Patient.objects.filter(clinic=clinic), "mail", token)
    return patient


def mail_token(patient: Patient) -> str:
    """The token of the link under which she chooses."""
    return link_token("mail", patient.pk, 1)


@transaction.atomic
def choose_mail(
    *, by: Actor, at: datetime, patient: Patient, reminders: bool, offers: bool, by_sms: bool
) -> ContactWish:
    """Her choice, from now on and for what is booked already; a message about an act of hers is sent whatever she chose."""
    wish, _ = ContactWish.objects.update_or_create(
        patient=patient,
        defaults={
            "clinic_id": by.clinic_id,
            "no_reminders": not reminders,
            "no_offers": not offers,
            "by_sms": by_sms,
            "changed_at": at,
        },
    )
    remind_of_visits_ahead(patient, at=at)
    record(by=by, at=at, act="mail.chosen", subject=wish, patient_id=patient.pk, reminders=reminders, offers=offers)
    return wish


def choice_of(patient: Patient) -> ContactWish:
    """Her choice so far; who never chose gets reminders and offers by mail."""
    return ContactWish.objects.filter(patient=patient).first() or ContactWish(patient=patient)
