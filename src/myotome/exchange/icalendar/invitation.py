"""An appointment as an iCalendar object: a request, a change, a cancellation (iTIP, RFC 5546). No clinical detail.

The UID stays for life, SEQUENCE rises with each change, times carry the place's zone with its VTIMEZONE. A message is
about one UID: a series is as many messages as it has visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from icalendar import Calendar, Event, vCalAddress, vText

from myotome.exchange.icalendar.text import calendar_text, one_line
from myotome.exchange.icalendar.zones import add_zones, on_the_wall


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """What a calendar is told. `starts_at` and `ends_at` are aware; `zone` is the place's IANA zone.

    A message that asks or cancels needs the clinic's address (its organizer) and the patient's (the attendee).
    """

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
    is_tentative: bool = False


def name_in_parameter(name: str) -> str:
    """The name on one line, a backslash in it as a slash: parameters know no escape, and readers take one for it."""
    return one_line(name).replace("\\", "/")


def invitation_file(invitation: Invitation, *, method: str, written_at: datetime) -> bytes:
    """The .ics file: one VEVENT with its VTIMEZONE; `method` is REQUEST, CANCEL or PUBLISH.

    What is only published asks nobody, so it names no attendee (RFC 5546, 3.2.1).
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Myotome//Myotome//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(_event(invitation, written_at, with_attendee=method != "PUBLISH"))
    add_zones(calendar, _times(calendar))
    return calendar.to_ical()


def calendar_file(invitations: list[Invitation], *, name: str, written_at: datetime) -> bytes:
    """Many appointments as one calendar, to keep or to subscribe to."""
    calendar = Calendar()
    calendar.add("prodid", "-//Myotome//Myotome//EN")
    calendar.add("version", "2.0")
    calendar["x-wr-calname"] = vText(one_line(name))
    for invitation in invitations:
        calendar.add_component(_event(invitation, written_at))
    add_zones(calendar, _times(calendar))
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
                is_tentative=str(event.get("status", "")) == "TENTATIVE",
            )
        )
    return found


def _times(calendar: Calendar) -> list[datetime]:
    return [event[name].dt for event in calendar.walk("VEVENT") for name in ("dtstart", "dtend")]


def _event(invitation: Invitation, written_at: datetime, *, with_attendee: bool = True) -> Event:
    starts, ends = on_the_wall(invitation.starts_at, invitation.ends_at, invitation.zone)
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", written_at)
    event.add("dtstart", starts)
    event.add("dtend", ends)
    event.add("summary", calendar_text(invitation.summary))
    event.add("location", calendar_text(invitation.location))
    event.add("status", _status(invitation))
    event.add("class", "PRIVATE")
    if invitation.url:
        event.add("url", invitation.url)
    if invitation.clinic_email:
        organizer = vCalAddress(f"mailto:{invitation.clinic_email}")
        organizer.params["CN"] = vText(name_in_parameter(invitation.clinic_name))
        event["organizer"] = organizer
    if invitation.patient_email and with_attendee:
        attendee = vCalAddress(f"mailto:{invitation.patient_email}")
        attendee.params["CN"] = vText(name_in_parameter(invitation.patient_name))
        attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
        attendee.params["PARTSTAT"] = vText("ACCEPTED")
        attendee.params["RSVP"] = vText("FALSE")
        event.add("attendee", attendee)
    return event


def _status(invitation: Invitation) -> str:
    if invitation.is_cancelled:
        return "CANCELLED"
    return "TENTATIVE" if invitation.is_tentative else "CONFIRMED"
