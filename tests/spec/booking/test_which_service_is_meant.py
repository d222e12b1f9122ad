"""With several services of one kind: which one a plan, a next visit, a patient in care, the desk or a row of a file means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from myotome.clinic.booking.actions import fresh_key
from myotome.clinic.booking.importing import hand_in, import_file, look_through
from myotome.clinic.booking.importing_rows import Outcome
from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.pathway.actions import patient_booked, visit_closed, visit_opened
from myotome.clinic.pathway.next_visit import next_visit_of
from myotome.clinic.pathway.own_booking import own_choices, own_visit_booked
from myotome.clinic.pathway.series import wanting_series, wished_series
from myotome.clinic.people.queries import patient_by_link
from myotome.clinic.planning.actions import agree_plan, make_plan
from myotome.clinic.planning.models import Plan
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound
from myotome.vocabulary.needling import TreatmentMode
from tests.factories import (
    AT,
    a_clinic,
    a_consent,
    a_course,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_service,
    an_actor,
    boxed,
    the_system,
)

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def care():
    """Hannah in care of Elena, in a clinic with IMS of 30 and of 45 minutes; no plan yet."""
    clinic = a_clinic()
    short = Service.objects.get(kind="ims")
    short.name = "IMS 30 minutes"
    short.save()
    elena = a_practitioner(clinic)
    course = a_course(clinic, a_patient(clinic, in_care_of=elena))
    a_consent(course)
    return Care(clinic, elena, course, a_service(clinic, "IMS 45 minutes"))


class Care:
    """Who and what the sentences are about."""

    def __init__(self, clinic, elena, course, long):
        self.clinic, self.course, self.long = clinic, course, long
        self.short = Service.objects.get(name="IMS 30 minutes")
        self.elena, self.practitioner = an_actor(elena.user, clinic), elena
        self.robin = an_actor(a_receptionist(clinic), clinic)
        self.hannah = patient_by_link(course.patient, clinic)

    def plan(self, service=None, **values):
        """An agreed plan of six visits as this service."""
        values = {"price_cents_each": 9500, "n_treatments": 6, "mode": TreatmentMode.IMS} | values
        made = make_plan(
            by=self.elena,
            at=AT,
            course_id=self.course.pk,
            sites=[],
            service_id=service.pk if service else None,
            **values,
        )
        return agree_plan(by=self.elena, at=AT, plan_id=made.pk, version=made.version)

    def visit(self, service):
        """A visit of now, booked as this service and opened."""
        own = patient_booked(
            by=the_system(self.clinic), at=AT - timedelta(days=1), patient=self.course.patient, service_id=service.pk,
            practitioner_id=self.practitioner.pk, starts_at=AT, course_id=self.course.pk, newcomer=False,
        )  # fmt: skip
        return visit_opened(by=self.elena, at=AT, appointment_id=own.pk)

    def open_to_patients(self, *services):
        Service.objects.filter(pk__in=[row.pk for row in services]).update(in_care_may_book=True)

    def retire(self, service):
        Service.objects.filter(pk=service.pk).update(is_active=False)


def test_a_plan_says_as_what_its_visits_are_booked(care):
    assert care.plan(care.long).service == care.long


@pytest.mark.parametrize("which", ["of the other treatment", "retired", "of another clinic"])
def test_a_plan_is_not_made_of_a_service_that_is_not_offered_for_it(care, which):
    care.retire(care.long)
    other = {
        "of the other treatment": lambda: Service.objects.get(kind="acupuncture"),
        "retired": lambda: care.long,
        "of another clinic": lambda: Service.objects.get(clinic=a_clinic("birch"), kind="ims"),
    }[which]()
    with pytest.raises(InvalidValue) as refused:
        care.plan(other)
    assert refused.value.field == "service"
    assert not Plan.objects.exists()


def test_the_next_visit_is_what_the_plan_says_though_today_was_a_short_one(care):
    care.plan(care.long)
    assert next_visit_of(care.elena, care.visit(care.short), at=AT).service == care.long


def test_without_a_word_of_the_plan_the_next_visit_is_what_today_was(care):
    care.plan()
    assert next_visit_of(care.elena, care.visit(care.long), at=AT).service == care.long


def test_where_that_is_retired_the_next_visit_is_the_first_of_its_kind(care):
    care.plan(care.long)
    visit = care.visit(care.long)
    care.retire(care.long)
    assert next_visit_of(care.elena, visit, at=AT).service == care.short


def test_closing_a_visit_books_the_planned_service_at_the_time_that_was_offered(care):
    care.plan(care.long)
    visit = care.visit(care.short)
    offered = next_visit_of(care.elena, visit, at=AT).times[0]
    visit_closed(
        by=care.elena, at=AT + timedelta(minutes=30), visit_id=visit.pk, version=visit.version,
        next_at=offered.starts_at, **boxed(0),
    )  # fmt: skip
    made = Appointment.objects.get(starts_at=offered.starts_at)
    assert made.service == care.long
    assert made.ends_at - made.starts_at == timedelta(minutes=45)


def test_the_desk_is_proposed_what_the_plan_says_for_a_series(care):
    care.plan(care.long)
    assert wished_series(care.robin, patient_id=care.course.patient_id).service == care.long
    assert [row.service for row in wanting_series(care.robin, at=AT)] == [care.long]


def test_without_a_word_of_the_plan_a_series_is_proposed_as_the_first_of_its_kind(care):
    care.plan()
    assert wished_series(care.robin, patient_id=care.course.patient_id).service == care.short
    assert [row.service for row in wanting_series(care.robin, at=AT)] == [care.short]


def test_where_the_treatment_is_not_offered_at_all_nothing_is_proposed(care):
    care.plan(care.long)
    care.retire(care.long)
    care.retire(care.short)
    assert wished_series(care.robin, patient_id=care.course.patient_id).service is None
    assert [row.service for row in wanting_series(care.robin, at=AT)] == [None]


def books_herself(care, service, starts_at=AT + WEEK):
    return own_visit_booked(
        by=care.hannah, at=AT, service_id=service.pk, practitioner_id=care.practitioner.pk, starts_at=starts_at,
        key=fresh_key(),
    )  # fmt: skip


def choices(care):
    return [row.service.name for row in own_choices(care.hannah, at=AT).choices]


def test_a_patient_in_care_books_the_service_that_her_plan_names_and_no_other(care):
    care.open_to_patients(care.short, care.long)
    care.plan(care.long)
    assert choices(care) == ["IMS 45 minutes"]
    assert books_herself(care, care.long).service == care.long
    with pytest.raises(NotAllowed):
        books_herself(care, care.short, AT + 2 * WEEK)


def test_a_patient_whose_plan_names_none_chooses_by_name_among_what_is_opened_to_her(care):
    care.open_to_patients(care.short, care.long)
    care.plan()
    assert choices(care) == ["IMS 30 minutes", "IMS 45 minutes"]
    assert books_herself(care, care.long).service == care.long


def test_whichever_she_chooses_is_one_visit_less_of_her_plan(care):
    care.open_to_patients(care.short, care.long)
    care.plan(n_treatments=2)
    books_herself(care, care.long)
    assert {row.n_left for row in own_choices(care.hannah, at=AT).choices} == {1}
    books_herself(care, care.short, AT + 2 * WEEK)
    with pytest.raises(NotAllowed, match="All visits of your plan are booked"):
        books_herself(care, care.long, AT + 3 * WEEK)


def test_a_patient_whose_planned_service_is_not_opened_to_patients_phones(care):
    care.open_to_patients(care.short)
    care.plan(care.long)
    found = own_choices(care.hannah, at=AT)
    assert found.choices == ()
    assert "phone us" in str(found.why_not)
    with pytest.raises(NotAllowed):
        books_herself(care, care.short)


def test_where_her_planned_service_is_retired_she_chooses_among_the_others_of_its_kind(care):
    care.open_to_patients(care.short, care.long)
    care.plan(care.long)
    care.retire(care.long)
    assert choices(care) == ["IMS 30 minutes"]


VISITS = "first name,last name,birth date,service,practitioner,date,time\n"


def a_file(care, *services, day=1):
    rows = [
        f"Hannah,Lindqvist,1968-03-12,{name},Elena Marchetti,2026-12-{day + n:02},14:00"
        for n, name in enumerate(services)
    ]
    return hand_in(
        by=care.robin, at=AT, kind="visits", name="v.csv", content=(VISITS + "\n".join(rows)).encode(), day_order=""
    )


def looked(care, *services):
    return [(row.outcome, str(row.says)) for row in look_through(care.robin, a_file(care, *services), at=AT).rows]


def test_a_row_of_a_file_means_the_service_that_it_names_in_whatever_letters(care):
    import_file(by=care.robin, at=AT, file=a_file(care, "ims 45 MINUTES", "IMS 30 minutes"))
    assert [row.service.name for row in Appointment.objects.order_by("starts_at")] == [
        "IMS 45 minutes",
        "IMS 30 minutes",
    ]


def test_a_row_that_says_only_the_kind_is_put_right_with_the_names_to_choose_from(care):
    ((outcome, says),) = looked(care, "IMS")
    assert outcome is Outcome.FAULT
    assert "IMS 30 minutes, IMS 45 minutes" in says


def test_a_row_that_says_only_the_kind_means_the_only_one_that_is_offered(care):
    care.retire(care.short)
    import_file(by=care.robin, at=AT, file=a_file(care, "ims"))
    assert Appointment.objects.get().service == care.long


def test_a_name_comes_before_a_kind(care):
    named = a_service(care.clinic, "Acupuncture, two rooms", kind="acupuncture")
    import_file(by=care.robin, at=AT, file=a_file(care, "acupuncture", '"Acupuncture, two rooms"'))
    first, second = Appointment.objects.order_by("starts_at")
    assert (first.service.name, second.service) == ("Acupuncture", named)


def test_a_row_that_names_a_retired_service_is_put_right_first(care):
    care.retire(care.long)
    ((outcome, says),) = looked(care, "IMS 45 minutes")
    assert outcome is Outcome.FAULT
    assert "not offered here any more" in says


def test_a_file_read_again_after_services_were_renamed_added_or_retired_imports_nothing_twice(care):
    care.retire(care.long)
    import_file(by=care.robin, at=AT, file=a_file(care, "IMS"))
    Service.objects.filter(pk=care.long.pk).update(is_active=True)
    assert [outcome for outcome, _ in looked(care, "IMS")] == [Outcome.KNOWN]


def test_a_calendar_is_not_handed_in_for_a_service_that_is_retired(care):
    care.retire(care.long)
    with pytest.raises(NotFound):
        hand_in(
            by=care.robin, at=AT, kind="calendar", name="c.ics", content=b"BEGIN:VCALENDAR", day_order="",
            practitioner_id=care.practitioner.pk, service_id=care.long.pk,
        )  # fmt: skip
