"""Files of other programs, as a test hands them in."""

from zoneinfo import ZoneInfo

from myotome.clinic.booking.importing import hand_in, import_file, look_through
from myotome.clinic.booking.importing_rows import Outcome
from myotome.clinic.booking.models import Appointment, Claim, ImportedIdentity, Notice, Service
from myotome.clinic.people.models import Patient, Practitioner
from tests.factories import (
    AT,
)

PATIENTS = "First name,Last name,Date of birth,Phone,E-mail,Shoe size\n"
TWO = PATIENTS + "Zoë,Tremblay,1980-05-01,604 555 0111,zoe@example.org,38\nOmar,Aziz,13/04/1975,+1 604 555 0112,,44\n"
VISITS = "first name,last name,birth date,service,practitioner,date,time\n"
VANCOUVER = ZoneInfo("America/Vancouver")


def file_of(robin, content, kind="patients", at=AT, **values):
    content = content.encode() if isinstance(content, str) else content
    return hand_in(by=robin, at=at, kind=kind, name="export.csv", content=content, **values)


def looked(robin, content, kind="patients", at=AT, **values):
    return look_through(robin, file_of(robin, content, kind, at=at, **values), at=at)


def imported(robin, content, kind="patients", at=AT, **values):
    return import_file(by=robin, at=at, file=file_of(robin, content, kind, at=at, **values))


def faults(found):
    return {row.number: str(row.says) for row in found.rows if row.outcome is Outcome.FAULT}


def outcomes(found):
    return [row.outcome.value for row in found.rows]


def elena_of(robin):
    return Practitioner.objects.get(clinic_id=robin.clinic_id, name="Elena Marchetti")


def a_row(
    day="2026-12-01", clock="14:00", who="Hannah,Lindqvist,1968-03-12", service="IMS", practitioner="Elena Marchetti"
):
    return f"{who},{service},{practitioner},{day},{clock}\n"


def event(uid, starts="20261201T140000", summary="Hannah Lindqvist", more=""):
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:{starts}\r\nDURATION:PT30M\r\nSUMMARY:{summary}\r\n{more}END:VEVENT\r\n"
    )


def calendar(*events):
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n" + "".join(events) + "END:VCALENDAR\r\n"


def import_calendar(robin, *events, at=AT):
    service = Service.objects.get(clinic_id=robin.clinic_id, kind="ims")
    return imported(
        robin, calendar(*events), "calendar", at=at, practitioner_id=elena_of(robin).pk, service_id=service.pk
    )


def everything():
    return (
        sorted(Patient.objects.values_list("pk", "search_name", "phone", "email", "version")),
        sorted(Appointment.objects.values_list("pk", "starts_at", "status", "version")),
        Claim.objects.count(),
        Notice.objects.count(),
        sorted(ImportedIdentity.objects.values_list("patient_id", "name", "born_on")),
    )
