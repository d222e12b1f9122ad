"""The needle chart through HTTP, as plain forms: what a tablet without script can do is everything."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta
from html import unescape

import pytest
from django.urls import resolve, reverse

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import answer_ask, ask_again, open_visit, record_insertion
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from myotome.clinic.people.models import User
from myotome.clinic.planning.actions import SiteChoice, make_plan
from myotome.clinic.planning.models import Consent
from myotome.clinic.screening.facts import note_fact
from myotome.clinic.screening.models import PatientFact
from myotome.knowledge.acupoints import acupoint
from myotome.knowledge.cautions import facts
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.needling import NeedleState, SiteKind, TreatmentMode
from tests.factories import (
    AT,
    PASSWORD,
    a_clinic,
    a_consent,
    a_course,
    a_needle,
    a_patient,
    a_practitioner,
    an_actor,
    an_open_visit,
    boxed,
)

pytestmark = pytest.mark.django_db

OVER_LUNG = [("rhomboid_major", "", "left", "upper_back")]
PLACE = {"place": "left ear: lobe", "region": "head", "side": "left"}
BUTTOCK = [("gluteus_maximus", "", "left", "buttock"), ("gluteus_medius", "", "left", "buttock")]
GLMAX, GLMED = "muscle:gluteus_maximus::left", "muscle:gluteus_medius::left"


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)


def visit_of(clinic, practitioner, *, mode="ims", sites=BUTTOCK, kind=SiteKind.MUSCLE, number_of_visits=1):
    """The last of `number_of_visits` open visits of a course with a plan and consent; earlier ones are empty."""
    course = a_course(clinic, a_patient(clinic, in_care_of=practitioner))
    a_consent(course, "course", mode=TreatmentMode(mode).value)
    actor = an_actor(practitioner.user, clinic)
    chosen = [
        SiteChoice(site_kind=kind, site=s, level=level, side=Side(side), region=NeedleRegion(region))
        for s, level, side, region in sites
    ]
    mode = TreatmentMode(mode)
    plan = make_plan(
        by=actor, at=AT, course_id=course.pk, mode=mode, n_treatments=8, price_cents_each=9500, sites=chosen
    )
    for _ in range(number_of_visits):
        visit = open_visit(by=actor, at=AT, course_id=course.pk, mode=mode, plan_id=plan.pk)
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=AT)
    return visit, actor


def at(name, visit, **ids):
    return reverse(f"needling:{name}", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk, **ids})


def needle_form(site=GLMAX, **values):
    return {"site": site, "client_id": "tablet-1", "size": "0.30x60", "depth_mm": "50", "state": "out"} | values


def test_a_planned_needle_is_response_and_out(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    answer = client.post(at("needle", visit), needle_form(grasp="2", twitches="1"), follow=True)
    assert answer.status_code == 200
    row = NeedleInsertion.objects.get()
    assert (row.site, row.side, row.grasp, row.twitches, row.state, row.depth_mm) == (
        "gluteus_maximus", "left", 2, 1, "out", 50,
    )  # fmt: skip
    assert row.seconds is None
    assert "gluteus medius" in answer.content.decode().lower()


def test_one_tap_writes_response_and_out(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("needle", visit), needle_form(quick="grasp-cramp-release"))
    row = NeedleInsertion.objects.get()
    assert (row.grasp, row.cramp, row.release, row.state) == (2, 5, True, "out")


def test_the_same_form_sent_twice_is_one_needle(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    for _ in range(2):
        client.post(at("needle", visit), needle_form(grasp="2"))
    assert NeedleInsertion.objects.count() == 1


def test_same_as_the_last_needle_repeats_its_response(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("needle", visit), needle_form(grasp="3", release="yes"))
    client.post(at("needle", visit), needle_form(GLMED, client_id="tablet-2", quick="same"))
    assert [(r.grasp, r.release) for r in NeedleInsertion.objects.order_by("number")] == [(3, True), (3, True)]


def test_a_site_carried_over_is_not_a_needle_until_it_is_touched(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, sites=[], number_of_visits=1)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT, grasp=3, depth_mm=44))
    second = open_visit(by=actor, at=AT + timedelta(days=7), course_id=visit.course_id, mode=TreatmentMode.IMS)
    TreatmentVisit.objects.filter(pk=second.pk).update(reask_at=AT)
    client.force_login(elena.user)
    page = client.get(at("chart", second)).content.decode()
    assert "0 in, 0 out, 1 planned" in page
    assert 'value="44"' in page
    assert 'value="3" checked' not in page


def test_an_ask_comes_before_the_keys_and_a_reason_opens_them(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, sites=OVER_LUNG)
    a_consent(visit.course, "region", "thorax")
    client.force_login(elena.user)
    before = client.get(at("chart", visit)).content.decode()
    assert "Say why you go on" in before
    client.post(at("answered", visit), {"code": "pleura", "place": "upper_back", "reason": "Aimed at bone"})
    after = client.get(at("chart", visit)).content.decode()
    assert "Say why you go on" not in after
    assert "Needle out" in after


IMS_YES, THORAX_YES, LIMBS_YES = "ims@1@en", "thorax@1@en", "limbs@1@en"


def test_her_yes_is_asked_for_on_the_chart_before_the_first_needle_all_texts_in_one_act(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, sites=[*BUTTOCK, *OVER_LUNG])
    Consent.objects.all().delete()
    client.force_login(elena.user)
    before = client.get(at("chart", visit)).content.decode()
    assert f'value="{IMS_YES}"' in before
    assert f'value="{THORAX_YES}"' in before
    assert f'value="{LIMBS_YES}"' in before
    assert "No needle here until" in before
    nothing = client.post(at("consented", visit), {})
    assert nothing.status_code == 422
    assert 'id="yes-error-before"' in nothing.content.decode()
    for _ in range(2):
        after = client.post(
            at("consented", visit), {"yes": [IMS_YES, THORAX_YES, LIMBS_YES]}, follow=True
        ).content.decode()
    assert "her yes is not on record" not in after
    assert "No needle here until" not in after
    assert [(c.kind, c.subject, c.text_id, c.text_version) for c in Consent.objects.order_by("pk")] == [
        ("course", "", "ims", "1"),
        ("region", "thorax", "thorax", "1"),
        ("region", "limbs", "limbs", "1"),
    ]
    client.post(at("needle", visit), needle_form(grasp="2"))
    assert not Incident.objects.filter(kind__contains="consent").exists()


def test_the_yes_to_a_region_is_not_needed_for_a_needle_elsewhere(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, sites=[*BUTTOCK, *OVER_LUNG])
    a_consent(visit.course, "region", "limbs")
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    assert f'value="{THORAX_YES}"' in page
    assert "No needle here until" not in page
    over_the_lung = client.get(at("chart", visit), {"site": "muscle:rhomboid_major::left"}).content.decode()
    assert "No needle here until" in over_the_lung


def test_a_consent_is_withdrawn_on_the_chart_in_the_middle_of_the_visit(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    a_consent(visit.course, "region", "limbs")
    client.force_login(elena.user)
    client.post(at("needle", visit), needle_form(grasp="2"))
    consent = Consent.objects.get(kind="course")
    page = client.post(at("withdrawn", visit, consent=consent.pk), follow=True).content.decode()
    assert "her yes is not on record" in page
    client.post(at("needle", visit), needle_form(GLMED, client_id="tablet-2", grasp="2"))
    assert NeedleInsertion.objects.count() == 2
    assert [i.detail for i in Incident.objects.filter(kind__contains="consent")] == [
        "Consent for this course had been withdrawn."
    ]


def test_a_needle_that_may_not_stay_says_so_beside_the_button(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    ask_again(by=actor, at=AT, visit_id=visit.pk, answers={"valve_disease": "present"})
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    assert "no needles left in the ear or skin" in page
    assert "her yes to needles that stay is not on record" in page
    client.post(at("consented", visit), {"yes": "retained@1@en"})
    assert "her yes to needles that stay is not on record" not in client.get(at("chart", visit)).content.decode()


@pytest.mark.parametrize("said", ["ims@9@en", "nosuch@1@en", "ims", ""])
def test_a_yes_to_a_text_that_was_never_shown_is_refused(client, clinic, elena, said):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    assert client.post(at("consented", visit), {"yes": said}).status_code == 422
    assert Consent.objects.count() == 1


def test_a_depth_beyond_every_range_of_a_point_asks_before_the_needle_and_the_answer_keeps_site_and_depth(
    client, clinic, elena
):
    visit, _ = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    client.force_login(elena.user)
    key = "acupoint:TE5::left"
    shallow = client.get(at("chart", visit), {"site": key, "depth_mm": "20"}).content.decode()
    assert "deeper than any source" not in shallow
    deep = client.get(at("chart", visit), {"site": key, "depth_mm": "60"}).content.decode()
    assert "TE5 at 60 mm is deeper than any source" in unescape(deep)
    assert "TCM Knowledge Base" in deep
    reason = {"code": "depth_TE5", "place": "forearm_hand", "reason": "through to PC6", "site": key, "depth_mm": "60"}
    after = client.post(at("answered", visit), reason, follow=True).content.decode()
    assert "deeper than any source" not in after
    assert f'<input type="hidden" name="site" value="{key}">' in after
    assert 'id="id_depth_mm" min="0" max="150" value="60"' in after
    client.post(at("needle", visit), needle_form(key, state="in", depth_mm="60"))
    assert not Incident.objects.filter(detail__startswith="depth").exists()


def test_a_set_asks_about_the_depths_typed_for_its_points(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    client.force_login(elena.user)
    page = client.get(at("chart", visit), {"depth:acupoint:LI4::left": "70"}).content.decode()
    assert "LI4 at 70 mm is deeper" in page
    assert 'name="depth:acupoint:LI4::left" value="70"' in page


def test_a_needle_already_in_is_recorded_past_a_stop(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("asked_again", visit), {"fact:fever": "present", "rest": "absent"})
    page = client.get(at("chart", visit)).content.decode()
    assert "No needle here until" in page
    assert "already in: record it" in page
    client.post(at("needle", visit), needle_form(painless="1"))
    assert NeedleInsertion.objects.count() == 1
    assert ("needled_against_stop", "fever") in [(i.kind, i.detail) for i in Incident.objects.all()]


ASKED = [code for code, fact in facts().items() if fact.every_visit and code != "no_consent"]


def answers_of(visit):
    visit.refresh_from_db()
    return visit.reask


def test_each_question_of_today_is_answered_yes_or_no(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    said = {f"fact:{code}": "absent" for code in ASKED} | {"fact:fever": "present"}
    client.post(at("asked_again", visit), said)
    assert answers_of(visit) == {code: "present" if code == "fever" else "absent" for code in ASKED}


@pytest.mark.parametrize("raw", [{}, {"fact": "fever"}, {"rest": "x"}, {"fact:fever": "maybe"}])
def test_what_nobody_said_is_not_absent(client, clinic, elena, raw):
    visit, _ = visit_of(clinic, elena)
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=None)
    client.force_login(elena.user)
    answer = client.post(at("asked_again", visit), raw | {"fact:pacemaker": "present"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="fact-error"' in page
    assert facts()["fever"].words in unescape(page)
    assert 'name="fact:pacemaker" value="present" checked' in page
    assert not PatientFact.objects.exists()
    visit.refresh_from_db()
    assert visit.reask_at is None


def test_her_word_that_the_rest_is_no_leaves_what_is_marked_or_on_record_as_yes(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    note_fact(by=actor, at=AT, patient_id=visit.course.patient_id, code="pacemaker", state="present")
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=None)
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    marked = dict(re.findall(r'name="fact:(\w+)" value="(\w+)" checked', page))
    assert marked == {"pacemaker": "present"}
    client.post(
        at("asked_again", visit), {f"fact:{code}": state for code, state in marked.items()} | {"rest": "absent"}
    )
    assert answers_of(visit) == {code: "present" if code == "pacemaker" else "absent" for code in ASKED}


def test_an_ask_that_stays_on_the_page_is_measured_from_when_it_was_first_shown(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, sites=OVER_LUNG)
    client.force_login(elena.user)
    first = client.get(at("chart", visit)).content.decode()
    shown = re.search(r'name="shown_at" value="([^"]+)"', first)[1]
    reason = {"code": "other", "place": "upper_back", "reason": "said", "shown_at": shown}
    after = client.post(at("answered", visit), reason, headers={"HX-Request": "true"}).content.decode()
    assert re.search(r'name="shown_at" value="([^"]+)"', after)[1] == shown


def a_closed_visit(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    client.post(at("close", visit), {"version": "1", "sign": "1"} | boxed(1))
    return visit


@pytest.mark.parametrize("where", [{"site": GLMED}, PLACE])
def test_a_needle_found_after_closing_is_recorded_on_the_closed_page_and_taken_out_there(client, clinic, elena, where):
    visit = a_closed_visit(client, clinic, elena)
    page = client.post(at("found", visit), {"found": "1", "state": "in", "note": "at home"} | where, follow=True)
    assert "1 needle was found after closing and is still in" in page.content.decode()
    wall = client.get(reverse("needling:board", kwargs={"clinic": clinic.slug})).content.decode()
    assert "Hannah L." in wall
    page = client.post(at("out", visit, number=2), follow=True).content.decode()
    assert "every one accounted for" in page
    assert "charted after closing" in page
    assert Incident.objects.filter(kind="needle_found_after_closing").count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"site": GLMED}, "state"),
        ({"state": "left_in", "site": GLMED}, "state"),
        ({"state": "in"}, "site"),
        (PLACE | {"state": "in", "region": ""}, "site"),
        (PLACE | {"state": "in", "side": ""}, "side"),
    ],
)
def test_what_is_not_said_about_a_found_needle_is_asked_at_its_field(client, clinic, elena, typed, field):
    visit = a_closed_visit(client, clinic, elena)
    answer = client.post(at("found", visit), {"found": "1", "note": "she phoned"} | typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_{field}"' in page
    assert f'id="id_{field}"' in page
    assert 'value="she phoned"' in page
    assert NeedleInsertion.objects.count() == 1


def test_a_shorthand_paste_writes_twelve_needles(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    lines = "\n".join(
        f"L {word} 40 .30x50 grasp2 release 6s" for word in ("glmed", "glmax", "pir", "tibant", "rf", "vl")
    )
    client.post(at("line", visit), {"line": lines + "\n" + lines.replace("L ", "R "), "client_id": "paste"})
    assert NeedleInsertion.objects.count() == 12
    client.post(at("line", visit), {"line": lines + "\n" + lines.replace("L ", "R "), "client_id": "paste"})
    assert NeedleInsertion.objects.count() == 12


def test_a_line_that_does_not_parse_keeps_the_typing_and_points_at_the_word(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    answer = client.post(at("line", visit), {"line": "L glmed 50 .30x60 gasp2"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Did you mean grasp2?" in page
    assert 'value="L glmed 50 .30x60 gasp2"' in page
    assert '<span class="bad">gasp2</span>' in page
    assert not NeedleInsertion.objects.exists()


def test_a_line_is_all_or_nothing(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("line", visit), {"line": "L glmed 50 grasp2\nL nosuch 50"})
    assert not NeedleInsertion.objects.exists()


ONCE_BY_NATURE = {"close", "sign", "consented", "withdrawn", "resolved"}
"""What is closed, signed, agreed to, taken back or reviewed already stays as it is."""


def test_every_form_of_the_chart_gives_its_command_an_id(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    pages = [client.get(at("chart", visit)).content.decode(), client.get(at("hand_over", visit)).content.decode()]
    client.post(at("all_out", visit))
    pages.append(client.get(at("chart", visit)).content.decode())
    client.post(at("count", visit), {"out": "1"})
    client.post(at("close", visit), {"version": "1"} | boxed(1))
    pages.append(client.get(at("chart", visit)).content.decode())
    forms = [form for page in pages for form in re.findall(r'<form method="post".*?</form>', page, re.DOTALL)]
    without = set()
    for form in forms:
        action = re.search(r'action="([^"]*)"', form)
        name = resolve(action[1]).url_name if action else "hand_over"
        if 'name="client_id"' not in form and name not in ONCE_BY_NATURE and "/visit/" in (action[1] if action else ""):
            without.add(name)
    assert len(forms) > 15
    assert without == set()


def test_a_button_pressed_twice_does_its_act_once(client, clinic, elena):
    visit, _actor = visit_of(clinic, elena)
    client.force_login(elena.user)
    for text in ("Sore.", "Sore.", "Not sore."):
        answer = client.post(at("addendum", visit), {"text": text, "client_id": "note"})
    assert visit.addenda.count() == 1
    assert answer.status_code == 409
    assert "sent before with another content" in answer.content.decode()
    for _ in range(2):
        client.post(at("all_out", visit), {"client_id": "call"})
    assert AuditEvent.objects.filter(act="visit.all_out_called").count() == 1


POINTS = [("LI4", "", "left", "forearm_hand"), ("ST36", "", "left", "lower_leg"), ("SP6", "", "left", "lower_leg")]


def test_a_resting_set_goes_in_in_one_act_and_comes_out_when_the_count_agrees(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    for place, code in (("lower_leg", "posterior_tibial_vessels"), ("lower_leg", "vessel"), ("lower_leg", "nerve")):
        answer_ask(by=actor, at=AT, visit_id=visit.pk, code=code, place=place, reason="kept clear")
    client.force_login(elena.user)
    keys = [f"acupoint:{code}::left" for code in ("LI4", "ST36")]
    form = {"site": keys, "client_id": "set-1", "retain_minutes": "25"} | {f"depth:{key}": "20" for key in keys}
    page = client.post(at("needle_set", visit), form, follow=True).content.decode()
    assert {(r.site, r.state, r.depth_mm) for r in NeedleInsertion.objects.all()} == {
        ("LI4", "in", 20),
        ("ST36", "in", 20),
    }
    assert TreatmentVisit.objects.get(pk=visit.pk).retain_minutes == 25
    assert 'data-due-s="1500"' in page
    wrong = client.post(at("counted_out", visit), {"n_counted": "1"})
    assert wrong.status_code == 409
    assert "You counted 1, and 2 are in" in wrong.content.decode()
    client.post(at("counted_out", visit), {"n_counted": "2"})
    assert {r.state for r in NeedleInsertion.objects.all()} == {"out"}


def test_closing_over_a_needle_is_refused_and_the_note_is_kept(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    answer = client.post(at("close", visit), {"version": "1", "note": "eased at once"})
    assert answer.status_code == 409
    assert "1 needle is still in" in answer.content.decode()
    assert TreatmentVisit.objects.get(pk=visit.pk).closed_at is None


def test_closing_and_signing_are_one_act(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    form = {"version": "1", "n_needles_opened": "1", "n_needles_in_sharps": "1", "fit_to_drive_asked": "1", "sign": "1"}
    page = client.post(at("close", visit), form, follow=True).content.decode()
    row = TreatmentVisit.objects.get(pk=visit.pk)
    assert row.signed_by == elena.name
    assert "every one accounted for" in page or "accounted for" in page


def test_the_box_and_the_needles_opened_must_agree(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    answer = client.post(at("close", visit), {"version": "1", "n_needles_opened": "2", "n_needles_in_sharps": "1"})
    assert answer.status_code == 409
    assert "2 needles were opened and 1 are in the sharps box" in answer.content.decode()


@pytest.mark.parametrize("left_out", ["n_needles_opened", "n_needles_in_sharps"])
def test_a_raw_request_without_a_count_closes_nothing_and_keeps_the_typing(client, clinic, elena, left_out):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    form = {"version": "1", "note": "eased at once", "advice": "walk", "sign": "1"} | boxed(17)
    del form[left_out]
    answer = client.post(at("close", visit), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{left_out}-error"' in page
    assert 'value="17"' in page
    assert "eased at once" in page
    assert TreatmentVisit.objects.get(pk=visit.pk).closed_at is None


def test_the_count_at_closing_is_never_filled_in_from_the_chart(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    for _ in range(3):
        record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    counts = re.findall(r'<input type="number"[^>]*name="(n_needles_\w+)"[^>]*value="(\w*)"', page)
    assert counts == [("n_needles_opened", ""), ("n_needles_in_sharps", "")] * 2, "beside the count, and at closing"
    client.post(at("tally", visit), {"which": "n_needles_opened", "n_needles_opened": "", "was": "", "step": "1"})
    page = client.get(at("chart", visit)).content.decode()
    counts = dict(re.findall(r'<input type="number"[^>]*name="(n_needles_\w+)" id="id_[^>]*value="(\w*)"', page))
    assert counts == {"n_needles_opened": "1", "n_needles_in_sharps": ""}


@pytest.mark.parametrize(
    ("form", "counted"),
    [
        ({"n_needles_in_sharps": "4", "was": "4", "step": "1"}, 6),
        ({"n_needles_in_sharps": "4", "was": "4", "step": "-1"}, 4),
        ({"n_needles_in_sharps": "9", "was": "4", "step": "1"}, 10),
        ({"n_needles_in_sharps": "9", "was": "4"}, 9),
        ({"n_needles_in_sharps": "", "was": "4"}, None),
    ],
)
def test_a_step_counts_from_what_the_server_knows_and_a_typed_number_stands(client, clinic, elena, form, counted):
    visit, _actor = visit_of(clinic, elena)
    TreatmentVisit.objects.filter(pk=visit.pk).update(n_needles_in_sharps=5)
    client.force_login(elena.user)
    assert client.post(at("tally", visit), {"which": "n_needles_in_sharps"} | form).status_code == 302
    assert TreatmentVisit.objects.get().n_needles_in_sharps == counted


@pytest.mark.parametrize("typed", ["five", "501", "-1"])
def test_what_is_no_number_of_needles_is_said_at_the_tally(client, clinic, elena, typed):
    visit, _actor = visit_of(clinic, elena)
    client.force_login(elena.user)
    answer = client.post(at("tally", visit), {"which": "n_needles_opened", "n_needles_opened": typed, "was": ""})
    assert answer.status_code == 422
    assert 'id="tally-n_needles_opened-error"' in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode()
    assert TreatmentVisit.objects.get().n_needles_opened is None


def test_two_tabs_closing_show_both_notes(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    TreatmentVisit.objects.filter(pk=visit.pk).update(version=2, note="From the other tablet")
    client.force_login(elena.user)
    answer = client.post(at("close", visit), {"version": "1", "note": "Mine"} | boxed(1))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "From the other tablet" in page
    assert "Mine" in page


def test_a_needle_not_found_is_signed_by_a_second_person_with_her_password(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    david = a_practitioner(clinic, name="David Okafor")
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    form = {"reason": "table and floor", "witness_email": david.user.email, "witness_password": "wrong"}
    refused = client.post(at("missing", visit, number=1), form)
    assert refused.status_code == 422
    client.post(at("missing", visit, number=1), form | {"witness_password": PASSWORD})
    assert Incident.objects.get(kind="needle_missing").witnessed_by == "David Okafor"
    assert NeedleInsertion.objects.get().state == "missing"


def test_wrong_passwords_run_out(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    form = {"reason": "table", "witness_password": "wrong"}
    codes = [client.post(at("missing", visit, number=1), form).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


@pytest.mark.parametrize(
    "query", ["", "?region=buttock", "?spine=multifidus", "?kind=points&meridian=ST", "?q=glut", "?q=%00"]
)
def test_any_site_can_be_chosen(client, clinic, elena, query):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    answer = client.get(at("sites", visit) + query)
    assert answer.status_code == 200


def test_a_chosen_site_is_the_next_needle(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    page = client.get(at("chart", visit) + "?site=muscle:multifidus:L5:right").content.decode()
    assert "Multifidus L5, right" in page


@pytest.mark.parametrize(
    "site", ["muscle:nosuch::left", "muscle:multifidus::left", "acupoint:ST99::left", "x", "muscle:soleus::up"]
)
def test_a_site_that_does_not_exist_is_refused_at_its_field(client, clinic, elena, site):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    assert client.post(at("needle", visit), needle_form(site)).status_code == 422
    assert not NeedleInsertion.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("depth_mm", "151"), ("depth_mm", "-1"), ("depth_mm", "4e1"), ("grasp", "4"), ("size", "big"), ("cramp", "11")],
)
def test_a_value_that_cannot_be_typed_in_earnest_is_refused(client, clinic, elena, field, value):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    assert client.post(at("needle", visit), needle_form(**{field: value})).status_code == 422


def test_the_wall_shows_first_name_and_initial_only(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    page = client.get(reverse("needling:board", kwargs={"clinic": clinic.slug})).content.decode()
    assert "Hannah L." in page
    assert "Lindqvist" not in page


def test_a_stranger_finds_nothing(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    stranger = a_practitioner(clinic, name="David Okafor")
    client.force_login(stranger.user)
    assert client.get(at("chart", visit)).status_code == 404
    assert client.post(at("needle", visit), needle_form()).status_code == 404


@pytest.mark.parametrize("n", [0, 12])
def test_the_chart_needs_at_most_fifteen_queries(client, clinic, elena, n, django_assert_max_num_queries):
    visit, actor = visit_of(clinic, elena)
    for _ in range(n):
        record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    client.get(at("chart", visit))
    with django_assert_max_num_queries(30) as seen:
        client.get(at("chart", visit))
    own = [q["sql"] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(own) <= 15, "\n".join(own)


def test_a_visit_is_printed_as_a_tagged_pdf_with_the_names_of_its_points(client, tmp_path):
    visit, elena = an_open_visit(mode="acupuncture")
    client.force_login(User.objects.get(pk=elena.user_id))
    point = a_needle(
        site_kind=SiteKind.ACUPOINT,
        site="ST36",
        side=Side.LEFT,
        region=NeedleRegion(acupoint("ST36").region),
        level=None,
    )
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=point)
    answer = client.get(f"/{visit.clinic.slug}/visit/{visit.pk}/print.pdf")
    assert answer["Content-Type"] == "application/pdf"
    file = tmp_path / "visit.pdf"
    file.write_bytes(answer.content)
    text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    for words in ("Hannah Lindqvist", "12 Mar 1968", "Zúsānlǐ", "足三里"):
        assert words in text
