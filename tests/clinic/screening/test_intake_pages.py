"""The intake as a browser without script walks it: forms, links and redirects, and nothing else."""

import re

import pytest
from django.urls import reverse

from myotome.clinic.people.queries import public_actor
from myotome.clinic.screening.by_link import intake_link
from myotome.clinic.screening.intakes import give_intake_to
from myotome.clinic.screening.models import Intake, RedFlagAnswer
from myotome.knowledge.screening import content
from myotome.science.screening.levels import questions_for
from myotome.vocabulary.anatomy import PainRegion
from myotome.vocabulary.courses import RedFlagLevel
from tests.canaries import HARMLESS, SCRIPT, UNSTORABLE
from tests.factories import AT, PASSWORD, a_clinic, a_patient, a_practitioner, a_receptionist

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15


@pytest.fixture
def clinic():
    clinic = a_clinic()
    a_practitioner(clinic)
    return clinic


def begin(client, fresh=False):
    """Presses "Begin" and returns the token of the link."""
    answer = client.post("/alder/intake/", {"fresh": "1"} if fresh else {})
    return re.match(r"/alder/intake/([^/]+)/", answer["Location"]).group(1)


def url(token, *rest):
    return "/".join(["/alder/intake", token, *rest, ""])


def answer(client, token, step, **typed):
    return client.post(url(token, step), typed)


def flag(client, token, code, value):
    return client.post(url(token, "safety", code), {"answer": value})


def walk_safety(client, token, **but):
    """Follows the safety questions as they come until they end; returns where they lead."""
    place = client.get(url(token, "safety"))["Location"]
    while match := re.search(r"/safety/([\w-]+)/$", place):
        place = client.post(place, {"answer": but.get(match.group(1), "no")})["Location"]
    return place


GOOD = {
    "since_when": {"since_n": "6", "since_unit": "weeks"},
    "how_began": {"how_began": "slowly", "how_began_text": "gardening"},
    "what_like": {"what_like": ["deep_ache", "tight"]},
    "eases": {"eases": ["massage_briefly"]},
    "operations": {"operations": "none"},
    "medicines": {"medicines": ["none"]},
    "bleeding": {"bleeding": "no"},
    "implants": {"implants": ["none"]},
    "pregnancy": {"pregnancy": "no"},
    "faints": {"faints": ["none"]},
    "health": {"health": ["none"]},
    "expectation": {"expectation": "months"},
    "pain": {"pain_average": "5", "pain_worst": "8"},
    "peg": {"peg_enjoyment": "4", "peg_activity": "6"},
    "activities": {"activity_1": "putting on socks", "activity_1_score": "3"},
    "mood": {},
}


def test_the_whole_intake_without_script_ends_at_choosing_a_time(client, clinic):
    token = begin(client)
    assert answer(client, token, "where", regions=["left:low_back"])["Location"] == url(token, "age")
    assert answer(client, token, "age", age="52")["Location"] == url(token, "safety")
    place = walk_safety(client, token)
    for step, typed in GOOD.items():
        assert place == url(token, step)
        assert client.get(place).status_code == 200
        place = client.post(place, typed)["Location"]
    assert place == url(token, "check")
    page = client.get(place).content.decode()
    assert "Choose a time" in page
    assert "putting on socks" in page
    assert f"/alder/book/?intake={token.replace(':', '%3A')}" in page


def test_an_emergency_answer_leads_to_the_stop_page_and_every_way_back_leads_there_again(client, clinic):
    token = begin(client)
    answer(client, token, "where", regions=["left:low_back"])
    assert flag(client, token, "saddle_numbness", "yes")["Location"] == url(token, "stop")
    page = client.get(url(token, "stop")).content.decode()
    assert "Call 911" in page
    assert 'href="tel:911"' in page
    assert "Choose a time" not in page
    for back in ("where", "age", "check", "call-first"):
        assert client.get(url(token, back))["Location"] == url(token, "stop"), back
    assert Intake.objects.get().level == "emergency"


def test_the_stop_page_stands_the_next_day_from_the_start_page(client, clinic):
    token = begin(client)
    answer(client, token, "where", regions=["left:low_back"])
    flag(client, token, "saddle_numbness", "yes")
    assert client.post("/alder/intake/")["Location"] == url(token, "stop")
    assert Intake.objects.count() == 1


def test_back_and_no_leads_to_a_correction_that_keeps_both_answers(client, clinic):
    token = begin(client)
    answer(client, token, "where", regions=["left:low_back"])
    flag(client, token, "saddle_numbness", "yes")
    place = flag(client, token, "saddle_numbness", "no")["Location"]
    assert place == url(token, "safety", "saddle_numbness", "correct") + "?answer=no"
    refused = client.post(place, {"answer": "no", "reason": " "})
    assert refused.status_code == 422
    assert "why the first answer was not right" in refused.content.decode()
    client.post(place, {"answer": "no", "reason": "I misread it"})
    assert [row.answer for row in RedFlagAnswer.objects.all()] == ["yes", "no"]
    assert Intake.objects.get().level == "call_first"
    assert client.get(url(token, "stop"))["Location"] == url(token, "check")


def test_a_double_submit_is_one_answer(client, clinic):
    token = begin(client)
    answer(client, token, "where", regions=["left:low_back"])
    for _ in range(2):
        assert flag(client, token, "saddle_numbness", "yes")["Location"] == url(token, "stop")
    assert RedFlagAnswer.objects.count() == 1


def test_not_sure_of_an_emergency_is_told_that_somebody_calls(client, clinic):
    token = begin(client)
    answer(client, token, "where", regions=["left:low_back"])
    answer(client, token, "age", age="52")
    assert walk_safety(client, token, saddle_numbness="not_sure") == url(token, "call-first")
    assert "within one working day" in client.get(url(token, "call-first")).content.decode()


def test_a_flag_that_cannot_wait_for_the_call_says_to_see_a_doctor_today(client, clinic):
    token = begin(client)
    answer(client, token, "where", regions=["left:lower_leg"])
    walk_safety(client, token, swollen_calf="yes")
    assert "by a doctor today" in client.get(url(token, "call-first")).content.decode()


def test_an_empty_screen_says_what_is_missing_and_stays(client, clinic):
    token = begin(client)
    page = answer(client, token, "where")
    assert page.status_code == 422
    assert content().problems["required"] in page.content.decode()
    assert flag(client, token, "saddle_numbness", "").status_code == 422


@pytest.mark.parametrize("text", HARMLESS)
def test_what_was_typed_is_stored_exactly_and_shown_inert(client, clinic, text):
    token = begin(client)
    answer(client, token, "how_began", how_began="slowly", how_began_text=text)
    assert Intake.objects.get().answers["how_began_text"] == text
    for place in ("how_began", "check"):
        page = client.get(url(token, place)).content.decode()
        assert SCRIPT not in page
        assert "<svg/onload" not in page
        assert "<script>window" not in page


@pytest.mark.parametrize("text", UNSTORABLE)
def test_what_cannot_be_stored_is_refused_at_its_field_or_replaced_by_the_browser(client, clinic, text):
    token = begin(client)
    body = (
        b"how_began=slowly&how_began_text="
        + "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")).encode()
    )
    page = client.post(url(token, "how_began"), body, content_type="application/x-www-form-urlencoded")
    assert page.status_code in (302, 422)
    if page.status_code == 302:
        assert "\ufffd" in Intake.objects.get().answers["how_began_text"]


def test_a_megabyte_is_refused_and_comes_back_whole(client, clinic):
    token = begin(client)
    text = "a" * 1_000_000
    page = answer(client, token, "how_began", how_began="slowly", how_began_text=text)
    assert page.status_code == 422
    assert "it has 1000000" in page.content.decode()
    assert text in page.content.decode()
    assert Intake.objects.get().answers == {}


def test_typing_is_kept_when_another_field_is_wrong(client, clinic):
    token = begin(client)
    page = answer(client, token, "pain", pain_average="7", pain_worst="4").content.decode()
    assert re.search(r'name="pain_average" value="7" checked', page)
    assert re.search(r'name="pain_worst" value="4" checked', page)
    assert "cannot be above the worst" in page


def test_two_windows_show_both_versions_and_lose_neither(client, clinic):
    token = begin(client)
    answer(client, token, "age", age="52")
    page = client.get(url(token, "age")).content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', page).group(1)
    answer(client, token, "age", age="53", seen=seen)
    conflict = answer(client, token, "age", age="25", seen=seen)
    shown = conflict.content.decode()
    assert conflict.status_code == 409
    assert "53" in shown
    assert 'value="25"' in shown
    again = re.search(r'name="seen" value="(\w+)"', shown).group(1)
    assert answer(client, token, "age", age="25", seen=again).status_code == 302
    assert Intake.objects.get().answers == {"age": 25}


def test_a_contradiction_with_another_screen_is_shown_at_the_end_and_holds_the_booking(client, clinic):
    token = begin(client)
    answer(client, token, "where", regions=["left:elbow"])
    answer(client, token, "age", age="30")
    walk_safety(client, token)
    answer(client, token, "since_when", since_n="50", since_unit="years")
    page = client.get(url(token, "check")).content.decode()
    assert "longer ago than your age" in page
    assert "Choose a time" not in page.replace("Choosing a time", "")


@pytest.mark.parametrize("place", ["nonsense", "1:2:3", "%00", "a" * 300])
def test_a_link_that_was_not_signed_here_leads_nowhere(client, clinic, place):
    assert client.get(f"/alder/intake/{place}/where/").status_code == 404


def test_a_link_of_another_clinic_leads_nowhere(client, clinic):
    token = begin(client)
    a_clinic("birch")
    assert client.get(f"/birch/intake/{token}/where/").status_code == 404
    assert client.get(url(token, "favourite_colour")).status_code == 404
    assert client.get(url(token, "safety", "favourite_colour")).status_code == 404


def test_somebody_else_on_the_same_device_begins_anew(client, clinic):
    first = begin(client)
    assert begin(client) == first
    assert begin(client, fresh=True) != first
    assert Intake.objects.count() == 2


def test_a_machine_that_begins_again_and_again_is_stopped(client, clinic, monkeypatch):
    monkeypatch.setattr("myotome.pages.screening.limits.MOST_BEGUN", 2)
    begin(client)
    begin(client, fresh=True)
    assert client.post("/alder/intake/", {"fresh": "1"}).status_code == 429
    assert Intake.objects.count() == 2


@pytest.mark.parametrize("step", [step.code for step in content().steps if step.code != "safety"])
def test_every_screen_is_a_plain_form_and_asks_few_queries(client, clinic, step, django_assert_max_num_queries):
    token = begin(client)
    with django_assert_max_num_queries(MOST_QUERIES):
        page = client.get(url(token, step))
    shown = page.content.decode()
    assert page.status_code == 200
    assert '<form method="post"' in shown
    assert " style=" not in shown
    assert " onclick=" not in shown


def test_safety_and_check_pages_ask_few_queries(client, clinic, django_assert_max_num_queries):
    token = begin(client)
    answer(client, token, "where", regions=["left:neck", "left:head", "left:low_back"])
    for place in (url(token, "safety", "thunderclap"), url(token, "check")):
        with django_assert_max_num_queries(MOST_QUERIES):
            assert client.get(place).status_code == 200
    with django_assert_max_num_queries(MOST_QUERIES):
        flag(client, token, "thunderclap", "no")


def given_intake(client, clinic, patient, **but):
    token = begin(client)
    answer(client, token, "where", regions=["left:low_back"])
    walk_safety(client, token, **but)
    answer(client, token, "eases", eases=["massage_briefly"], eases_text=SCRIPT)
    intake = Intake.objects.latest("pk")
    return give_intake_to(by=public_actor(clinic), at=AT, intake=intake, patient_id=patient.pk)


def test_the_practitioner_reads_the_summary_in_few_queries(client, clinic, django_assert_max_num_queries):
    elena = a_practitioner(clinic, name="Elena Second")
    intake = given_intake(client, clinic, a_patient(clinic, in_care_of=elena), cancer="not_sure")
    client.login(email=elena.user.email, password=PASSWORD)
    place = reverse("screening:summary", kwargs={"clinic": "alder", "intake": intake.pk})
    client.get(place)
    with django_assert_max_num_queries(MOST_QUERIES):
        page = client.get(place).content.decode()
    assert "then tight again: the pattern described" in page
    assert "Spread to bone or brain" in page
    assert "candidate" not in page.lower()
    assert SCRIPT not in page


def test_reception_never_opens_the_summary(client, clinic):
    intake = given_intake(client, clinic, a_patient(clinic))
    client.login(email=a_receptionist(clinic).email, password=PASSWORD)
    assert client.get(f"/alder/intake/summary/{intake.pk}/").status_code == 403


def phone(client, patient, **typed):
    return client.post(f"/alder/intake/phone/{patient.pk}/", {"regions": ["left:elbow"], **typed})


def all_aloud(**but):
    return {one.code: "no" for one in questions_for([PainRegion.ELBOW], content().flags)} | but


def test_by_telephone_the_questions_are_asked_aloud_and_saved_all_at_once(client, clinic):
    patient = a_patient(clinic)
    client.login(email=a_receptionist(clinic).email, password=PASSWORD)
    shown = client.get(f"/alder/intake/phone/{patient.pk}/?regions=left:elbow").content.decode()
    assert all(one in shown for one in all_aloud())
    assert phone(client, patient, **all_aloud()).status_code == 302
    intake = Intake.objects.get()
    assert (intake.channel, intake.level, intake.patient_id) == ("phone", "none", patient.pk)
    assert intake.submitted_at


def test_by_telephone_a_question_left_out_saves_nothing_and_keeps_the_rest(client, clinic):
    patient = a_patient(clinic)
    client.login(email=a_receptionist(clinic).email, password=PASSWORD)
    some = all_aloud()
    some.pop("hot_joint")
    page = phone(client, patient, **some)
    assert page.status_code == 422
    assert "still open" in page.content.decode()
    assert Intake.objects.count() == 0


def test_by_telephone_one_no_answers_each_question_of_its_group_and_no_other(client, clinic):
    patient = a_patient(clinic)
    client.login(email=a_receptionist(clinic).email, password=PASSWORD)
    flags = questions_for([PainRegion.ELBOW], content().flags)
    doubtful = next(flag for flag in flags if flag.level is RedFlagLevel.TELL)
    page = phone(client, patient, no_to="tell", **{doubtful.code: "not_sure"}).content.decode()
    assert Intake.objects.count() == 0, "nothing is saved before all were asked"
    for flag in flags:
        is_no = f'name="{flag.code}" value="no" checked' in page
        assert is_no == (flag.level is RedFlagLevel.TELL and flag is not doubtful)
    assert f'name="{doubtful.code}" value="not_sure" checked' in page


def test_by_telephone_an_emergency_is_read_aloud_and_not_booked(client, clinic):
    patient = a_patient(clinic)
    client.login(email=a_receptionist(clinic).email, password=PASSWORD)
    page = phone(client, patient, **all_aloud(hot_joint="yes")).content.decode()
    assert "Read this aloud" in page
    assert "Do not book" in page
    assert Intake.objects.get().level == "emergency"
    assert Intake.objects.get().submitted_at is None


def test_the_token_of_an_intake_is_the_only_way_to_it(client, clinic):
    begin(client)
    intake = Intake.objects.get()
    token = intake_link(intake)
    Intake.objects.update(link_version=2)
    assert client.get(url(token, "where")).status_code == 410
