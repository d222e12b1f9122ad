"""The atlas: every muscle, root and point has a page, and one box finds it by any of its names."""

from __future__ import annotations

import pytest
from django.urls import reverse

from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.muscles import muscles
from myotome.pages.atlas.entries import found_by
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


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("L5", "L5"),
        ("tibialis anterior", "Tibialis anterior"),
        ("musculus tibialis anterior", "Tibialis anterior"),
        ("st 36", "ST36 Zúsānlǐ 足三里"),
        ("zusanli", "ST36 Zúsānlǐ 足三里"),
        ("足三里", "ST36 Zúsānlǐ 足三里"),
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
