"""Whatever is refused at the chart, "Go to the field" leads to a place that the page has, and says it in words."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest

from myotome.clinic.needling.actions import ask_again, close_visit, record_insertion
from myotome.clinic.needling.adverse import report_adverse_event
from myotome.clinic.needling.models import AdverseEvent, NeedleInsertion, TreatmentVisit
from myotome.pages.needling.wrong_fields import first_of, places
from myotome.vocabulary.courses import AdverseGrade, AdverseKind
from myotome.vocabulary.needling import NeedleState, SiteKind
from tests.clinic.charting.visits import GLMED, OVER_LUNG, POINTS, at, needle_form, visit_of
from tests.factories import AT, PASSWORD, a_needle, a_practitioner, boxed

pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """The ids that a page shows, templates left out, and where the summary of what was refused leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.link, self.depth, self.in_summary = "", 0, False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.depth += tag == "template"
        if not self.depth and "id" in values:
            self.ids.append(values["id"])
        if tag == "div" and values.get("class") == "summary-of-errors":
            self.in_summary = True
        if self.in_summary and tag == "a":
            self.link = values["href"]

    def handle_endtag(self, tag):
        self.depth -= tag == "template"
        self.in_summary = self.in_summary and tag != "div"


def refused(client, visit, name, data, **ids):
    """(page, link, error) of an act that is refused."""
    answer = client.post(at(name, visit, **ids), {"client_id": "c"} | data)
    assert answer.status_code in (409, 422), (name, data)
    page = Page(answer.content.decode())
    assert "summary-of-errors" in answer.content.decode()
    return page, page.link.removeprefix("#"), answer.context["error"]


NEEDLES = [
    ({"site": "muscle:tibialis_antcrior::left"}, "site", "needle-rows"),
    ({"site": "muscle:tibialis_anterior::"}, "side", "needle-rows"),
    ({"site": "acupoint:ST36::midline"}, "side", "needle-rows"),
    ({"site": "muscle:multifidus:T13:left"}, "site", "needle-rows"),
    ({"site": "free:scar@low_back~nosuch::left"}, "nearest", "needle-rows"),
    ({"depth_mm": "151"}, "depth_mm", "id_depth_mm"),
    ({"depth_mm": "4e1"}, "depth_mm", "id_depth_mm"),
    ({"size": "0x50"}, "size", "id_size"),
    ({"size": "0.30x500"}, "size", "id_size"),
    ({"size": "nanx50"}, "size", "id_size"),
    ({"size": "big"}, "size", "id_size"),
    ({"grasp": "7"}, "grasp", "needle"),
    ({"cramp": "11"}, "cramp", "needle"),
    ({"twitches": "51"}, "twitches", "needle"),
    ({"moved": "hammer"}, "technique", "id_technique"),
    ({"position": "standing on her head"}, "position", "id_position"),
    ({"technique": "electrical", "electrical_hz": "-2"}, "electrical_hz", "id_electrical_hz"),
]


@pytest.mark.parametrize(("data", "field", "leads_to"), NEEDLES)
def test_a_needle_that_is_refused_leads_to_its_field(client, clinic, elena, data, field, leads_to):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    page, link, error = refused(client, visit, "needle", needle_form() | data)
    assert (error.field, link) == (field, leads_to)
    assert page.ids.count(link) == 1
    assert not NeedleInsertion.objects.exists()


@pytest.mark.parametrize(
    ("size", "said"),
    [("0x50", "A needle is 0.10 to 1.00 mm thick."), ("0.30x500", "A needle is 5 to 150 mm long.")],
)
def test_a_size_that_no_needle_has_is_refused_in_words(client, clinic, elena, size, said):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    _page, _link, error = refused(client, visit, "needle", needle_form(size=size))
    assert error.message == said


def test_a_number_that_is_refused_is_called_as_the_page_calls_it(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    _page, _link, error = refused(client, visit, "close", {"version": "1", "n_needles_opened": "x"})
    assert error.message == "Needles opened: a whole number from 0 to 500."


ROWS = [
    ("response", {"grasp": "7"}, "needle-1"),
    ("response", {"depth_mm": "151"}, "id_depth_mm_1"),
    ("left_in", {"reason": ""}, "id_reason_row_1"),
    ("left_in", {"reason": "seed", "remove_on": "soon"}, "id_remove_on_1"),
    ("missing", {"reason": "", "witness_email": "{colleague}", "witness_password": PASSWORD}, "id_where_1"),
    ("missing", {"reason": "bed", "witness_email": "x@example.org", "witness_password": "no"}, "id_witness_password_1"),
    ("strike", {"reason": ""}, "id_reason_row_1"),
]


@pytest.mark.parametrize(("name", "data", "leads_to"), ROWS)
def test_an_act_on_one_needle_leads_to_its_row(client, clinic, elena, name, data, leads_to):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    david = a_practitioner(clinic, name="David Okafor")
    client.force_login(elena.user)
    data = {key: value.format(colleague=david.user.email) for key, value in data.items()}
    page, link, _error = refused(client, visit, name, data, number=1)
    assert link == leads_to
    assert page.ids.count(link) == 1


OTHERS = [
    ("asked_again", {}, "id_fact"),
    ("answered", {"code": "pleura", "place": "upper_back", "reason": ""}, "cautions"),
    ("fact_corrected", {"fact_code": "fever", "fact_state": "maybe"}, "id_fact_state"),
    ("consented", {}, "consent-before"),
    ("tally", {"which": "n_needles_opened", "n_needles_opened": "x"}, "tally_n_needles_opened"),
    ("tally", {"which": "gold"}, "tally"),
    ("adverse_event", {"kind": ""}, "id_kind"),
    ("adverse_event", {"kind": "bleeding", "grade": "mild", "onset_minutes": "x"}, "id_onset_minutes"),
    ("close", {"version": "1", "n_needles_opened": "-1"}, "id_n_needles_opened"),
    ("close", {"version": "1", **{k: "0" for k in boxed(0)}, "besides": "gold"}, "id_besides"),
    ("close", {"version": "x", **{k: "0" for k in boxed(0)}}, "closing"),
]


@pytest.mark.parametrize(("name", "data", "leads_to"), OTHERS)
def test_every_other_act_leads_to_where_it_is_put_right(client, clinic, elena, name, data, leads_to):
    visit, actor = visit_of(clinic, elena, sites=OVER_LUNG)
    ask_again(by=actor, at=AT, visit_id=visit.pk, answers={"fever": "present"})
    client.force_login(elena.user)
    page, link, _error = refused(client, visit, name, data)
    assert link == leads_to
    assert page.ids.count(link) == 1


@pytest.mark.parametrize(
    "data",
    [
        {"site": []},
        {"site": ["acupoint:ST99::left"]},
        {"site": ["acupoint:LI4::left"], "depth:acupoint:LI4::left": "151"},
        {"site": ["acupoint:LI4::left"], "size:acupoint:LI4::left": "0x50"},
        {"site": ["acupoint:LI4::left"], "position": "nowhere"},
        {"site": ["acupoint:LI4::left"], "retain_minutes": "0"},
    ],
)
def test_a_set_that_is_refused_leads_to_the_set(client, clinic, elena, data):
    visit, _ = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    client.force_login(elena.user)
    page, link, _error = refused(client, visit, "needle_set", data)
    assert link in {"set", "id_set_position", "id_retain_minutes"}
    assert page.ids.count(link) == 1


def test_a_count_that_nobody_said_leads_to_the_count(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    page, link, _error = refused(client, visit, "counted_out", {})
    assert link == "counting-out"
    assert page.ids.count(link) == 1


def test_after_closing_each_act_leads_to_its_own_form(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    report_adverse_event(
        by=actor, at=AT, visit_id=visit.pk, client_id="e", kind=AdverseKind.BLEEDING, grade=AdverseGrade.MILD
    )
    close_visit(by=actor, at=AT, visit_id=visit.pk, version=TreatmentVisit.objects.get().version, **boxed(1))
    event = AdverseEvent.objects.get().pk
    client.force_login(elena.user)
    for name, data, ids, leads_to in [
        ("found", {"site": GLMED}, {}, "id_state"),
        ("found", {"state": "out"}, {}, "id_site"),
        ("found", {"state": "out", "site": "", "place": "scar", "region": "low_back", "side": ""}, {}, "id_side"),
        ("addendum", {"text": " "}, {}, "id_text"),
        ("adverse_event", {"kind": ""}, {}, "id_kind"),
        ("follow_up", {"how": ""}, {"event": event}, f"event-{event}"),
        ("follow_up", {"how": "same", "lasted": "days"}, {"event": event}, f"id_lasted_{event}"),
    ]:
        page, link, _error = refused(client, visit, name, data, **ids)
        assert link == leads_to, (name, data)
        assert page.ids.count(link) == 1, (name, data)


def test_where_the_page_has_no_such_field_the_summary_has_no_link(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=None)
    client.force_login(elena.user)
    answer = client.post(at("needle", visit), needle_form(grasp="7"))
    assert answer.status_code == 422
    assert "Go to the field" not in unescape(answer.content.decode())


def test_what_waits_in_a_template_is_not_on_the_page():
    html = '<p id="a"></p><template id="t"><b id="b"></b><template id="u"></template><b id="c"></b></template><p data-id="e">'
    assert [first_of([one], html) for one in "abcdetu"] == ["a", "", "", "", "", "", ""]
    assert places(None) == ()


def test_every_link_of_a_refused_page_leads_somewhere_without_script_too(client, clinic, elena):
    visit, _actor = visit_of(clinic, elena)
    a_needle(visit)
    client.force_login(elena.user)
    address = at("line", visit)
    answer = client.post(address, {"client_id": "c", "line": "L glmed 50 gasp2"})
    assert answer.status_code == 422
    links = {unescape(link) for link in re.findall(r'<a [^>]*href="([^"#][^"]*)"', answer.content.decode())}
    assert any("site=" in link for link in links)
    broken = {link for link in links if client.get(urljoin(address, link)).status_code not in (200, 302)}
    assert not broken
