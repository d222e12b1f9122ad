"""The atlas: every muscle, root and point has a page, and one box finds it by any of its names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.cautions import cautions
from myotome.knowledge.conditions import conditions
from myotome.knowledge.muscles import hazards_at, muscles, sites_of
from myotome.knowledge.signs import autonomic, scheme_names
from myotome.pages.atlas.entries import LEADS, found_by
from myotome.vocabulary.anatomy import ROOTS
from tests.factories import a_clinic, a_practitioner

pytestmark = pytest.mark.django_db


@pytest.fixture
def elena(client):
    clinic = a_clinic()
    client.force_login(a_practitioner(clinic).user)
    return client


def at(name, **ids):
    return reverse(f"atlas:{name}", kwargs={"clinic": "alder", **ids})


def test_every_muscle_root_and_point_has_a_page_with_its_sources(elena, django_assert_max_num_queries):
    for id, row in muscles().items():
        with django_assert_max_num_queries(8):
            page = elena.get(at("muscle", muscle=id)).content.decode()
        assert row.latin in page
        assert page.count('class="cite"') >= len(row.sources)
        if row.hazards:
            assert 'class="caution' in page
    for root in ROOTS:
        assert elena.get(at("root", root=root)).status_code == 200
    for id, point in acupoints().items():
        page = elena.get(at("point", point=id)).content.decode()
        assert point.hanzi in page
        assert page.count('class="caution') == len(point.hazards)
        assert page.count(" cun, about ") == len(point.depths), "each source's range by itself"


def test_the_page_of_a_root_says_hazards_sources_both_schemes_and_where_its_skin_shows_it(elena):
    for root in ROOTS:
        page = elena.get(at("root", root=root))
        shown = page.content.decode()
        near = {code for id, level, weight in sites_of(root) if weight >= LEADS for code in hazards_at(id, level)}
        assert shown.count('class="caution') == len(near)
        assert 'class="cite"' in shown
        assert all(name in shown for name in scheme_names().values())
        if area := autonomic().get(root):
            assert area.look in shown
            assert f"{area.outflow[0]}–{area.outflow[-1]}" in shown
    shown = elena.get(at("root", root="C6")).content.decode()
    assert "lifting the wrist" in shown
    assert "bending the elbow and lifting the wrist" in shown
    assert "Radial nerve" in shown
    assert "Nails" in shown


@pytest.mark.parametrize(("muscle", "peak"), [("tibialis_anterior", "L5"), ("biceps_brachii", "C5, C6")])
def test_the_page_of_a_muscle_names_its_peak_root(elena, muscle, peak):
    shown = elena.get(at("muscle", muscle=muscle)).content.decode()
    assert f"<dt>Peak root</dt><dd>{peak}" in shown
    assert ("none leads alone" in shown) == (", " in peak)
    assert "Terminologia Anatomica" in shown


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("L5", "L5"),
        ("tibialis anterior", "Tibialis anterior"),
        ("musculus tibialis anterior", "Tibialis anterior"),
        ("st 36", "ST36 Zúsānlǐ 足三里"),
        ("zusanli", "ST36 Zúsānlǐ 足三里"),
        ("足三里", "ST36 Zúsānlǐ 足三里"),
        ("zu san li", "ST36 Zúsānlǐ 足三里"),
        ("S 1", "S1"),
        ("root L5", "L5"),
        ("multifidus L5", "Multifidus"),
    ],
)
def test_one_box_finds_by_any_name(elena, words, first):
    assert found_by(words)[0].name == first
    page = elena.get(at("search"), {"q": words}).content.decode()
    assert first in page


@pytest.mark.parametrize("words", ["xyzzy", "<script>alert(1)</script>", "nul \x00", "x" * 500])
def test_what_is_called_nothing_is_said_so(elena, words):
    answer = elena.get(at("search"), {"q": words})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    assert "Try a shorter word" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "ids"), [("muscle", {"muscle": "x"}), ("root", {"root": "L9"}), ("point", {"point": "ST99"})]
)
def test_what_is_not_in_the_tables_is_not_there(elena, name, ids):
    assert elena.get(at(name, **ids)).status_code == 404


def test_muscles_and_points_lead_to_each_other(elena):
    assert at("point", point="ST36") in elena.get(at("muscle", muscle="tibialis_anterior")).content.decode()
    assert at("muscle", muscle="tibialis_anterior") in elena.get(at("point", point="ST36")).content.decode()
    assert at("root", root="L5") in elena.get(at("muscle", muscle="tibialis_anterior")).content.decode()


def test_conditions_and_cautions_have_pages_that_say_whether_they_are_signed(elena, django_assert_max_num_queries):
    for name, table in (("conditions", conditions()), ("cautions", {row.code: row for row in cautions()})):
        with django_assert_max_num_queries(9):
            page = elena.get(at(name)).content.decode()
        assert page.count("awaiting clinical sign-off") >= len(table)
        for id in table:
            with django_assert_max_num_queries(9):
                assert elena.get(at("row", table=name, row=id)).status_code == 200
            assert elena.get(at("change_row", table=name, row=id)).status_code == 200


def typed_of(page) -> dict[str, str]:
    return dict(page.context["typed"])


def test_the_form_as_it_opens_saves_what_stands(elena):
    for name, ids in (("conditions", conditions()), ("cautions", [row.code for row in cautions()])):
        for id in ids:
            typed = typed_of(elena.get(at("change_row", table=name, row=id)))
            saved = elena.post(at("change_row", table=name, row=id), typed | {"reason": "Read aloud in our meeting."})
            assert saved.status_code == 302, (name, id, saved.context and saved.context.get("error"))
            assert typed_of(elena.get(at("change_row", table=name, row=id))) == typed | {"version": "1"}
            found = elena.get(at("row", table=name, row=id)).context["found"]
            kept = {"sources": found.shipped.sources, "status": found.shipped.status}
            assert replace(found.now, **kept) == found.shipped


def test_a_wrong_line_comes_back_with_what_was_typed(elena):
    url = at("change_row", table="conditions", row="low_back_pain")
    given = typed_of(elena.get(url)) | {"sites": "Piriformos", "note": "Mind the hip.", "reason": "Because"}
    page = elena.post(url, given)
    assert page.status_code == 422
    for words in ("nearest are piriformis", "Piriformos", "Mind the hip.", 'value="Because"'):
        assert words in page.content.decode()


def test_two_tabs_show_both_versions_and_the_second_can_still_save(elena):
    url = at("change_row", table="cautions", row="faints")
    first = typed_of(elena.get(url))
    elena.post(url, first | {"sentence": "Faints easily: sit beside her.", "reason": "Meeting"})
    page = elena.post(url, first | {"sentence": "Faints easily: tilt the couch.", "reason": "Course"})
    assert page.status_code == 409
    shown = page.content.decode()
    assert "sit beside her." in shown
    assert "tilt the couch." in shown
    assert elena.post(url, typed_of(page)).status_code == 302
    assert "tilt the couch." in elena.get(at("row", table="cautions", row="faints")).content.decode()


def test_signed_in_one_touch_and_taken_back_in_one_with_a_reason(elena):
    row = {"table": "conditions", "row": "tennis_elbow"}
    assert elena.post(at("sign_off_row", **row), {"version": "0"}).status_code == 302
    assert "signed by Elena Marchetti" in elena.get(at("conditions")).content.decode()
    typed = typed_of(elena.get(at("change_row", **row)))
    elena.post(at("change_row", **row), typed | {"segments": "C6-C7", "reason": "Own series"})
    assert "changed here" in elena.get(at("conditions")).content.decode()
    assert elena.post(at("row_as_shipped", **row), {"version": "2", "reason": ""}).status_code == 422
    assert elena.post(at("row_as_shipped", **row), {"version": "2", "reason": "Back"}).status_code == 302
    assert "changed here" not in elena.get(at("conditions")).content.decode()


def test_a_caution_of_their_own_from_the_form_to_the_list(elena):
    given = {"fact": "diabetes", "scope": "region", "level": "ask", "where": "foot", "sentence": "Look at the foot."}
    assert elena.post(at("add_caution"), given).status_code == 422
    assert "Look at the foot." in elena.post(at("add_caution"), given).content.decode()
    assert elena.post(at("add_caution"), given | {"reason": "Meeting"}).status_code == 302
    assert "Look at the foot." in elena.get(at("cautions")).content.decode()
    assert "our own" in elena.get(at("cautions")).content.decode()
