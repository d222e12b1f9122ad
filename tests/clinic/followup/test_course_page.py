"""The course page and the end of a course, through HTTP."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from myotome.clinic.followup.models import ForecastShown, MeasureScore, Share
from myotome.clinic.followup.queries import story_of
from myotome.clinic.followup.scores import note_score
from myotome.pages.followup.story import half_words, range_words, where_it_begins
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT, PASSWORD, a_clinic, a_practitioner, a_receptionist

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    course, _ = a_course_in_care()
    return with_visits(course, [7, 6, 6, 4])


@pytest.fixture
def elena(client, course):
    user = course.visits.first().practitioner.user
    client.login(username=user.email, password=PASSWORD)
    return client


def url(course, name="course"):
    return reverse(f"followup:{name}", kwargs={"clinic": course.clinic.slug, "course": course.pk})


def test_the_page_says_where_the_course_stands_what_is_likely_and_when_to_stop(elena, course):
    page = elena.get(url(course)).content.decode()
    assert "Past the line of meaningful change at visit 4" in page
    assert "Pain 7 to 4 of 10." in page
    assert "What is likely from here" in page
    assert re.search(r"If visit 8 is still above [0-9.]+ of 10, about", page)
    assert "Before minus after is not the effect of needling" in page
    assert "clinic belief" in page
    assert 'aria-label="Pain from 7 to 4 of 10. 4 visits so far."' in page
    assert "style=" not in page
    for css in ("fan3", "fan2", "med", "nat", "mean", "pain-dot"):
        assert f'class="{css}"' in page


def test_versions_stand_behind_plain_words(elena, course):
    page = elena.get(url(course)).content.decode()
    basis = ForecastShown.objects.latest("pk").answer["basis"]
    assert f"<small>Version {basis['version']}, definition latent-1.</small>" in page
    assert page.count("latent-1") == page.count(basis["version"]) == 1
    assert "nobody sees" not in page
    ending = elena.get(url(course, "discharge")).content.decode()
    assert "Recovered: Average pain 0 or 1" in ending
    assert "Version recovered-1." in ending


def test_the_page_names_the_patient_whoever_that_is_and_its_loudest_act_is_not_the_end(elena, course):
    page = re.sub(r"<svg.*?</svg>", "", elena.get(url(course)).content.decode(), flags=re.DOTALL)
    for words in ("Share with Hannah", "What Hannah sees", "What Hannah wants to be able to do"):
        assert words in page
    plain = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
    assert re.findall(r"[^.]*\b(?:she|her|hers)\b[^.]*", plain, flags=re.IGNORECASE) == []
    assert 'class="second glove" href="' + url(course, "discharge") in page
    for value, unit in (("ppt_kpa", "kPa"), ("rom_degrees", "degrees")):
        assert re.search(rf'value="{value}"[^>]*>[^<]+ {unit}\)</option>', page)


def test_weeks_are_a_range_and_recovery_is_told_for_4_8_and_12_visits(elena, course):
    page = elena.get(url(course)).content.decode()
    answer = ForecastShown.objects.latest("pk").answer
    for n in (4, 8, 12):
        share = round(100 * answer["p_recovered_within"][str(n)])
        assert f"<dt>Recovered within {n} more visits</dt><dd>{share} in 100</dd>" in page
    assert range_words(answer) in page


def test_the_page_takes_at_most_fifteen_queries(elena, course, django_assert_max_num_queries):
    elena.get(url(course))
    with django_assert_max_num_queries(30) as seen:
        assert elena.get(url(course)).status_code == 200
    own = [q["sql"] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(own) <= 15, "\n".join(own)


def test_a_course_without_answers_says_what_comes(client):
    course, _ = a_course_in_care()
    user = a_practitioner(course.clinic)
    from myotome.clinic.people.actions import begin_care
    from tests.factories import the_system

    begin_care(by=the_system(course.clinic), at=AT, patient_id=course.patient_id, user_id=user.user_id)
    client.login(username=user.user.email, password=PASSWORD)
    page = client.get(url(course))
    assert page.status_code == 200
    assert "No answers yet" in page.content.decode()


def test_what_is_ticked_is_shared_and_what_is_not_is_taken_back(elena, course):
    elena.post(url(course, "share"), {"what": ["chart", "stop_rule"]})
    assert set(Share.objects.filter(withdrawn_at__isnull=True).values_list("what", flat=True)) == {"chart", "stop_rule"}
    elena.post(url(course, "share"), {"what": ["forecast"]})
    now = Share.objects.get(withdrawn_at__isnull=True)
    assert now.what == "forecast"
    assert now.content["answer"] == ForecastShown.objects.latest("pk").answer


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"measure": "peg", "value": "4,5"}, 302, ""),
        ({"measure": "peg", "value": "11"}, 422, "PEG is 0 to 10, not 11."),
        ({"measure": "peg", "value": "much"}, 422, "Please give a number."),
        ({"measure": "peg", "value": "nan"}, 422, "not nan"),
        ({"measure": "sleep", "value": "4"}, 422, "There is no measure"),
        ({"measure": "pain_nrs_average_7d", "value": "4.5"}, 422, "a whole number from 0 to 10, not 4.5"),
        ({"measure": "peg", "value": "4", "on": "2999-01-01"}, 422, "a day that has not come"),
        ({"measure": "peg", "value": "4", "on": "2019-01-01"}, 422, "This course began on"),
        ({"measure": "ppt_kpa", "value": "210 222; 240,5", "site": "left trapezius"}, 302, ""),
        ({"measure": "ppt_kpa", "value": "210"}, 422, "Say where it was measured"),
        ({"measure": "rom_degrees", "value": "40 45", "site": "neck"}, 422, "takes one number"),
        ({"measure": "rmdq", "value": "11", "site": "back"}, 422, "is not of one place"),
        ({"measure": "peg", "value": "4", "on": "yesterday"}, 422, "year, month, day"),
    ],
)
def test_a_score_asked_aloud_is_noted_or_refused_in_a_sentence(elena, course, typed, status, words):
    n = MeasureScore.objects.count()
    answer = elena.post(url(course, "score"), typed)
    assert answer.status_code == status
    assert words in answer.content.decode().replace("&#x27;", "'")
    assert MeasureScore.objects.count() == n + (status == 302)


def test_the_page_says_which_score_of_a_day_counts(elena, course):
    page = elena.get(url(course)).content.decode()
    assert "Of two scores of one day the later counts" in page
    assert "corrected to" not in page
    for value in ("6", "5"):
        elena.post(url(course, "score"), {"measure": "peg", "value": value})
    assert "general activity, " in (page := elena.get(url(course)).content.decode())
    assert ": 6, corrected to 5." in page


def test_a_zero_straight_after_much_pain_is_asked_about(elena, course):
    assert "straight after" not in elena.get(url(course)).content.decode()
    for days, value in ((8, "0"), (0, "0")):
        day = (AT - timedelta(days=days)).date().isoformat()
        elena.post(url(course, "score"), {"measure": "pain_nrs_average_7d", "value": value, "on": day})
    page = elena.get(url(course)).content.decode()
    assert page.count("straight after") == 2
    assert "0 on 16 Nov, straight after 6. No pain at all, or not answered?" in page


def test_the_page_says_what_the_forecast_does_not_believe(elena, course):
    doubted = "taken as not known"
    assert doubted not in elena.get(url(course)).content.decode()
    type(course).objects.filter(pk=course.pk).update(duration_weeks=0)
    day = course.visits.order_by("opened_at").first().opened_at.date().isoformat()
    elena.post(url(course, "score"), {"measure": "pain_nrs_average_7d", "value": "0", "on": day})
    page = elena.get(url(course)).content.decode()
    assert page.count(doubted) == 2
    assert "A duration of 0 weeks is taken as not known" in page
    assert "The first score is 0: no pain at all, or not answered?" in page


def test_other_spacings_are_shown_as_ranges_with_the_one_that_was_taken(elena, course):
    page = elena.get(url(course)).content.decode()
    assert page.count('<span class="small">eight in ten: ') + page.count('<span class="small">from ') == 3
    assert "The forecast takes a visit every 7 days, as they have been." in page


@pytest.mark.parametrize(
    ("low", "half", "high", "words"),
    [
        (2.0, 5.0, 12.0, ("5 weeks, 5 visits", "eight in ten: 2 to 12 weeks")),
        (3.0, 21.0, None, ("21 weeks, 5 visits", "from 3 weeks; more than one in ten do not get there on this plan")),
        (3.0, None, None, ("not on this plan", "from 3 weeks; more than one in ten do not get there on this plan")),
        (None, None, None, ("not on this plan", "fewer than one in ten get there on this plan")),
    ],
)
def test_a_range_that_is_not_reached_is_said_in_words(low, half, high, words):
    row = {"weeks_left": {"q10": low, "median": half, "q90": high}, "treatments_left": {"median": 5}}
    assert (half_words(row), range_words(row)) == words


def test_after_visits_without_relief_the_stop_rule_says_so(elena):
    course, _ = a_course_in_care(a_clinic("birch"))
    with_visits(course, [7, 7, 7, 7, 7])
    elena.login(username=course.visits.first().practitioner.user.email, password=PASSWORD)
    assert "After 4 visits without 30 % relief, about " in elena.get(url(course)).content.decode()


def test_what_was_measured_at_a_place_is_shown_with_its_first_and_last(elena, course):
    for value, day in (("40", "2026-11-20"), ("60", "2026-11-24")):
        typed = {"measure": "rom_degrees", "value": value, "site": "neck turned left", "how": "active", "on": day}
        elena.post(url(course, "score"), typed)
    page = elena.get(url(course)).content.decode()
    assert "neck turned left" in page
    assert (
        '<td>40 degrees <span class="small">20 Nov</span></td><td>60 degrees <span class="small">24 Nov</span></td>'
        in page
    )


def test_the_page_says_what_the_definitions_make_of_the_course_now(elena, course):
    page = elena.get(url(course)).content.decode()
    rows = dict(re.findall(r"<dt>(\w+) <small>version [a-z]+-[0-9]</small></dt><dd>([a-z ]+)<", page))
    assert rows == {"Responder": "cannot be told", "Recovered": "no", "Plateau": "no", "Relapse": "no"}
    assert 'cannot be told</dd><dd class="why small">The overall change was not asked. </dd>' in page
    assert 'no</dd><dd class="why small">Average pain was 4 on 24 Nov 2026. ' in page
    assert page.count('class="why small"') == 2
    elena.post(url(course, "score"), {"measure": "pgic", "value": "6"})
    assert "<small>version responder-2</small></dt><dd>yes</dd>" in elena.get(url(course)).content.decode()


def test_the_page_says_why_the_forecast_does_not_begin_at_the_last_score(elena, course):
    story = story_of(course)
    said = where_it_begins(story, {"now": {"median": 4.92}})
    assert said.startswith("The forecast begins at 4.9 of 10 and not at the last score of 4: one score is also chance")
    for answer in ({"now": {"median": 4.3}}, {"now": None}, {}):
        assert where_it_begins(story, answer) == ""
    page = elena.get(url(course)).content.decode()
    now = where_it_begins(story, ForecastShown.objects.latest("pk").answer)
    assert now
    assert now in page


def test_what_was_typed_stays_beside_its_error(elena, course):
    page = elena.post(url(course, "score"), {"measure": "psfs", "value": "44", "on": "2026-11-20"}).content.decode()
    assert '<option value="psfs" selected>' in page
    assert 'value="44" autofocus aria-invalid="true" aria-describedby="value-error"' in page
    assert page.count("autofocus") == 1
    assert '<a href="#id_value">' in page
    assert 'value="2026-11-20"' in page


def test_a_score_that_was_noted_is_said_where_it_was_typed(elena, course):
    typed = {"measure": "pain_nrs_average_7d", "value": "4", "on": "2026-11-20"}
    answer = elena.post(url(course, "score"), typed)
    score = MeasureScore.objects.latest("pk")
    assert answer["Location"] == f"{url(course)}?noted={score.pk}#measured"
    page = elena.get(answer["Location"]).content.decode()
    assert "Noted: Pain, average 4, 20 Nov." in page
    assert page.index('id="measured"') < page.index("Noted: ")
    for other in (f"{score.pk + 1}", "x", ""):
        assert "Noted: " not in elena.get(f"{url(course)}?noted={other}").content.decode()
    elsewhere = with_visits(a_course_in_care(a_clinic("birch"))[0], [7])
    foreign = MeasureScore.objects.filter(course=elsewhere, value__isnull=False).latest("pk")
    assert "Noted: " not in elena.get(f"{url(course)}?noted={foreign.pk}").content.decode()


@pytest.mark.parametrize("name", ["share", "score", "talked", "describe"])
def test_the_address_that_a_refused_form_leaves_leads_to_the_course(elena, course, name):
    answer = elena.get(url(course, name))
    assert (answer.status_code, answer["Location"]) == (302, url(course))
    assert elena.get(url(course, name).replace(f"/{course.pk}/", f"/{course.pk + 9}/")).status_code == 404


def test_low_mood_in_the_answers_asks_the_practitioner_to_talk(elena, course):
    assert "mood or worry" not in elena.get(url(course)).content.decode()
    from myotome.clinic.people.queries import actor_of

    actor = actor_of(course.visits.first().practitioner.user, course.clinic)
    note_score(by=actor, at=AT, course_id=course.pk, measure_code="phq2", value=3, on=AT.date())
    assert "Talk about it today" in elena.get(url(course)).content.decode()


def test_a_course_is_ended_with_its_reason_or_not_at_all(elena, course):
    answer = elena.post(url(course, "discharge"), {"version": course.version, "outcome": "referred", "reason": ""})
    assert answer.status_code == 422
    assert '<a href="#id_reason">Please say to whom or why.</a>' in answer.content.decode()
    assert '<textarea id="id_reason" name="reason" autofocus' in answer.content.decode()
    typed = {"version": course.version, "outcome": "referred", "reason": "to her family doctor"}
    assert elena.post(url(course, "discharge"), typed).status_code == 302
    page = elena.get(url(course)).content.decode()
    assert "to her family doctor" in page
    assert "End this course" not in page
    again = elena.post(url(course, "discharge"), typed)
    assert again.status_code == 409


def test_recovered_against_the_definition_is_asked_about_and_not_refused(elena, course):
    typed = {"version": course.version, "outcome": "recovered", "reason": "she is glad"}
    asked = elena.post(url(course, "discharge"), typed)
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "The definition of recovered is not borne out" in page
    assert page.count("autofocus") == 1
    assert (
        page.index('id="asks" tabindex="-1" autofocus')
        < page.index('name="all_the_same"')
        < page.index('id="id_outcome"')
    )
    assert "Average pain was 4 on 24 Nov 2026." in page
    assert "she is glad" in page
    assert 'value="recovered" checked' in page
    course.refresh_from_db()
    assert course.closed_at is None
    assert elena.post(url(course, "discharge"), typed | {"all_the_same": "1"}).status_code == 302
    course.refresh_from_db()
    assert course.outcome == "recovered"


def test_the_page_shows_the_record_of_being_right_and_how_the_two_recoveries_agree(elena, course):
    page = elena.get(url(course)).content.decode()
    for words in ("Our record of being right", "at the first visit or before", "Off by, points", "none has both yet"):
        assert words in page


def test_others_do_not_see_it(client, course):
    robin = a_receptionist(course.clinic)
    client.login(username=robin.email, password=PASSWORD)
    assert client.get(url(course)).status_code == 403
    stranger = a_practitioner(course.clinic, name="Mei-Lin Chow")
    client.login(username=stranger.user.email, password=PASSWORD)
    assert client.get(url(course)).status_code == 404
    elsewhere = a_practitioner(a_clinic("birch"))
    client.login(username=elsewhere.user.email, password=PASSWORD)
    assert client.get(url(course)).status_code == 404


GOOD = {"condition": "low_back_pain", "n_segments": "2", "prior_surgery": "no"}


def test_two_who_correct_what_the_forecast_rests_on_see_both_versions(elena, course):
    course.refresh_from_db()
    form = GOOD | {"version": course.version}
    assert elena.post(url(course, "describe"), form | {"n_segments": "3"}).status_code == 302
    second = elena.post(
        url(course, "describe"), form | {"n_segments": "5", "prior_surgery": "yes", "duration_weeks": "30"}
    )
    page = second.content.decode()
    assert second.status_code == 409
    assert "Saved meanwhile" in page
    assert "Low back pain, 60 weeks, 3, no" in page
    assert "Low back pain, 30 weeks, 5, yes" in page
    assert 'name="n_segments" id="id_n_segments" min="1" max="30" value="5"' in page
    course.refresh_from_db()
    assert (course.n_segments, course.prior_surgery) == (3, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("expected_duration", "soon"),
        ("n_segments", "0"),
        ("n_segments", "31"),
        ("n_segments", "9" * 40),
        ("n_segments", "two"),
        ("condition", "gout"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_the_rest_is_kept(elena, course, field, value):
    course.refresh_from_db()
    before = (course.condition, course.n_segments)
    answer = elena.post(url(course, "describe"), GOOD | {"version": course.version, field: value})
    assert answer.status_code == 422
    course.refresh_from_db()
    assert (course.condition, course.n_segments) == before


def test_how_long_she_thinks_it_will_last_is_chosen_and_the_forecast_hears_it(elena, course):
    course.refresh_from_db()
    form = GOOD | {"version": course.version, "expected_duration": "years"}
    assert elena.post(url(course, "describe"), form).status_code == 302
    assert ForecastShown.objects.latest("pk").evidence["expected"] == "years"
    assert '<option value="years" selected>' in elena.get(url(course)).content.decode()
    stale = elena.post(url(course, "describe"), form | {"expected_duration": "weeks"})
    assert stale.status_code == 409
    assert '<option value="weeks" selected>' in stale.content.decode()
    for words in ("Expected to last: Years", "Expected to last: Weeks"):
        assert words in stale.content.decode()


def test_how_long_it_has_lasted_is_shown_and_corrected(elena, course):
    assert "had lasted 60 weeks when the course began" in elena.get(url(course)).content.decode()
    course.refresh_from_db()
    form = GOOD | {"version": course.version, "duration_weeks": "13"}
    assert elena.post(url(course, "describe"), form).status_code == 302
    course.refresh_from_db()
    began_on = AT.date() - timedelta(days=60 + 13 * 7)
    assert (course.duration_weeks, course.onset_on) == (13, began_on)
    assert ForecastShown.objects.latest("pk").evidence["duration_weeks"] == 13
    assert elena.post(url(course, "describe"), form | {"version": 2, "duration_weeks": ""}).status_code == 302
    assert "has lasted is not known" in elena.get(url(course)).content.decode()


def test_a_complaint_older_than_she_is_is_asked_about_and_not_taken(elena, course):
    type(course).objects.filter(pk=course.pk).update(duration_weeks=5000)
    page = elena.get(url(course)).content.decode()
    assert "5000 weeks when the course began, which cannot be" in page
    for weeks, words in (
        ("4000", "cannot be older than the patient"),
        ("-1", "cannot be older"),
        ("a year", "weeks as a number"),
    ):
        answer = elena.post(url(course, "describe"), GOOD | {"version": 1, "duration_weeks": weeks})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert words in page
        assert f'value="{weeks}" autofocus aria-invalid="true" aria-describedby="duration-error"' in page
    course.refresh_from_db()
    assert course.duration_weeks == 5000
    assert elena.post(url(course, "describe"), GOOD | {"version": 1, "duration_weeks": "52"}).status_code == 302
    assert "which cannot be" not in elena.get(url(course)).content.decode()


def test_her_activities_are_named_on_their_page_and_keep_their_typing(elena, course):
    refused = elena.post(url(course, "activities"), {"activity": ["sit through a film", "", "garden"]})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "She names 3 to 5 activities." in page
    assert 'value="garden" aria-describedby="activities-error"' in page
    words = ["sit through a film", "garden", "sleep"]
    assert elena.post(url(course, "activities"), {"activity": words}).status_code == 302
    page = elena.get(url(course, "activities")).content.decode()
    assert all(f'value="{word}"' in page for word in words)
