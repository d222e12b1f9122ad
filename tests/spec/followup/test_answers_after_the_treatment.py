"""An answer belongs to the visit that its link asks about; given after that visit's treatment it is no visit's score."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db.models import Q
from django.urls import reverse

from myotome.clinic.booking.models import Appointment
from myotome.clinic.followup.actions import answer, ask_before_visit, finish, share
from myotome.clinic.followup.models import MeasureScore
from myotome.clinic.followup.outcomes import held_for
from myotome.clinic.followup.queries import forecast_input, questions_of, story_of
from myotome.clinic.followup.scores import note_score
from myotome.clinic.learning.courses import courses_to_learn_from
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.knowledge.measures import PAIN_AVERAGE
from myotome.pages.followup.story import chart_of, given_after, summary, verdict
from tests.clinic.followup.courses import a_course_in_care
from tests.factories import AT, a_page_link, the_system
from tests.spec.followup.test_questions import clinic_place, clinic_practitioner, clinic_service

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


class Care:
    """A course whose visits are booked, asked about, answered and treated, each at hours since noon 21 days ago."""

    def __init__(self):
        self.course, self.actor = a_course_in_care()
        self.by, self.start = the_system(self.course.clinic), AT - timedelta(days=21)

    def visit(self, days):
        """A booked visit so many days after the first, with its questions."""
        starts = self.start + timedelta(days=days)
        appointment = Appointment.objects.create(
            clinic=self.course.clinic, patient=self.course.patient, course=self.course, starts_at=starts,
            ends_at=starts + HOUR, service=clinic_service(self.course.clinic), place=clinic_place(self.course.clinic),
            practitioner=clinic_practitioner(self.course.clinic), status="booked", created_at=self.start, created_by="a test",
        )  # fmt: skip
        return appointment, ask_before_visit(by=self.by, at=self.start, course=self.course, appointment=appointment)

    def treated(self, appointment, *, needle=True):
        """The visit opened at its time, its first needle in ten minutes later, closed after an hour."""
        opened = appointment.starts_at
        visit = TreatmentVisit.objects.create(
            clinic=self.course.clinic, course=self.course, appointment=appointment, mode="ims", opened_at=opened,
            number=self.course.visits.count() + 1, practitioner=appointment.practitioner, closed_at=opened + HOUR, closed_by="Elena",
        )  # fmt: skip
        if needle:
            NeedleInsertion.objects.create(
                clinic=self.course.clinic, visit=visit, number=1, client_id=f"n{visit.pk}", charted_at=opened,
                in_at=opened + timedelta(minutes=10), out_at=opened + timedelta(minutes=30), removed_by="Elena", state="out",
            )  # fmt: skip
        return visit

    def answers(self, request, pain, *, at, ends=None):
        for question in questions_of(request):
            value = pain if question.measure == PAIN_AVERAGE else None
            answer(by=self.by, at=at, request=request, measure_code=question.measure, item=question.item, value=value)
        return finish(by=self.by, at=ends or at, request=request)

    def scores(self):
        """The score of each treatment, as the forecast and as a refit read them."""
        self.course.refresh_from_db()
        shown = forecast_input(story_of(self.course), on=AT.date())["visits"]
        (row,) = courses_to_learn_from(self.by)
        assert row["visits"] == shown
        return [visit["nrs"] for visit in shown]


@pytest.fixture
def care():
    return Care()


def three_visits(care, *, days=(0, 7, 14)):
    return [care.visit(n) for n in days]


def test_an_answer_given_after_its_treatment_is_not_the_score_of_the_next_visit(care):
    (first, asked), (second, _), _ = three_visits(care)
    care.treated(first)
    care.treated(second)
    care.answers(asked, 3, at=first.starts_at + timedelta(days=2))
    assert care.scores() == [None, None]
    row = MeasureScore.objects.get(measure=PAIN_AVERAGE)
    assert row.given_after
    assert row.on == (first.starts_at + timedelta(days=2)).date()


def test_an_answer_in_the_evening_of_the_visit_is_not_the_score_of_its_morning(care):
    (first, asked), *_ = three_visits(care)
    care.treated(first)
    care.answers(asked, 3, at=first.starts_at + 6 * HOUR)
    assert care.scores() == [None]


@pytest.mark.parametrize(("minutes", "needle", "is_after"), [(9, True, False), (11, True, True), (59, False, False)])
def test_the_treatment_begins_with_its_first_needle_and_without_one_ends_with_the_visit(
    care, minutes, needle, is_after
):
    (first, asked), *_ = three_visits(care)
    care.treated(first, needle=needle)
    care.answers(asked, 7, at=first.starts_at + timedelta(minutes=minutes))
    assert MeasureScore.objects.get(measure=PAIN_AVERAGE).given_after is is_after
    assert care.scores() == [None if is_after else 7]


def test_what_was_answered_before_the_visit_and_sent_after_it_is_that_visits_score(care):
    (first, asked), (second, _), _ = three_visits(care)
    care.treated(first)
    care.treated(second)
    care.answers(asked, 7, at=first.starts_at - 20 * HOUR, ends=first.starts_at + timedelta(days=3))
    assert care.scores() == [7, None]
    assert MeasureScore.objects.get(measure=PAIN_AVERAGE).on == (first.starts_at - 20 * HOUR).date()


def test_an_answer_is_the_score_of_one_treatment_only(care):
    (first, asked), (second, _), _ = three_visits(care, days=(0, 3, 6))
    care.answers(asked, 7, at=first.starts_at - HOUR)
    care.treated(first)
    care.treated(second)
    assert care.scores() == [7, None]


def test_a_score_noted_in_the_room_is_that_of_the_next_treatment_and_of_no_later_one(care):
    (first, _), (second, _), _ = three_visits(care, days=(0, 3, 6))
    note_score(
        by=care.actor, at=AT, course_id=care.course.pk, measure_code=PAIN_AVERAGE, value=6, on=first.starts_at.date()
    )
    care.treated(first)
    care.treated(second)
    assert care.scores() == [6, None]


def test_questions_of_a_visit_that_was_never_treated_tell_of_the_next_treatment(care):
    (_first, asked), (second, _), _ = three_visits(care, days=(0, 3, 6))
    care.answers(asked, 7, at=care.start - HOUR)
    care.treated(second)
    assert care.scores() == [7]


def test_a_late_answer_corrects_no_score_from_before_the_treatment_of_that_day(care):
    (first, asked), *_ = three_visits(care)
    on = first.starts_at.date()
    note_score(by=care.actor, at=AT, course_id=care.course.pk, measure_code=PAIN_AVERAGE, value=8, on=on)
    care.treated(first)
    care.answers(asked, 3, at=first.starts_at + 6 * HOUR)
    assert care.scores() == [8]
    story = story_of(care.course)
    assert story.scores[PAIN_AVERAGE] == [(on, 8), (on, 3)]
    assert story.corrected == []


def test_a_late_answer_stands_in_the_graph_as_a_ring_and_in_words(care):
    (first, asked), (second, asked_again), _ = three_visits(care)
    care.answers(asked, 8, at=first.starts_at - HOUR)
    care.treated(first)
    care.treated(second)
    care.answers(asked_again, 5, at=second.starts_at + timedelta(days=1))
    story = story_of(care.course)
    drawn = str(chart_of(story, None, today=AT.date()))
    assert drawn.count('class="pain-dot"') == 1
    assert drawn.count('class="pain given-after"') == 1
    assert "A ring is an answer given after the treatment" in drawn
    assert [(name, value) for name, _on, value in given_after(story)] == [("Pain on average, last 7 days", 5)]


def test_a_late_answer_counts_as_pain_of_its_day_but_never_as_the_beginning(care):
    (first, asked), (second, asked_again), _ = three_visits(care)
    care.treated(first)
    care.treated(second)
    care.answers(asked, 9, at=first.starts_at + timedelta(days=1))
    story = story_of(care.course)
    assert verdict(story) == "No answers yet."
    note_score(
        by=care.actor, at=AT, course_id=care.course.pk, measure_code=PAIN_AVERAGE, value=6, on=second.starts_at.date()
    )
    care.answers(asked_again, 4, at=second.starts_at + timedelta(days=2))
    story = story_of(care.course)
    assert [value for _on, value in story.since_start(PAIN_AVERAGE)] == [6, 4]
    assert "Average pain went from" not in " ".join(str(said) for said in held_for(story)["responder"].against)


def test_answers_from_before_this_rule_are_marked_by_it_too(care):
    (first, asked), (second, asked_again), _ = three_visits(care)
    care.treated(first)
    care.treated(second, needle=False)
    care.answers(asked, 3, at=first.starts_at + timedelta(days=2))
    care.answers(asked_again, 4, at=second.starts_at - HOUR)
    marked = Q(measure=PAIN_AVERAGE, given_after=True)
    assert MeasureScore.objects.filter(marked).count() == 1
    MeasureScore.objects.update(given_after=False)
    import_module("myotome.clinic.followup.migrations.0010_given_after").mark_those_given_after(apps, None)
    assert MeasureScore.objects.get(marked).value == 3


def test_no_page_says_that_the_course_began_with_an_answer_given_after_its_treatment(care):
    (first, asked), (second, again), (third, last) = three_visits(care)
    care.treated(first)
    care.answers(asked, 3, at=first.starts_at + 6 * HOUR)
    assert summary(story_of(care.course)) == ""
    care.answers(again, 7, at=second.starts_at - HOUR)
    care.treated(second)
    story = story_of(care.course)
    assert summary(story) == "", "one answer is a beginning and no change"
    assert "Pain from 3" not in words_of(story)
    care.answers(last, 6, at=third.starts_at - HOUR)
    care.treated(third)
    story = story_of(care.course)
    assert summary(story) == "Pain 7 to 6 of 10."
    assert "Pain from 7 to 6 of 10." in words_of(story)
    assert "A ring is an answer given after" in words_of(story), "it is drawn, and said what it is"


def words_of(story):
    """The graph in words, as who does not see it hears it."""
    return re.search('aria-label="([^"]*)"', str(chart_of(story, None, today=AT.date())))[1]


def test_her_own_page_begins_where_the_course_began(client, care):
    (first, asked), (second, again), (third, last) = three_visits(care)
    care.treated(first)
    care.answers(asked, 3, at=first.starts_at + 6 * HOUR)
    for (appointment, questions), pain in (((second, again), 7), ((third, last), 6)):
        care.answers(questions, pain, at=appointment.starts_at - HOUR)
        care.treated(appointment)
    share(by=care.actor, at=AT, course_id=care.course.pk, what="chart", content={})
    patient = care.course.patient
    page = reverse("portal:page", kwargs={"clinic": care.course.clinic.slug, "token": a_page_link(patient)})
    told = client.post(page, {"born_on": patient.born_on.isoformat()}, follow=True).content.decode()
    assert "Your pain went from 7 to 6 in 1 week." in told
    assert "from 3" not in told
