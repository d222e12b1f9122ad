"""Pages of what comes after the needles: the check by link, the closed visit, second signatures, who supervises whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.needling.actions import (
    close_visit,
    follow_up_event,
    open_visit,
    record_insertion,
    report_adverse_event,
    sign_visit,
)
from myotome.clinic.needling.after_queries import check_link
from myotome.clinic.needling.aftercare import ask_after_visit
from myotome.clinic.needling.cosigning import add_supervision
from myotome.clinic.needling.models import AdverseEvent, AfterCheck, Incident, Supervision, TreatmentVisit
from myotome.clinic.needling.telephone import answered_by_telephone
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.models import Place, Practitioner
from myotome.knowledge.aftercare import after_check
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, HowNow, Role
from myotome.vocabulary.needling import NeedleState, TreatmentMode
from tests.factories import (
    a_clinic,
    a_consent,
    a_course,
    a_needle,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    an_actor,
    boxed,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed():
    """(a visit of yesterday that is closed, its practitioner's actor, the check)."""
    clinic, yesterday = a_clinic(), timezone.now() - timedelta(hours=40)
    elena = a_practitioner(clinic)
    course = a_course(clinic, a_patient(clinic, in_care_of=elena), opened_at=yesterday)
    a_consent(course)
    actor = an_actor(elena.user, clinic)
    visit = open_visit(by=actor, at=yesterday, course_id=course.pk, mode=TreatmentMode.IMS)
    record_insertion(by=actor, at=yesterday, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    visit = close_visit(by=actor, at=yesterday, visit_id=visit.pk, version=1, **boxed(1))
    return visit, actor, ask_after_visit(by=actor, at=yesterday, visit=visit)


def url_of(check, number=None, name="check_question"):
    kwargs = {"clinic": check.clinic.slug, "token": check_link(check)}
    return reverse(f"portal:{name if number else 'check'}", kwargs=kwargs | ({"number": number} if number else {}))


def come_in(client, check):
    return client.post(url_of(check), {"born_on": "1968-03-12"})


def chart_of(visit):
    return reverse("needling:chart", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk})


def telephone_of(visit):
    return reverse("needling:by_telephone", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk})


def test_nothing_is_asked_before_her_birth_date(client, closed):
    check = closed[2]
    assert client.get(url_of(check, 1)).url == url_of(check)
    assert client.get(url_of(check, 1, "check_now")).url == url_of(check)
    refused = client.post(url_of(check), {"born_on": "1970-01-01"})
    assert refused.status_code == 422
    assert after_check().questions[0].asks not in refused.content.decode()
    assert come_in(client, check).url == url_of(check, 1)


def test_one_question_a_screen_left_and_resumed_and_sent_by_the_last(client, closed):
    visit, _elena, check = closed
    come_in(client, check)
    n = len(after_check().questions)
    for number in range(1, 4):
        page = client.get(url_of(check, number)).content.decode()
        assert [q.asks in page for q in after_check().questions].count(True) == 1
        assert client.post(url_of(check, number), {"choice": "no"}).url == url_of(check, number + 1)
    assert client.get(url_of(check)).url == url_of(check, 4)
    for number in range(4, n + 1):
        answer = client.post(url_of(check, number), {"choice": "no"})
    assert "Thank you" in client.get(answer.url).content.decode()
    check.refresh_from_db()
    assert check.completed_at is not None
    assert not AdverseEvent.objects.filter(visit=visit).exists()


def test_a_question_wants_an_answer_or_to_be_skipped(client, closed):
    check = closed[2]
    come_in(client, check)
    for typed in ({}, {"choice": "perhaps"}):
        refused = client.post(url_of(check, 1), typed)
        assert refused.status_code == 422
        assert "Choose one of the answers, or skip this question." in refused.content.decode()
    assert client.post(url_of(check, 1), {"skip": "1"}).url == url_of(check, 2)


def test_breathlessness_says_what_to_do_now_before_anything_else_and_is_on_record_though_she_stops_there(
    client, closed
):
    visit, elena, check = closed
    come_in(client, check)
    answer = client.post(url_of(check, 1), {"choice": "still"}, follow=True)
    page = answer.content.decode()
    assert "Call 911 now" in page
    assert 'href="tel:911"' in page
    assert "do not drive yourself" in page
    assert Incident.objects.get(visit=visit).kind == "breathless_after_the_visit"
    client.force_login(Practitioner.objects.get(pk=elena.practitioner_id).user)
    day = client.get(reverse("desk:day", kwargs={"clinic": visit.clinic.slug})).content.decode()
    assert "Breathless after the visit" in day
    chart = client.get(chart_of(visit)).content.decode()
    assert "Phone her now: 604 555 0199" in chart
    assert "Begun and not sent." in chart


def test_what_should_be_seen_today_says_so_and_stays_on_the_last_screen(client, closed):
    check = closed[2]
    come_in(client, check)
    page = client.post(url_of(check, 3), {"choice": "place"}, follow=True).content.decode()
    assert "This should be looked at today" in page
    assert "604 555 0142" in page
    last = client.get(url_of(check, len(after_check().questions) + 1)).content.decode()
    assert "This should be looked at today" in last


def test_the_owner_reads_that_somebody_is_to_be_phoned_and_no_name(client, closed):
    visit, _elena, check = closed
    come_in(client, check)
    client.post(url_of(check, 2), {"choice": "fainted"})
    client.force_login(a_user(visit.clinic, Role.OWNER, name="Olga"))
    page = client.get(reverse("owner:overview", kwargs={"clinic": visit.clinic.slug})).content.decode()
    assert "Faint after the visit" in page
    assert "A patient of Elena Marchetti said so a day after" in page
    assert "Lindqvist" not in page


def test_the_closed_visit_says_what_was_done_and_what_remains(client, closed):
    visit, elena, _check = closed
    AfterCheck.objects.update(due_at=timezone.now() + timedelta(hours=3))
    TreatmentVisit.objects.filter(pk=visit.pk).update(closed_at=timezone.now())
    client.force_login(Practitioner.objects.get(pk=elena.practitioner_id).user)
    page = client.get(chart_of(visit)).content.decode()
    for said in (
        "consent ",
        "What closing did", "The visit is closed: 1 needle, counted.", "She is asked how she is:",
        "What remains", "To sign it.", "No next visit is booked.", "ask whether she feels fit to drive", "24.4 in 100 of 9408",
    ):  # fmt: skip
        assert said in page, said
    assert reverse("desk:book", kwargs={"clinic": visit.clinic.slug, "patient": visit.course.patient_id}) in page


def test_the_drive_home_is_asked_of_on_the_day_itself_only(client, closed):
    visit, elena, _check = closed
    client.force_login(Practitioner.objects.get(pk=elena.practitioner_id).user)
    for days, is_asked in ((0, True), (1, False)):
        TreatmentVisit.objects.filter(pk=visit.pk).update(closed_at=timezone.now() - timedelta(days=days))
        page = client.get(chart_of(visit)).content.decode()
        assert ("ask whether she feels fit to drive" in page) is is_asked
    TreatmentVisit.objects.filter(pk=visit.pk).update(closed_at=timezone.now(), fit_to_drive_asked=True)
    page = client.get(chart_of(visit)).content.decode()
    assert "She was asked whether she feels fit to drive." in page
    assert "ask whether she feels fit to drive" not in page


def test_an_unanswered_check_is_said_to_be_unanswered(client, closed):
    visit, elena, check = closed
    client.force_login(Practitioner.objects.get(pk=elena.practitioner_id).user)
    page = client.get(chart_of(visit)).content.decode()
    assert "Not asked: the link could not be sent." in page
    assert telephone_of(visit) in page
    AfterCheck.objects.filter(pk=check.pk).update(mail_at=check.due_at)
    assert "Not answered." in client.get(chart_of(visit)).content.decode()


def test_an_event_is_graded_tied_to_its_needle_and_followed_up_in_words(client, closed):
    visit, elena, _check = closed
    client.force_login(Practitioner.objects.get(pk=elena.practitioner_id).user)
    ids = {"clinic": visit.clinic.slug, "visit": visit.pk}
    wrong = client.post(
        reverse("needling:adverse_event", kwargs=ids), {"kind": "nausea", "grade": "mild", "onset_minutes": "soon"}
    )
    assert wrong.status_code == 422
    assert 'value="soon"' in wrong.content.decode()
    typed = {"kind": "nausea", "grade": "moderate", "number": "1", "onset_minutes": "15", "relatedness": "probable"}
    typed |= {"expected": "yes", "preventable": "no", "learned": "eat before", "reported_to": "insurer"}
    client.post(reverse("needling:adverse_event", kwargs=ids), typed)
    event = AdverseEvent.objects.get()
    assert (event.insertion.number, event.onset_minutes, event.relatedness) == (1, 15, "probable")
    assert (event.expected, event.preventable, event.lasted) == (True, False, "")
    follow_up = reverse("needling:follow_up", kwargs=ids | {"event": event.pk})
    assert client.post(follow_up, {"how": ""}).status_code == 422
    assert client.post(follow_up, {"how": "worse", "lasted": "hours"}).status_code == 422
    client.post(follow_up, {"how": "gone", "lasted": "hours", "words": "after supper"})
    page = client.get(chart_of(visit)).content.decode()
    for said in ("needle 1", "expected · not preventable · reported to: insurer", "Learned: eat before"):
        assert said in page, said
    assert "gone, lasted: hours. after supper (Elena Marchetti)" in page


def test_an_event_of_another_visit_is_not_followed_up_here(client, closed):
    visit, elena, _check = closed
    other = open_visit(by=elena, at=timezone.now(), course_id=visit.course_id, mode=TreatmentMode.IMS)
    event = report_adverse_event(
        by=elena, at=timezone.now(), visit_id=other.pk, kind=AdverseKind.NAUSEA, grade=AdverseGrade.MILD
    )
    client.force_login(Practitioner.objects.get(pk=elena.practitioner_id).user)
    ids = {"clinic": visit.clinic.slug, "visit": visit.pk, "event": event.pk}
    assert client.post(reverse("needling:follow_up", kwargs=ids), {"how": "gone"}).status_code == 404


def test_the_owner_names_a_supervisor_whose_day_then_leads_to_the_visit_that_waits(client, closed):
    visit, elena, _check = closed
    david = a_practitioner(visit.clinic, name="David Okafor")
    client.force_login(a_user(visit.clinic, Role.OWNER, name="Olga"))
    page = reverse("owner:supervision", kwargs={"clinic": visit.clinic.slug})
    typed = {"practitioner": elena.practitioner_id, "supervisor": david.pk, "from_on": "soon"}
    refused = client.post(page, typed)
    assert refused.status_code == 422
    assert f'value="{david.pk}" selected' in refused.content.decode()
    client.post(page, typed | {"from_on": clinic_day(visit.clinic, timezone.now()).isoformat()})
    sign_visit(by=elena, at=timezone.now(), visit_id=visit.pk)
    assert "signed by Elena Marchetti, waits for David Okafor" in client.get(page).content.decode()
    client.force_login(david.user)
    day = client.get(reverse("desk:day", kwargs={"clinic": visit.clinic.slug})).content.decode()
    assert "1 visit waits for your signature" in day
    listed = client.get(reverse("needling:to_sign", kwargs={"clinic": visit.clinic.slug})).content.decode()
    assert chart_of(visit) in listed
    assert "Sign with her" in client.get(chart_of(visit)).content.decode()
    client.post(reverse("needling:cosign", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk}), {"words": "Read."})
    after = client.get(chart_of(visit)).content.decode()
    assert "Sign with her" not in after.replace("Signed with her", "")
    assert "by David Okafor" in after


def test_a_supervision_is_ended_on_its_page(client, closed):
    visit, elena, _check = closed
    owner = a_user(visit.clinic, Role.OWNER, name="Olga")
    today = clinic_day(visit.clinic, timezone.now())
    row = add_supervision(
        by=an_actor(owner, visit.clinic), at=timezone.now(), practitioner_id=elena.practitioner_id,
        supervisor_id=a_practitioner(visit.clinic, name="David Okafor").pk, from_on=today,
    )  # fmt: skip
    client.force_login(owner)
    ids = {"clinic": visit.clinic.slug, "supervision": row.pk}
    early = client.post(reverse("owner:supervision_end", kwargs=ids), {"until_on": "2020-01-01"})
    assert early.status_code == 422
    client.post(reverse("owner:supervision_end", kwargs=ids))
    assert Supervision.objects.get().until_on == today


def test_the_desk_asks_by_telephone_and_reads_at_once_what_she_is_to_do(client, closed):
    visit, _elena, check = closed
    robin = a_receptionist(visit.clinic)
    client.force_login(robin)
    day = reverse("desk:day", kwargs={"clinic": visit.clinic.slug})
    assert telephone_of(visit) in client.get(day).content.decode()
    page = client.get(telephone_of(visit)).content.decode()
    assert all(question.asks in page for question in after_check().questions)
    assert "she calls 911 now" in page
    empty = client.post(telephone_of(visit), {"said:faint": ""})
    assert empty.status_code == 422
    assert "Mark at least one answer" in empty.content.decode()
    told = client.post(telephone_of(visit), {"said:breath": "still", "said:sore": "no"}, follow=True).content.decode()
    assert "Tell her: call 911 now" in told
    assert "asked by telephone by you" in told
    assert telephone_of(visit) not in client.get(day).content.decode()
    check.refresh_from_db()
    assert check.asked_by == robin.name
    assert Incident.objects.get(visit=visit).kind == "breathless_after_the_visit"


def test_the_fifth_wrong_birth_date_closes_the_check_and_names_the_clinic(client, closed):
    _visit, _elena, check = closed
    for _try in range(4):
        assert client.post(url_of(check), {"born_on": "1970-01-01"}).status_code == 422
    refused = client.post(url_of(check), {"born_on": "1970-01-01"})
    assert refused.status_code == 429
    assert "did not match five times" in refused.content.decode()
    assert "Call 604 555 0142" in refused.content.decode()
    assert come_in(client, check).status_code == 429


def test_the_thanks_after_the_check_lead_to_her_own_page(client, closed):
    _visit, _elena, check = closed
    come_in(client, check)
    page = client.get(url_of(check, len(after_check().questions) + 1)).content.decode()
    mine = page.partition('class="act" href="')[2].partition('"')[0]
    assert "/me/page/" in mine
    assert "My page" in client.get(mine).content.decode()


def test_what_was_answered_by_the_link_is_not_told_to_the_desk(client, closed):
    visit, _elena, check = closed
    come_in(client, check)
    client.post(url_of(check, 1), {"choice": "still"})
    client.get(url_of(check, len(after_check().questions) + 1))
    client.force_login(a_receptionist(visit.clinic))
    page = client.get(telephone_of(visit)).content.decode()
    assert "Her answers are on record already." in page
    assert "911" not in page
    refused = client.post(telephone_of(visit), {"said:breath": "no"})
    assert refused.status_code == 409
    assert "911" not in refused.content.decode()


@pytest.mark.parametrize("is_booked", [False, True])
def test_a_closed_visit_with_all_that_can_follow_it_asks_at_most_fifteen_times(client, closed, is_booked):
    visit, elena, _check = closed
    now = timezone.now()
    for days in (-1, *([7] if is_booked else [])):
        appointment = an_appointment(visit, elena, now + timedelta(days=days))
        TreatmentVisit.objects.filter(pk=visit.pk, appointment=None).update(appointment=appointment)
    for kind in (AdverseKind.NAUSEA, AdverseKind.HEADACHE):
        event = report_adverse_event(by=elena, at=now, visit_id=visit.pk, kind=kind, grade=AdverseGrade.MILD, number=1)
        for how in (HowNow.BETTER, HowNow.GONE):
            follow_up_event(by=elena, at=now, visit_id=visit.pk, event_id=event.pk, how=how, words="by noon")
    answered_by_telephone(by=elena, at=now, visit_id=visit.pk, answers={"sore": "little", "bruise": "small"})
    sign_visit(by=elena, at=now, visit_id=visit.pk)
    client.force_login(Practitioner.objects.get(pk=elena.practitioner_id).user)
    page = client.get(chart_of(visit)).content.decode()
    for said in (
        "Asked by telephone by Elena Marchetti.",
        "invoice is drafted",
        "gone. by noon (Elena",
        "Nausea",
        "Headache",
    ):
        assert said in page, said
    assert page.count("by noon (Elena") == 4
    assert ("Next visit:" in page) is is_booked
    with CaptureQueriesContext(connection) as captured:
        client.get(chart_of(visit))
    asked = [row["sql"] for row in captured if "SAVEPOINT" not in row["sql"]]
    assert len(asked) <= 15, "\n".join(asked)


def an_appointment(visit, elena, starts_at):
    """A visit in the diary: done when it is past, else booked."""
    return Appointment.objects.create(
        clinic=visit.clinic, place=Place.objects.get(clinic=visit.clinic), patient=visit.course.patient,
        practitioner_id=elena.practitioner_id, service=Service.objects.get(clinic=visit.clinic, kind="ims"),
        course=visit.course, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30), created_at=starts_at,
        created_by="Robin", status="done" if starts_at < timezone.now() else "booked",
    )  # fmt: skip
