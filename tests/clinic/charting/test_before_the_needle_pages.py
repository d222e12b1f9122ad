"""Before a needle, on the chart: the short list of today, consent, asks with their reasons, and what is in all the same."""

from __future__ import annotations

import re
from html import unescape

import pytest

from myotome.clinic.needling.actions import ask_again, record_insertion
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from myotome.clinic.planning.models import Consent
from myotome.clinic.screening.facts import note_fact
from myotome.clinic.screening.models import PatientFact
from myotome.knowledge.cautions import facts
from myotome.vocabulary.needling import SiteKind
from tests.clinic.charting.visits import BUTTOCK, GLMED, OVER_LUNG, POINTS, at, needle_form, visit_of
from tests.factories import (
    AT,
    a_consent,
    a_needle,
)

pytestmark = pytest.mark.django_db
IMS_YES, THORAX_YES, LIMBS_YES = "ims@1@en", "thorax@1@en", "limbs@1@en"
ASKED = [code for code, fact in facts().items() if fact.every_visit and code != "no_consent"]


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


def test_a_list_that_nobody_asked_before_the_first_needle_stays_on_the_chart_until_it_is_asked(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=None)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    assert 'id="not-asked"' in page
    assert page.count('id="reask"') == 1
    refused = client.post(at("asked_again", visit), {"fact:fever": "present"})
    assert refused.status_code == 422
    assert '<details class="fold" id="not-asked" open>' in refused.content.decode()
    after = client.post(at("asked_again", visit), {"fact:fever": "present", "rest": "absent"}, follow=True)
    assert answers_of(visit)["fever"] == "present"
    assert 'id="not-asked"' not in after.content.decode()
    assert "Something new since the start?" in after.content.decode()


def test_an_ask_that_stays_on_the_page_is_measured_from_when_it_was_first_shown(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, sites=OVER_LUNG)
    client.force_login(elena.user)
    first = client.get(at("chart", visit)).content.decode()
    shown = re.search(r'name="shown_at" value="([^"]+)"', first)[1]
    reason = {"code": "calf_clot", "place": "upper_back", "reason": "said", "shown_at": shown}
    after = client.post(at("answered", visit), reason, headers={"HX-Request": "true"}).content.decode()
    assert re.search(r'name="shown_at" value="([^"]+)"', after)[1] == shown
