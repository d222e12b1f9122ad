"""What a patient wants to be sent beside what she must know: reminders, offers from the waiting list, by SMS or not.

She chooses it under the link of a message or with her account; or she tells the desk, who notes how she said so.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import ContactWish
from myotome.clinic.booking.reminders import remind_of_visits_ahead
from myotome.clinic.people.links import link_token, row_of_link
from myotome.clinic.people.models import Clinic, Patient
from myotome.clinic.people.queries import patient_for
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, StaleVersion

SAID = ("desk", "phone", "letter")
"""How she may have told: here, on the telephone, in writing."""


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
    *, by: Actor, at: datetime, patient: Patient, reminders: bool, offers: bool, by_sms: bool, said: str = ""
) -> ContactWish:
    """Her choice, from now on and for what is booked already; a message about an act of hers is sent whatever she chose.

    `said` is how she told whoever notes it for her.
    """
    wish, _ = ContactWish.objects.update_or_create(
        patient=patient,
        defaults={
            "clinic_id": by.clinic_id,
            "no_reminders": not reminders,
            "no_offers": not offers,
            "by_sms": by_sms,
            "said": said,
            "noted_by": by.name if said else "",
            "changed_at": at,
        },
    )
    remind_of_visits_ahead(patient, at=at)
    record(
        by=by,
        at=at,
        act="mail.chosen",
        subject=wish,
        patient_id=patient.pk,
        reminders=reminders,
        offers=offers,
        by_sms=by_sms,
        said=said,
    )
    return wish


@transaction.atomic
def note_choice(
    *, by: Actor, at: datetime, patient_id: int, reminders: bool, offers: bool, by_sms: bool, said: str, seen: str
) -> ContactWish:
    """What she told the desk that she wants to be sent; `seen` is `choice_seen` of the page on which it was written.

    Raises:
        InvalidValue: it is not said how she told, or short messages without a telephone number.
        StaleVersion: she, or somebody else, has chosen in the meantime.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    patient = patient_for(by, patient_id)
    if said not in SAID:
        raise InvalidValue("Say how she told you: nothing is sent another way without her word.", field="said")
    if by_sms and not patient.phone_digits:
        raise InvalidValue("There is no telephone number for short messages. Correct her details first.", field="send")
    list(ContactWish.objects.select_for_update().filter(patient=patient))
    if choice_seen(choice_of(patient)) != seen:
        raise StaleVersion("Her choice was changed in the meantime. Look at it again.")
    return choose_mail(by=by, at=at, patient=patient, reminders=reminders, offers=offers, by_sms=by_sms, said=said)


def choice_seen(wish: ContactWish) -> str:
    """A mark of this choice, so that a page can say which it shows; empty while she never chose."""
    return wish.changed_at.isoformat() if wish.pk else ""


def choice_of(patient: Patient) -> ContactWish:
    """Her choice so far; who never chose gets reminders and offers by mail."""
    return ContactWish.objects.filter(patient=patient).first() or ContactWish(patient=patient)
