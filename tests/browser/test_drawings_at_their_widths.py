"""Drawings as a browser lays them out on a phone, a tablet and a desk: their words are apart, large enough, and nothing is cut unsaid."""

from __future__ import annotations

from itertools import combinations

import pytest
from django.urls import reverse

from myotome.clinic.followup.actions import share
from myotome.clinic.followup.queries import story_of
from myotome.pages.followup.muscles import muscles_to_share
from myotome.pages.owner.capacity import year_picture
from myotome.vocabulary.courses import Role
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.clinic.followup.test_my_muscles import NOW, THEN, examined, hers
from tests.clinic.learning.test_what_forecasts_rest_on import a_result
from tests.factories import AT, PASSWORD, a_user
from tests.pages.test_words_of_the_course_chart import drawn

WIDTHS = (390, 820, 1440)
BOXES = """all => all.map(e => { const b = e.getBoundingClientRect();
 return [e.textContent, b.left, b.top, b.right, b.bottom] })"""
TYPE_PX = "all => all.map(e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a)"
BARE = '<!doctype html><html lang="en"><head><link rel="stylesheet" href="/static/built/site.css"></head><body>'


@pytest.fixture
def at_width(page, sheet):
    """`at_width(html, px)`: the page of that HTML, so wide."""

    def show(html: str, width: int):
        page.set_viewport_size({"width": width, "height": 1000})
        sheet(page, html)
        page.evaluate("document.fonts.ready")
        return page

    return show


@pytest.fixture
def course(db):
    course, actor = a_course_in_care()
    with_visits(course, [7, 6, 6, 4])
    examined(course, 50, THEN)
    examined(course, 1, NOW)
    return course, actor


@pytest.fixture
def course_page(client, course):
    course, _actor = course
    client.login(username=course.visits.first().practitioner.user.email, password=PASSWORD)
    return client.get(
        reverse("followup:course", kwargs={"clinic": course.clinic.slug, "course": course.pk})
    ).content.decode()


@pytest.mark.parametrize("seed", range(6))
def test_no_word_of_the_course_graph_lies_on_another_in_the_type_of_the_pages(at_width, seed):
    shown = at_width(f'{BARE}<section class="sheet chart-sheet">{drawn(seed)}</section>', 880)
    boxes = shown.locator(".course-chart text").evaluate_all(BOXES)
    for (a, l0, t0, r0, b0), (b, l1, t1, r1, b1) in combinations(boxes, 2):
        assert min(r0, r1) - max(l0, l1) <= 0.5 or min(b0, b1) - max(t0, t1) <= 3.5, (a, b)


def test_a_graph_that_is_wider_than_a_phone_says_so_and_only_there(at_width, course_page):
    for width in WIDTHS:
        shown = at_width(course_page, width)
        frame = shown.locator(".chart-sheet")
        is_cut = frame.evaluate("e => e.scrollWidth > e.clientWidth + 1")
        assert shown.get_by_text("The graph goes on to the right").is_visible() == is_cut
        assert min(shown.locator(".course-chart text").evaluate_all(TYPE_PX)) >= 10.5
    assert not is_cut


def test_then_and_now_say_their_sides_in_letters_that_can_be_read(at_width, course_page):
    for width in WIDTHS:
        sizes = at_width(course_page, width).locator(".then-now .side-word").evaluate_all(TYPE_PX)
        assert len(sizes) == 4
        assert min(sizes) >= 11


def test_so_does_her_page_of_muscles_and_its_figures_stand_side_by_side(at_width, client, course):
    course, actor = course
    share(by=actor, at=AT, course_id=course.pk, what="muscles", content=muscles_to_share(story_of(course)))
    html = client.get(hers(course, "muscles_by_link"))
    if "then-now" not in html.content.decode():
        client.post(hers(course, "page"), {"born_on": course.patient.born_on.isoformat()})
        html = client.get(hers(course, "muscles_by_link"))
    for width in WIDTHS:
        shown = at_width(html.content.decode(), width)
        assert min(shown.locator(".side-word").evaluate_all(TYPE_PX)) >= 11
        then, now = (
            [box[2] for box in figure.locator(".plate").evaluate_all(BOXES)]
            for figure in (shown.locator(".then-now figure").first, shown.locator(".then-now figure").last)
        )
        assert then == pytest.approx(now, abs=1)


def test_what_stands_below_the_graph_uses_the_width_of_the_page(at_width, course_page):
    shown = at_width(course_page, 1440)
    whole, pair = (shown.locator(css).bounding_box() for css in (".course-page", ".course-pair"))
    assert pair["width"] == pytest.approx(whole["width"], abs=1)
    graph = shown.locator(".chart-sheet").bounding_box()
    assert abs(pair["y"] - (graph["y"] + graph["height"])) < 160, "no empty page below the graph"
    lines = shown.locator(".course-pair dl.pairs dd").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().height)"
    )
    assert lines
    assert max(lines) < 60, "a number and its range, a line each"


def test_the_year_of_a_simulated_clinic_fits_a_phone(at_width):
    picture = year_picture([40 + k % 12 for k in range(52)], 34, 52)
    for width in WIDTHS:
        shown = at_width(f'{BARE}<main><section class="sheet stack">{picture}</section></main>', width)
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        box = shown.locator(".capacity-chart").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert min(shown.locator(".capacity-chart text").evaluate_all(TYPE_PX)) >= 11


def test_numbers_of_a_fit_stand_in_rows_on_a_phone(at_width, client, course):
    course, _actor = course
    a_result(course.clinic)
    owner = a_user(course.clinic, Role.OWNER)
    client.force_login(owner)
    html = client.get(reverse("owner:learning", kwargs={"clinic": course.clinic.slug})).content.decode()
    shown = at_width(html, 390)
    heights = shown.locator(".fit-numbers tbody td").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().height)"
    )
    assert len(heights) > 30
    assert max(heights) < 75, "its head and two lines at most"
    assert shown.locator(".fit-numbers tbody th").first.bounding_box()["width"] > 250
    wide = at_width(html, 1440)
    assert wide.locator(".fit-numbers tbody tr").first.evaluate("e => getComputedStyle(e).display") == "table-row"
