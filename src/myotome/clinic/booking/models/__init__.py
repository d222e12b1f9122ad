"""Rows of booking: what a clinic describes, the diary with its claims, what is told to whom, and who waits."""

from myotome.clinic.booking.models.asked import AskedBooking
from myotome.clinic.booking.models.calendars import CalendarFeed, ToldEvent
from myotome.clinic.booking.models.diary import Appointment, AppointmentSpan, Claim, DeskAct, Hold
from myotome.clinic.booking.models.imports import HandedIn, ImportedIdentity
from myotome.clinic.booking.models.messages import ContactWish, Notice
from myotome.clinic.booking.models.setup import (
    DiaryRules,
    HoursException,
    Service,
    ServicePhase,
    SetUpVersion,
    WorkingHours,
)
from myotome.clinic.booking.models.waiting import Offered, Opening, WaitingWish

__all__ = [
    "Appointment",
    "AppointmentSpan",
    "AskedBooking",
    "CalendarFeed",
    "Claim",
    "ContactWish",
    "DeskAct",
    "DiaryRules",
    "HandedIn",
    "Hold",
    "HoursException",
    "ImportedIdentity",
    "Notice",
    "Offered",
    "Opening",
    "Service",
    "ServicePhase",
    "SetUpVersion",
    "ToldEvent",
    "WaitingWish",
    "WorkingHours",
]
