"""The examination through HTTP, as plain forms: her impression first, then the roots; nothing needs a script."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from myotome.clinic.assessment.actions import begin_examination, chart_finding, write_impression
from myotome.clinic.assessment.models import ExamFinding, Examination, RootBelief
from myotome.clinic.assessment.queries import examination_as_json
from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.screening.facts import note_fact
from myotome.vocabulary.anatomy import Side
from myotome.vocabulary.findings import MuscleFinding, ReflexFinding
from tests.factories import (
    AT,
    PASSWORD,
    a_clinic,
    a_course,
    a_patient,
    a_practitioner,
    a_receptionist,
    an_actor,
)

pytestmark = pytest.mark.django_db

SOLEUS = "muscle:soleus::left:shortened"


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)


@pytest.fixture
def actor(clinic, elena):
    return an_actor(elena.user, clinic)


@pytest.fixture
def exam(clinic, elena, actor):
    course = a_course(clinic, a_patient(clinic, in_care_of=elena))
    return begin_examination(by=actor, at=AT, course_id=course.pk)


@pytest.fixture
def at_work(client, elena):
    client.login(email=elena.user.email, password=PASSWORD)
    return client


def url(exam, name="examination"):
    return reverse(f"assessment:{name}", args=(exam.clinic.slug, exam.pk))


def chart(client, exam, *sent, **more):
    for one in sent:
        answer = client.post(url(exam, "chart"), {"chart": one} | more)
    return answer


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_the_complaint_chooses_the_region(exam):
    assert exam.region == "back_leg"


def test_one_tap_charts_a_grade_and_the_page_comes_back_where_it_was_open(at_work, exam):
    answer = chart(at_work, exam, f"{SOLEUS}:2", open="lower_leg", sign="shortened")
    assert answer.status_code == 302
    assert answer["Location"] == f"{url(exam)}?open=lower_leg&sign=shortened"
    row = ExamFinding.objects.get()
    assert (row.subject, row.side, row.sign, row.grade) == ("soleus", "left", "shortened", 2)
    page = at_work.get(answer["Location"])
    assert f'value="{SOLEUS}:clear"' in page.content.decode()


def test_pressing_the_pressed_key_makes_it_not_tested_and_normal_is_a_finding(at_work, exam):
    chart(at_work, exam, f"{SOLEUS}:2", f"{SOLEUS}:clear")
    assert not ExamFinding.objects.filter(replaced_at=None).exists()
    assert "Nothing is tested yet" in text_of(at_work.get(url(exam)))
    chart(at_work, exam, f"{SOLEUS}:0")
    assert ExamFinding.objects.get(replaced_at=None).grade == 0
    assert "1 tested" in text_of(at_work.get(url(exam)))


def test_until_her_impression_is_written_no_root_is_shown_computed_or_sent(at_work, exam):
    chart(at_work, exam, f"{SOLEUS}:3")
    page = at_work.get(url(exam))
    assert "stays folded until your impression is written" in text_of(page)
    assert "in 100" not in text_of(page)
    assert not RootBelief.objects.exists()


def test_after_her_impression_the_roots_open_with_why_and_what_is_next(at_work, exam):
    chart(at_work, exam, f"{SOLEUS}:3", "muscle:multifidus:S1:left:tender:2", "skin:S1::left:cold:1")
    answer = at_work.post(url(exam, "impression"), {"impression": "S1 left", "version": exam.version}, follow=True)
    words = text_of(answer)
    assert "S1 left" in words
    assert "Why S1 left" in words
    assert "Soleus shortened 3" in words
    assert "Most to learn next" in words
    assert "they are not a diagnosis" in words
    belief = RootBelief.objects.get()
    assert belief.evidence_ids == list(ExamFinding.objects.order_by("id").values_list("id", flat=True))
    assert belief.answer["roots"][0]["root"] == "S1"
    assert (belief.knowledge_version, belief.engine_version) == (
        belief.answer["knowledge_version"],
        belief.answer["engine_version"],
    )


def test_what_was_shown_is_kept_once_for_each_set_of_findings(at_work, exam, actor):
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="S1 left")
    at_work.get(url(exam))
    at_work.get(url(exam))
    assert RootBelief.objects.count() == 1
    chart(at_work, exam, f"{SOLEUS}:1")
    at_work.get(url(exam))
    at_work.post(url(exam, "region"), {"region": ""})
    at_work.get(url(exam))
    assert RootBelief.objects.count() == 3


def test_why_can_be_asked_for_another_root(at_work, exam, actor):
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="S1 left")
    chart(at_work, exam, f"{SOLEUS}:3")
    assert "Why L5 left" in text_of(at_work.get(url(exam) + "?root=L5.left"))
    assert "Why S1 left" in text_of(at_work.get(url(exam) + "?root=X9.middle"))


def test_an_empty_impression_is_refused_at_its_field(at_work, exam):
    answer = at_work.post(url(exam, "impression"), {"impression": "  ", "version": 1})
    assert answer.status_code == 422
    assert "in your own words" in text_of(answer)
    assert not Examination.objects.get(pk=exam.pk).impression


def test_two_tabs_writing_the_impression_get_both_versions_and_lose_nothing(at_work, exam):
    at_work.post(url(exam, "impression"), {"impression": "L5 left", "version": 1})
    answer = at_work.post(url(exam, "impression"), {"impression": "S1 right", "version": 1})
    assert answer.status_code == 409
    assert "L5 left" in text_of(answer)
    assert "S1 right" in text_of(answer)
    assert 'name="version" value="2"' in answer.content.decode()
    at_work.post(url(exam, "impression"), {"impression": "S1 right", "version": 2})
    assert Examination.objects.get(pk=exam.pk).impression == "S1 right"


@pytest.mark.parametrize(
    "finding", ["reflex:achilles::left::1", "muscle:extensor_hallucis_longus::left:weak:3"], ids=["reflex", "strength"]
)
def test_loss_says_to_screen_again_before_and_after_the_impression(at_work, exam, finding):
    chart(at_work, exam, finding)
    assert "re-screen, do not just needle" in text_of(at_work.get(url(exam)))


def test_normal_strength_and_reflexes_say_nothing(at_work, exam):
    chart(at_work, exam, "reflex:achilles::left::2", "muscle:soleus::left:weak:4")
    assert "re-screen" not in text_of(at_work.get(url(exam)))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("?open=spine", "Multifidus L5"),
        ("?open=spine&spine=longissimus", "Longissimus L5"),
        ("?open=buttock", "Gluteus maximus"),
        ("?open=buttock", "Found only by the needle"),
        ("?open=skin", "S1"),
        ("?open=reflexes", "Ankle jerk"),
        ("?q=piriformis", "Piriformis"),
        ("?q=zzz", "No muscle is called"),
        ("?at=soleus", "Needle grasp"),
        ("?at=multifidus:L5", "Multifidus L5"),
        ("?at=nothing", "Multifidus L5"),
        ("?open=nothing&spine=nothing&sign=nothing&view=nothing", "Multifidus L5"),
        ("?view=front&open=thigh&layer=superficial", "Rectus femoris"),
        ("?layer=skin", "Skin over L1"),
        ("?layer=skin&at=L5", "Key point: top of the foot"),
        ("?layer=skin&open=lower_leg&view=front", "Skin over L4"),
        ("?layer=superficial", "Gluteus maximus"),
        ("?layer=deep&open=thigh&view=front", "Pectineus"),
        ("?layer=skin&q=piriformis", "Shortened"),
    ],
)
def test_every_place_opens(at_work, exam, asked, words):
    answer = at_work.get(url(exam) + asked)
    assert answer.status_code == 200
    assert words in text_of(answer)


def test_a_label_beside_the_figure_says_both_sides_and_opens_its_muscle(at_work, exam):
    chart(at_work, exam, "muscle:gluteus_medius::left:shortened:3", "muscle:gluteus_medius::right:shortened:0")
    asked = f"{url(exam)}?open=buttock"
    page = at_work.get(asked)
    label = re.search(r'<a class="plate-label[^"]*" href="([^"]*at=gluteus_medius)">(.*?)</a>', page.content.decode())
    assert re.sub(r"(<[^>]*>)+", " ", label[2]).strip() == "Gluteus medius left 3, right normal"
    opened = at_work.get(html.unescape(label[1]))
    assert opened.context["panel"]["card"]["name"] == "Gluteus medius"
    assert [one.name for one in opened.context["labels"] if one.is_chosen] == ["Gluteus medius"]
    assert "neither side tested" in text_of(at_work.get(f"{url(exam)}?open=spine"))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("mult L5", "Multifidus L5"),
        ("L5 multifidus", "Multifidus L5"),
        ("longissimus", "Longissimus T10"),
        ("l5", "Multifidus L5"),
        ("TFL", "Tensor fasciae latae"),
    ],
)
def test_a_muscle_is_found_by_name_and_level_those_of_the_region_first(at_work, exam, words, first):
    found = at_work.get(url(exam), {"q": words}).context["panel"]["groups"][0].rows
    assert found[0].name == first


def layer_of(page):
    return next(row["code"] for row in page.context["layers"] if row["is_open"])


def labels_of(page):
    return {one.name: one.sides for one in page.context["labels"]}


def test_the_skin_the_surface_and_the_deep_muscles_are_three_layers_of_one_body(at_work, exam):
    chart(
        at_work,
        exam,
        "muscle:gluteus_maximus::left:shortened:2",
        "muscle:piriformis::left:tender:3",
        "skin:S3::left:cold:1",
        "skin:S3::left:sweating:0",
        "skin:S3::right:cold:0",
    )
    asked = f"{url(exam)}?open=buttock"
    deep = at_work.get(asked)
    assert layer_of(deep) == "deep"
    assert labels_of(deep)["Piriformis"] == "left tender 3"
    assert labels_of(deep)["Gluteus maximus"] == "left shortened 2"  # a finding stays, in whatever depth
    assert "Deep muscles are schematic." in text_of(deep)
    way = {row["code"]: row["href"] for row in deep.context["layers"]}
    surface = at_work.get(way["superficial"])
    assert "Gluteus maximus" in labels_of(surface)
    assert "Piriformis" not in labels_of(surface)
    assert "Piriformis" in text_of(surface)  # in the list, by layer
    chart(at_work, exam, "muscle:longissimus:L3:left:shortened:1")
    assert "Longissimus L3" in labels_of(at_work.get(deep.wsgi_request.get_full_path()))
    assert "Longissimus L3" not in labels_of(at_work.get(way["superficial"]))
    skin = at_work.get(way["skin"])
    assert labels_of(skin)["Skin over S3"] == "left cold; right no cold"
    assert "Areas of skin are schematic." in text_of(skin)
    assert skin.context["panel"]["opened"] == "skin"
    back = at_work.get(next(row["href"] for row in skin.context["layers"] if row["code"] == "deep"))
    assert back.context["panel"]["opened"] == "buttock"


def test_each_place_opens_in_the_layer_that_has_more_of_its_muscles(at_work, exam):
    layers = {place: layer_of(at_work.get(f"{url(exam)}?open={place}")) for place in ("spine", "thigh", "skin")}
    assert layers == {"spine": "deep", "thigh": "superficial", "skin": "skin"}


def test_a_layer_ends_when_another_place_opens_and_stays_when_a_muscle_does(at_work, exam):
    page = at_work.get(f"{url(exam)}?open=buttock&layer=superficial")
    thigh = next(row["href"] for row in page.context["places"] if row["name"] == "Thigh")
    assert "layer" not in thigh
    label = next(one.href for one in page.context["labels"])
    assert "layer=superficial" in label
    assert "layer=skin" not in at_work.get(f"{url(exam)}?layer=skin").context["places"][1]["href"]


def test_an_area_of_the_skin_opens_all_its_signs_and_a_sign_is_one_tap(at_work, exam):
    page = at_work.get(f"{url(exam)}?layer=skin&open=lower_leg")
    label = next(one for one in page.context["labels"] if one.name == "Skin over L5")
    card = at_work.get(label.href).context["panel"]["card"]
    assert card["name"] == "Skin over L5"
    assert len(card["rows"]) == 10
    answer = chart(at_work, exam, card["rows"][4].sides[0].tap.sends, layer="skin", open="lower_leg", at="L5")
    row = ExamFinding.objects.get()
    assert (row.kind, row.subject, row.side, row.sign, row.present) == ("skin", "L5", "left", "cold", True)
    page = at_work.get(answer["Location"])
    assert layer_of(page) == "skin"
    assert labels_of(page)["Skin over L5"] == "left cold"


def test_the_region_can_be_changed(at_work, exam):
    at_work.post(url(exam, "region"), {"region": "neck_arm"})
    assert "Shoulder" in text_of(at_work.get(url(exam)))
    assert at_work.post(url(exam, "region"), {"region": "elbow"}).status_code == 422


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "muscle:soleus",
        "muscle:soleus::middle:shortened:1",
        "muscle:soles::left:shortened:1",
        "muscle:soleus:S1:left:shortened:1",
        "muscle:multifidus::left:shortened:1",
        "muscle:soleus::left:shortened:9",
        "muscle:soleus::left:short:1",
        "muscle:soleus::left:shortened:x",
        "skin:C1::left:cold:1",
        "skin:L5::left:shortened:1",
        "reflex:elbow::left::1",
        "reflex:achilles::left::7",
        "bone:femur::left::1",
    ],
)
def test_what_is_no_finding_is_refused_with_a_sentence(at_work, exam, sent):
    answer = chart(at_work, exam, sent)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not ExamFinding.objects.exists()


def test_finishing_opens_the_plan_and_nothing_changes_any_more(at_work, exam, actor):
    assert at_work.post(url(exam, "finish")).status_code == 403
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="S1 left")
    answer = at_work.post(url(exam, "finish"))
    assert answer["Location"] == reverse("planning:plan", args=(exam.clinic.slug, exam.course_id))
    assert chart(at_work, exam, f"{SOLEUS}:1").status_code == 409
    page = at_work.get(url(exam)).content.decode()
    assert 'name="chart"' not in page
    assert "To the plan" in page


def test_the_print_is_one_page_with_findings_impression_and_roots(at_work, exam, actor):
    chart(at_work, exam, f"{SOLEUS}:3", "muscle:piriformis::right:shortened:0", "muscle:piriformis::right:tender:0")
    chart(at_work, exam, "muscle:soleus::left:weak:4", "skin:S1::left:cold:0", "reflex:achilles::left::1")
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="S1 left")
    words = text_of(at_work.get(url(exam, "printed")))
    assert "Soleus left: shortened 3, strength 4 of 5" in words
    assert "Piriformis right: normal, not tender" in words
    assert "Skin over S1 left: cold absent" in words
    assert "Ankle jerk left: reduced" in words
    assert "S1 left" in words
    assert "Roots to consider" in words
    assert "What is not listed was not tested" in words


def test_a_tap_is_answered_with_its_keys_the_ladder_and_a_loss_and_the_page_asks_for_the_rest(at_work, exam, actor):
    chart(at_work, exam, f"{SOLEUS}:2")
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="S1 left")
    tap = {"chart": "reflex:achilles::left::0", "open": "reflexes"}
    answer = at_work.post(url(exam, "chart"), tap, headers={"HX-Request": "true"})
    page, words = answer.content.decode(), text_of(answer)
    assert 'id="exam-ladder"' in page
    assert 'id="keys"' in page
    assert "Loss: re-screen, do not just needle." in words
    assert "Most to learn next" not in words
    rest = html.unescape(re.search(r'data-rest="([^"]+)"', page)[1])
    assert rest == f"{url(exam)}?open=reflexes"
    whole = at_work.get(rest)
    assert "Most to learn next" in text_of(whole)
    ladder = re.compile(r'<section class="sheet exam-ladder".*?</section>', re.DOTALL)
    assert ladder.search(page)[0] == ladder.search(whole.content.decode())[0]


def test_the_ladder_of_a_tap_is_kept_as_shown_and_so_is_what_explains_it(at_work, exam, actor):
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="S1 left")
    at_work.post(url(exam, "chart"), {"chart": f"{SOLEUS}:2"}, headers={"HX-Request": "true"})
    at_work.get(url(exam))
    at_work.get(url(exam))
    ladder, explained = RootBelief.objects.order_by("id")
    first, then = ({(row["root"], row["side"]): row["p"] for row in one.answer["roots"]} for one in (ladder, explained))
    assert first == pytest.approx(then, abs=1e-12)
    assert ladder.evidence_ids == explained.evidence_ids
    assert "options" not in ladder.answer
    assert explained.answer["options"]
    assert AuditEvent.objects.filter(act="roots.shown").count() == 1


def test_before_her_impression_a_tap_answers_without_any_root(at_work, exam):
    answer = at_work.post(url(exam, "chart"), {"chart": f"{SOLEUS}:2"}, headers={"HX-Request": "true"})
    assert 'id="keys"' in answer.content.decode()
    assert "exam-ladder" not in answer.content.decode()
    assert not RootBelief.objects.exists()


def test_the_last_visits_belief_is_the_prior_of_the_next(exam, actor):
    chart_finding(
        by=actor,
        at=AT,
        examination_id=exam.pk,
        finding=MuscleFinding(muscle="soleus", side=Side.LEFT, sign="shortened", grade=3),
    )
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="S1 left")
    from datetime import timedelta

    from myotome.clinic.assessment.actions import show_roots

    belief = show_roots(by=actor, at=AT, examination_id=exam.pk)
    later = begin_examination(by=actor, at=AT + timedelta(days=28), course_id=exam.course_id)
    prior = examination_as_json(later)["prior"]
    assert prior["days"] == 28
    assert prior["roots"] == belief.answer["roots"]
    assert examination_as_json(exam)["prior"] is None


def test_a_stop_of_the_patient_stands_above_the_examination(at_work, exam, actor):
    note_fact(by=actor, at=AT, patient_id=exam.course.patient_id, code="fever", state="present", detail="39")
    assert "STOP" in text_of(at_work.get(url(exam)))


def test_every_opening_and_every_tap_is_in_the_audit(at_work, exam):
    at_work.get(url(exam))
    chart(at_work, exam, f"{SOLEUS}:3")
    acts = set(AuditEvent.objects.values_list("act", flat=True))
    assert {"examination.begun", "examination.read", "finding.charted"} <= acts


def test_a_page_takes_at_most_fifteen_queries(at_work, exam, actor, django_assert_max_num_queries):
    for muscle in ("soleus", "gluteus_medius", "tibialis_anterior"):
        finding = MuscleFinding(muscle=muscle, side=Side.LEFT, sign="shortened", grade=2)
        chart_finding(by=actor, at=AT, examination_id=exam.pk, finding=finding)
    chart_finding(
        by=actor, at=AT, examination_id=exam.pk, finding=ReflexFinding(reflex="achilles", side=Side.LEFT, grade=2)
    )
    with django_assert_max_num_queries(15):
        at_work.get(url(exam))
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="S1 left")
    with django_assert_max_num_queries(15):
        assert at_work.get(url(exam)).status_code == 200
    with django_assert_max_num_queries(15):
        assert at_work.get(url(exam)).status_code == 200


def test_a_tap_asks_the_database_no_more_than_a_page_may(at_work, exam, actor, django_assert_max_num_queries):
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="S1 left")
    chart(at_work, exam, f"{SOLEUS}:1")
    at_work.get(url(exam))
    for grade in (2, 3, 0):
        with django_assert_max_num_queries(20):  # the page, and the finding with its history and its audit event
            answer = at_work.post(url(exam, "chart"), {"chart": f"{SOLEUS}:{grade}"}, headers={"HX-Request": "true"})
        assert answer.status_code == 200


def test_reception_and_other_clinics_see_nothing(client, clinic, exam):
    robin = a_receptionist(clinic)
    client.login(email=robin.email, password=PASSWORD)
    assert client.get(url(exam)).status_code == 403
    other = a_clinic(slug="birch", name="Birch")
    stranger = a_practitioner(other, name="Stranger")
    client.login(email=stranger.user.email, password=PASSWORD)
    assert client.get(url(exam)).status_code == 404
    assert client.get(reverse("assessment:examination", args=("birch", exam.pk))).status_code == 404
