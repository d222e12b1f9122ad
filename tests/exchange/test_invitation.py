"""What is written for calendars is read back the same, and holds what calendars need."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from myotome.exchange.icalendar.invitation import Invitation, calendar_file, invitation_file, invitations_from
from myotome.exchange.icalendar.text import one_line

WRITTEN = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=90).map(str.strip)


def an_invitation(**values):
    values = {
        "uid": "appointment-7@alder.myotome",
        "sequence": 2,
        "starts_at": datetime(2026, 12, 1, 18, 15, tzinfo=UTC),
        "ends_at": datetime(2026, 12, 1, 18, 45, tzinfo=UTC),
        "zone": "America/Vancouver",
        "summary": "Alder Street Clinic",
        "location": "14 Alder Street",
        "clinic_name": "Alder Street Clinic",
        "clinic_email": "desk@alder.example",
        "patient_name": "Hannah Lindqvist",
        "patient_email": "hannah@example.org",
    } | values
    return Invitation(**values)


def test_a_request_names_its_method_sequence_and_zone():
    file = invitation_file(an_invitation(), method="REQUEST", written_at=WRITTEN).decode()
    assert "METHOD:REQUEST" in file
    assert "SEQUENCE:2" in file
    assert "BEGIN:VTIMEZONE" in file
    assert "DTSTART;TZID=America/Vancouver:20261201T101500" in file


def test_a_cancellation_says_so():
    file = invitation_file(an_invitation(is_cancelled=True), method="CANCEL", written_at=WRITTEN).decode()
    assert "METHOD:CANCEL" in file
    assert "STATUS:CANCELLED" in file


@given(TEXT, TEXT)
def test_any_words_survive_the_round_trip(summary, location):
    before = an_invitation(summary=summary, location=location)
    (after,) = invitations_from(invitation_file(before, method="REQUEST", written_at=WRITTEN))
    assert (after.summary, after.location) == (summary, location)
    assert after.starts_at == before.starts_at


def test_lines_are_folded_at_75_octets_inside_no_character():
    file = invitation_file(an_invitation(summary="足三里 " * 40), method="REQUEST", written_at=WRITTEN)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert Calendar.from_ical(file).walk("VEVENT")


def test_a_calendar_holds_each_appointment_once():
    rows = [an_invitation(uid=f"appointment-{n}@x") for n in range(3)]
    assert len(invitations_from(calendar_file(rows, name="Mine", written_at=WRITTEN))) == 3


@given(st.text(max_size=90), st.text(max_size=90))
@example("", "\\")
def test_names_with_quotes_breaks_and_colons_stay_names(clinic_name, patient_name):
    before = an_invitation(clinic_name=clinic_name, patient_name=patient_name)
    (after,) = invitations_from(invitation_file(before, method="REQUEST", written_at=WRITTEN))
    assert after.clinic_name == one_line(clinic_name).replace("\\", "/")
    assert after.patient_name == one_line(patient_name).replace("\\", "/")
    assert after.patient_email == before.patient_email


def test_a_message_that_asks_has_an_organizer_and_an_attendee_and_what_is_published_asks_nobody():
    asked = invitation_file(an_invitation(), method="REQUEST", written_at=WRITTEN).decode().replace("\r\n ", "")
    assert 'ORGANIZER;CN="Alder Street Clinic":mailto:desk@alder.example' in asked
    assert "PARTSTAT=ACCEPTED" in asked
    assert "mailto:hannah@example.org" in asked
    published = invitation_file(an_invitation(), method="PUBLISH", written_at=WRITTEN).decode()
    assert "ATTENDEE" not in published
    assert "ORGANIZER" in published


def test_a_time_that_is_only_held_is_tentative():
    file = invitation_file(an_invitation(is_tentative=True), method="REQUEST", written_at=WRITTEN)
    assert b"STATUS:TENTATIVE" in file
    assert invitations_from(file)[0].is_tentative
