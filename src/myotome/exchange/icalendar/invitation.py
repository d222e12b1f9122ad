"""An appointment as an iCalendar object: a request, a change, a cancellation (iTIP, RFC 5546). No clinical detail.

The UID stays for life, SEQUENCE rises with each change, times carry the place's zone with its VTIMEZONE.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """What a calendar is told. `starts_at` and `ends_at` are aware; `zone` is the place's IANA zone."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    summary: str
    location: str
    clinic_name: str
    clinic_email: str
    patient_name: str = ""
    patient_email: str = ""
    url: str = ""
    is_cancelled: bool = False


def invitation_file(invitation: Invitation, *, method: str, written_at: datetime) -> bytes:
    """The .ics file: one VEVENT with its VTIMEZONE; `method` is REQUEST, CANCEL or PUBLISH."""
    calendar = Calendar()
    calendar.add("prodid", "-//Myotome//Myotome//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_event(invitation, written_at))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def calendar_file(invitations: list[Invitation], *, name: str, written_at: datetime) -> bytes:
    """Many appointments as one calendar, to keep or to subscribe to."""
    calendar = Calendar()
    calendar.add("prodid", "-//Myotome//Myotome//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for invitation in invitations:
        calendar.add_component(_event(invitation, written_at))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def invitations_from(file: bytes) -> list[Invitation]:
    """The events of a file, as they were written by `invitation_file` or `calendar_file`."""
    found = []
    for event in Calendar.from_ical(file).walk("VEVENT"):
        starts, attendee = event["dtstart"].dt, event.get("attendee")
        found.append(
            Invitation(
                uid=str(event["uid"]),
                sequence=int(event.get("sequence", 0)),
                starts_at=starts,
                ends_at=event["dtend"].dt,
                zone=str(starts.tzinfo),
                summary=str(event.get("summary", "")),
                location=str(event.get("location", "")),
                clinic_name=str(event["organizer"].params.get("CN", "")) if "organizer" in event else "",
                clinic_email=str(event.get("organizer", "")).removeprefix("mailto:"),
                patient_name=str(attendee.params.get("CN", "")) if attendee else "",
                patient_email=str(attendee or "").removeprefix("mailto:"),
                url=str(event.get("url", "")),
                is_cancelled=str(event.get("status", "")) == "CANCELLED",
            )
        )
    return found


def _event(invitation: Invitation, written_at: datetime) -> Event:
    zone = ZoneInfo(invitation.zone)
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", written_at)
    event.add("dtstart", invitation.starts_at.astimezone(zone))
    event.add("dtend", invitation.ends_at.astimezone(zone))
    event.add("summary", invitation.summary)
    event.add("location", invitation.location)
    event.add("status", "CANCELLED" if invitation.is_cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    if invitation.url:
        event.add("url", invitation.url)
    if invitation.clinic_email:
        organizer = vCalAddress(f"mailto:{invitation.clinic_email}")
        organizer.params["CN"] = vText(invitation.clinic_name)
        event["organizer"] = organizer
    if invitation.patient_email:
        attendee = vCalAddress(f"mailto:{invitation.patient_email}")
        attendee.params["CN"] = vText(invitation.patient_name)
        attendee.params["PARTSTAT"] = vText("ACCEPTED")
        event.add("attendee", attendee)
    return event
