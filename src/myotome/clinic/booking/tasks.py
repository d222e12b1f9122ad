"""The queue finds this stage's jobs here."""

from myotome.clinic.booking.notices import send_notice

__all__ = ["send_notice"]
