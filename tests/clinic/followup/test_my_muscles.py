"""My muscles, then and now: counts that add up, in her words, on one sheet; in her portal only when it was shared."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta

import pytest
from django.urls import reverse

from myotome.clinic.assessment.models import ExamFinding, Examination
from myotome.clinic.followup.actions import share, take_back
from myotome.clinic.followup.queries import story_of
from myotome.clinic.people.models import Practitioner
from myotome.pages.followup.muscles import muscles_to_share, places_then_and_now
from tests.architecture.test_words_for_patients import FORBIDDEN
from tests.clinic.followup.courses import a_course_in_care
from tests.factories import AT, a_page_link, a_practitioner

THEN = {
    ("multifidus", "left", "L5"): 3, ("multifidus", "right", "L5"): 1, ("gluteus_medius", "left", ""): 2,
    ("piriformis", "left", ""): 2, ("tibialis_anterior", "left", ""): 0, ("pectoralis_major_clavicular", "right", ""): 1,
}  # fmt: skip
NOW = {
    ("multifidus", "left", "L5"): 1, ("gluteus_medius", "left", ""): 0, ("piriformis", "left", ""): 0,
    ("tibialis_anterior", "left", ""): 2, ("pectoralis_major_clavicular", "right", ""): 0,
}  # fmt: skip


def examined(course, days_ago, found):
    """An examination some days ago with these grades of shortening."""
    at = AT - timedelta(days=days_ago)
    exam = Examination.objects.create(
        clinic=course.clinic, course=course, examiner=Practitioner.objects.first(), started_at=at, region="back_leg"
    )
    ExamFinding.objects.bulk_create(
        ExamFinding(
            clinic=course.clinic, examination=exam, kind="muscle", subject=muscle, side=side, level=level,
            sign="shortened", grade=grade, entered_at=at, entered_by="Elena Marchetti",
        )
        for (muscle, side, level), grade in found.items()
    )  # fmt: skip


@pytest.fixture
def care(db):
    course, actor = a_course_in_care()
    examined(course, 50, THEN)
    examined(course, 1, NOW)
    return course, actor


def by_key(found):
    return {
        f"{side}:{muscle}" + (f":{level}" if level else ""): grade for (muscle, side, level), grade in found.items()
    }


def test_each_muscle_that_was_tight_is_counted_once_by_place():
    rows = {(row.region, row.side): row for row in places_then_and_now(by_key(THEN), by_key(NOW))}
    assert list(rows) == [
        ("chest", "right"), ("low_back", "left"), ("low_back", "right"), ("buttock", "left"), ("lower_leg", "left"),
    ]  # fmt: skip
    for row in rows.values():
        assert row.n_first == row.n_still + row.n_let_go + row.n_unseen
    assert rows["buttock", "left"].n_let_go == 2
    assert rows["low_back", "right"].n_unseen == 1, "not felt again is neither tight nor let go"
    assert (rows["lower_leg", "left"].n_first, rows["lower_leg", "left"].n_new) == (0, 1)


def page_of(client, course, name="my_muscles"):
    return client.get(reverse(f"followup:{name}", kwargs={"clinic": course.clinic.slug, "course": course.pk}))


def hers(course, name):
    return reverse(f"portal:{name}", kwargs={"clinic": course.clinic.slug, "token": a_page_link(course.patient)})


def logged_in(client):
    client.force_login(Practitioner.objects.first().user)


def test_the_page_says_it_in_her_words_and_promises_nothing(client, care):
    logged_in(client)
    page = page_of(client, care[0]).content.decode()
    assert "At first 5 muscles were tight." in page
    assert "3 have let go since." in page
    assert "2 are tight now." in page
    assert "Low back, left" in page
    assert page.count('<svg class="plate') == 4, "back and front, then and now"
    words = re.sub(r"(?s)<svg.*?</svg>", "", page[page.index("<main") : page.index("</main>")])
    assert not FORBIDDEN.search(words)
    assert "shorten" not in words.replace("felt shortened under", ""), "explained once, and tight from there on"


@pytest.mark.parametrize("n", [1, 60])
def test_it_is_one_sheet_of_paper(client, care, tmp_path, n):
    course, _actor = care
    levels = [f"{letter}{k}" for letter, last in (("C", 8), ("T", 12), ("L", 5)) for k in range(2, last + 1)]
    examined(
        course, 60, {("multifidus", side, level): 2 for level in levels for side in ("left", "right")} if n > 1 else {}
    )
    logged_in(client)
    file = tmp_path / "page.pdf"
    file.write_bytes(page_of(client, course, "my_muscles_paper").content)
    told = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    assert "Pages:           1\n" in told
    text = subprocess.run(["pdftotext", file, "-"], capture_output=True, text=True, check=True).stdout
    assert "Hannah Lindqvist" in text
    assert ("3 have let go since" if n == 1 else "None has let go yet") in " ".join(text.split())


def test_before_the_first_examination_the_page_says_what_to_do(client, db):
    course, _actor = a_course_in_care()
    logged_in(client)
    assert "Examine first" in page_of(client, course).content.decode()
    assert page_of(client, course, "my_muscles_paper").status_code == 302


def test_another_practitioner_finds_nothing(client, care):
    course, _actor = care
    client.force_login(a_practitioner(course.clinic, name="David").user)
    assert page_of(client, course).status_code == 404
    assert page_of(client, course, "my_muscles_paper").status_code == 404


def test_she_reads_it_on_her_own_page_only_when_it_was_shared(client, care):
    course, actor = care
    link = hers(course, "muscles_by_link")
    assert client.get(link).url == hers(course, "page"), "her birth date first"
    client.post(hers(course, "page"), {"born_on": "1968-03-12"})
    assert client.get(link).status_code == 302
    assert client.get(hers(course, "muscles_paper_by_link")).status_code == 302
    share(by=actor, at=AT, course_id=course.pk, what="muscles", content=muscles_to_share(story_of(course)))
    assert link in client.get(hers(course, "page")).content.decode()
    page = client.get(link).content.decode()
    assert "At first 5 muscles were tight." in page
    assert "Elena Marchetti shared this with you" in page
    assert client.get(hers(course, "muscles_paper_by_link"))["Content-Type"] == "application/pdf"
    take_back(by=actor, at=AT, course_id=course.pk, what="muscles")
    assert client.get(link).status_code == 302


def test_what_was_shared_before_then_was_kept_is_not_made_up(client, care):
    course, actor = care
    old = muscles_to_share(story_of(course))
    del old["states_first"]
    share(by=actor, at=AT, course_id=course.pk, what="muscles", content=old)
    client.post(hers(course, "page"), {"born_on": "1968-03-12"})
    assert "region by region" not in client.get(hers(course, "page")).content.decode()
    assert client.get(hers(course, "muscles_by_link")).status_code == 302
