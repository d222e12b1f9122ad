"""The longest full sets by link on a phone: how many screens and taps, and how long they take at a stated pace.

The pace is worked out and not measured, so that a busy machine changes nothing: 200 words a minute for every word that is seen
on a screen, those of the buttons included, and a second and a half for every tap. A typed digit is a tap. The numbers of a scale
are not words: nobody reads them in order.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.urls import reverse

from myotome.clinic.followup.activities import name_activities
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.models import MeasureAnswer, MeasureScore
from myotome.clinic.followup.notices import message_for
from myotome.clinic.followup.queries import request_link
from myotome.clinic.screening.models import Course
from myotome.vocabulary.measures import Occasion
from tests.browser import PATIENCE_MS
from tests.browser.test_intake_walk import PHONE
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT, the_system

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS_A_MINUTE, SECONDS_A_TAP = 200, 1.5
THREE_MINUTES, FIVE_MINUTES = 180, 300
FIGURES = Path("build/measures-figures.json")
ACTIVITIES = (
    "Lift my granddaughter into her chair",
    "Drive for an hour without a stop",
    "Sleep through the night on my side",
    "Work in the garden on my knees",
    "Carry the shopping up two flights of stairs",
)
SEEN = """() => {
  const unseen = [...document.querySelectorAll('.skip, .vh')];
  unseen.forEach(e => { e.hidden = true; e.style.display = 'none'; });
  const text = document.body.innerText;
  unseen.forEach(e => { e.hidden = false; e.style.display = ''; });
  return text;
}"""
ASKED_AT_ONCE = "() => [...document.querySelectorAll('fieldset')].filter(e => e.checkVisibility()).length"


class Reader:
    """Goes through a set on a phone, and counts screens, words and taps."""

    def __init__(self, page):
        self.page, self.screens, self.taps, self.words = page, 0, 0, 0

    @property
    def seconds(self):
        return round(60 * self.words / WORDS_A_MINUTE + SECONDS_A_TAP * self.taps, 1)

    def reads(self):
        """A screen: its words are those with a letter in them."""
        self.screens += 1
        self.words += sum(any(sign.isalpha() for sign in word) for word in self.page.evaluate(SEEN).split())

    def taps_on(self, what):
        self.taps += 1
        what.tap()

    def opens(self, url, born_on):
        """The door: her birth date, a tap for the field and for each digit."""
        self.page.goto(url)
        self.reads()
        self.page.get_by_label("Birth date").fill(born_on)
        self.taps += 1 + sum(sign.isdigit() for sign in born_on)
        self.goes_on()

    def goes_on(self):
        with self.page.expect_navigation():
            self.taps_on(self.page.locator(".foot .act"))

    def answers(self, ticks):
        """One screen: the middle answer of a question, or so many statements of a form."""
        self.reads()
        assert self.page.evaluate(ASKED_AT_ONCE) == 1, "one question a screen"
        statements = self.page.locator("input[name=ticked]")
        if statements.count():
            for n in range(ticks):
                self.taps_on(statements.nth(n))
        else:
            given = self.page.locator("input[name=value]")
            self.taps_on(given.nth(given.count() // 2).locator("xpath=.."))
        self.goes_on()


def a_full_set(condition):
    """(its request, its link) at the end of a course with five activities."""
    course, actor = a_course_in_care()
    with_visits(course, [7, 6, 6, 4])
    Course.objects.filter(pk=course.pk).update(condition=condition)
    course.refresh_from_db()
    name_activities(by=actor, at=AT, course_id=course.pk, words=ACTIVITIES)
    now = datetime.now(tz=UTC)
    request = ask(by=the_system(course.clinic), at=now, course=course, occasion=Occasion.FOLLOW_UP, due_on=now.date())
    return request, reverse("portal:questions", kwargs={"clinic": "alder", "token": request_link(request)})


def a_phone(browser):
    context = browser.new_context(**PHONE)
    context.set_default_timeout(PATIENCE_MS)
    return context, context.new_page()


def kept(figures):
    """The figures, printed and kept beside those of the other sets."""
    FIGURES.parent.mkdir(exist_ok=True)
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    FIGURES.write_text(json.dumps(known | figures, indent=1) + "\n")
    print(figures)


@pytest.mark.parametrize(
    ("condition", "name", "screens", "taps", "most_seconds"),
    [
        # The door and eleven questions: pain twice, PEG, five activities, overall change.
        ("shoulder_pain", "usual_set", 1 + 11, 10 + 2 * 11, THREE_MINUTES),
        # With the three questions on headaches of somebody who writes no diary.
        ("headache_vertex", "headache_set", 1 + 14, 10 + 2 * 14, THREE_MINUTES),
        # The longest: backs, who are offered the 24 statements of the Roland-Morris form when all else is answered.
        ("low_back_pain", "full_set", 1 + 12, 10 + 2 * 11 + 1, THREE_MINUTES),
        # Who takes the offer and ticks every one of them: its published wording alone has 296 words.
        ("low_back_pain", "full_set_and_form", 1 + 13, 10 + 2 * 11 + 1 + 25, FIVE_MINUTES),
    ],
)
def test_a_full_set_takes_the_minutes_that_its_mail_says(
    browser, live_server, condition, name, screens, taps, most_seconds
):
    request, path = a_full_set(condition)
    context, page = a_phone(browser)
    reader = Reader(page)
    reader.opens(live_server.url + path, "1968-03-12")
    while page.locator("#answer fieldset").count():
        reader.answers(ticks=24)
    if condition == "low_back_pain":
        reader.reads()
        if name == "full_set":
            reader.goes_on()
        else:
            reader.taps_on(page.get_by_role("link", name="I have two minutes more"))
            page.wait_for_url("**more=1")
            reader.answers(ticks=24)
    assert page.get_by_role("heading", name="Thank you, your answers are there").is_visible()
    request.refresh_from_db()
    scores = MeasureScore.objects.filter(request=request)
    left_out = {"rmdq"} if name == "full_set" else set()
    assert {row.measure for row in scores if row.value is not None} == set(request.measures) - left_out
    seconds = reader.seconds
    kept({f"{name}_screens": reader.screens, f"{name}_taps": reader.taps, f"{name}_seconds": seconds})
    assert (reader.screens, reader.taps) == (screens, taps)
    assert seconds <= most_seconds
    assert "two to three minutes" in message_for(request).body
    context.close()


def test_who_leaves_half_way_goes_on_where_she_was_on_another_phone(browser, live_server):
    request, path = a_full_set("low_back_pain")
    for first_open, n_more in ((1, 5), (6, 3)):
        context, page = a_phone(browser)
        reader = Reader(page)
        reader.opens(live_server.url + path, "1968-03-12")
        assert page.url.endswith(f"/{first_open}/")
        for _ in range(n_more):
            reader.answers(ticks=0)
        context.close()
    assert MeasureAnswer.objects.filter(request=request, replaced_at__isnull=True).count() == 8
    request.refresh_from_db()
    assert request.completed_at is None
