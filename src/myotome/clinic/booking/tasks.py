"""The queue finds this stage's jobs here."""

from myotome.clinic.booking.given_back import offer_hours
from myotome.clinic.booking.holds import sweep_holds
from myotome.clinic.booking.notices import send_notice
from myotome.clinic.booking.openings import (
    give_on_later,
    offer_freed_time,
    offer_to_next,
    offer_to_other_services,
    send_offer,
)
from myotome.clinic.booking.proving import send_proof
from myotome.clinic.booking.reminders import remind_clinic

__all__ = [
    "give_on_later",
    "offer_freed_time",
    "offer_hours",
    "offer_to_next",
    "offer_to_other_services",
    "remind_clinic",
    "send_notice",
    "send_offer",
    "send_proof",
    "sweep_holds",
]
