"""The owner's page of what forecasts rest on, the job that starts a refit, and the courses that it reads."""

from __future__ import annotations

import sys
from datetime import timedelta
from importlib.util import find_spec

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from myotome.cli import main
from myotome.clinic.followup import fits
from myotome.clinic.followup.fits import basis_in_force
from myotome.clinic.followup.models import RecoveryFit
from myotome.clinic.followup.queries import forecast_input, story_of
from myotome.clinic.learning.actions import accept_fit, begin_refit, bring_fit, keep_result
from myotome.clinic.learning.courses import courses_to_learn_from
from myotome.clinic.learning.jobs import run_refit
from myotome.clinic.people.models import User
from myotome.refit.courses import courses_from
from myotome.refit.result import to_bytes
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import NotAllowed
from myotome.vocabulary.measures import Occasion
from tests.clinic.followup.courses import a_course_in_care, answered, with_visits
from tests.factories import AT, a_clinic, a_user, the_system
from tests.fits import a_fit

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner_page(client):
    clinic = a_clinic()
    client.force_login(a_user(clinic, Role.OWNER))

    def url(name: str = "learning", **ids) -> str:
        return reverse(f"owner:{name}", kwargs={"clinic": clinic.slug, **ids})

    return clinic, client, url


def a_result(clinic, **more) -> RecoveryFit:
    row = begin_refit(by=the_system(clinic), at=AT)
    return keep_result(by=the_system(clinic), at=AT, fit_id=row.pk, fit=a_fit(**more))


def test_the_page_without_any_refit_says_that_the_prior_is_in_force(owner_page):
    _clinic, client, url = owner_page
    text = client.get(url()).content.decode()
    assert "The prior: published averages" in text
    assert "Learn from our courses anew" in text
    assert "Let forecasts rest on" not in text


def test_prior_and_learned_stand_side_by_side_with_checks_and_scores(owner_page):
    clinic, client, url = owner_page
    row = a_result(clinic, share=0.6)
    text = client.get(url()).content.decode()
    assert "412 of 412 courses with 3000 scores; 98 courses judge it" in text
    assert "43\u00a0% (22\u00a0% to 66\u00a0%)" in text
    assert '<td data-label="Learned">60\u00a0%</td>' in text
    assert "clinic belief" in text
    assert "1.004" in text
    assert "The recovery model" in text
    assert f"Let forecasts rest on {row.version}" in text


def test_accepting_and_taking_back_by_the_page(owner_page):
    clinic, client, url = owner_page
    row = a_result(clinic)
    assert client.post(url("refit_accept", fit=row.pk)).status_code == 302
    assert basis_in_force(clinic.pk).prior.version == row.version
    text = client.get(url()).content.decode()
    assert "Go back to the prior" in text
    assert "Let forecasts rest on" not in text
    assert client.post(url("refit_back")).status_code == 302
    assert basis_in_force(clinic.pk).prior.status == "prior"
    assert f"Let forecasts rest on {row.version} again" in client.get(url()).content.decode()
    again = client.post(url("refit_back"))
    assert again.status_code == 422
    assert "prior already" in again.content.decode()
    assert client.post(url("refit_accept", fit=row.pk)).status_code == 302
    assert basis_in_force(clinic.pk).prior.version == row.version
    for name, ids in (("refit_back", {}), ("refit_start", {}), ("refit_accept", {"fit": row.pk})):
        left = client.get(url(name, **ids))
        assert (left.status_code, left["Location"]) == (302, url())


def test_the_scores_stand_before_the_button_and_say_who_was_closer(owner_page):
    clinic, client, url = owner_page
    a_result(clinic)
    text = client.get(url()).content.decode()
    assert "was closer here than" not in text
    assert "≤ 1.02" in text
    assert "≥ 400" in text
    row = a_result(clinic, beaten=True)
    text = client.get(url()).content.decode()
    closer = (
        "The plain baseline “The same share for everybody” was closer here than the recovery model: 0.7 against 1.1."
    )
    assert text.index("Who forecast better") < text.index(closer) < text.index(f"Let forecasts rest on {row.version}")
    assert '<tr aria-current="true"><th scope="row"><strong>The recovery model</strong>' in text
    assert text.count("<strong>The recovery model</strong>") == 1
    RecoveryFit.objects.filter(pk=row.pk).update(about=row.about | {"scores": {}})
    text = client.get(url()).content.decode()
    assert text.index("Too few courses were there to judge by") < text.index(f"Let forecasts rest on {row.version}")


def test_a_fit_with_a_closed_gate_has_no_button_and_is_refused(owner_page):
    clinic, client, url = owner_page
    row = a_result(clinic, passed=False)
    text = client.get(url()).content.decode()
    assert "It did not pass and cannot be accepted." in text
    assert "Let forecasts rest on" not in text
    assert client.post(url("refit_accept", fit=row.pk)).status_code == 422


def test_a_result_in_a_file_is_brought_looked_at_and_accepted_by_the_page(owner_page):
    clinic, client, url = owner_page
    file = SimpleUploadedFile("result.zip", to_bytes(a_fit()))
    text = client.post(url("refit_bring"), {"file": file}, follow=True).content.decode()
    row = RecoveryFit.objects.get(clinic=clinic)
    assert "From a file that" in text
    assert f"Let forecasts rest on {row.version}" in text
    client.post(url("refit_accept", fit=row.pk))
    assert f"Fit {row.version} of 412 courses, from a file, accepted by" in client.get(url()).content.decode()
    assert "Go back to the prior" in client.get(url()).content.decode()


def test_a_file_that_is_no_result_is_refused_at_its_field(owner_page):
    clinic, client, url = owner_page
    for content, words in (
        ({"file": SimpleUploadedFile("photo.png", b"\x89PNG")}, "no result of a refit"),
        ({"file": SimpleUploadedFile("big.zip", b"PK" + b"0" * 4_000_000)}, "larger than"),
        ({"file": "not a file"}, "no result of a refit"),
        ({}, "no result of a refit"),
    ):
        answer = client.post(url("refit_bring"), content)
        assert answer.status_code == 422
        text = answer.content.decode()
        assert words in text
        assert 'id="file-error"' in text
    assert not RecoveryFit.objects.filter(clinic=clinic).exists()


def test_asking_for_a_refit_queues_one_and_a_second_is_refused(owner_page, django_capture_on_commit_callbacks):
    clinic, client, url = owner_page
    with django_capture_on_commit_callbacks() as queued:
        assert client.post(url("refit_start")).status_code == 302
    assert len(queued) == 1
    assert RecoveryFit.objects.get(clinic=clinic).ended_at is None
    assert "A refit runs since" in client.get(url()).content.decode()
    again = client.post(url("refit_start"))
    assert again.status_code == 422
    assert "A refit is running" in again.content.decode()


def test_the_job_starts_the_program_of_the_setting_with_the_words_of_the_row(settings, tmp_path):
    import time

    seen = tmp_path / "seen"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$@" > {seen}.part && mv {seen}.part {seen}\n')
    program.chmod(0o700)
    settings.REFIT_PYTHON = str(program)
    clinic = a_clinic()
    row = begin_refit(by=the_system(clinic), at=AT)
    run_refit.call(row.pk)
    for _ in range(200):
        if seen.exists():
            break
        time.sleep(0.05)
    assert seen.read_text().split() == ["-m", "myotome", "refit", "--clinic", clinic.slug, "--fit", str(row.pk)]
    row.refresh_from_db()
    assert row.ended_at is None


def test_a_program_that_is_not_there_is_said_in_the_row(settings, tmp_path):
    settings.REFIT_PYTHON = str(tmp_path / "nothing")
    row = begin_refit(by=the_system(a_clinic()), at=AT)
    run_refit.call(row.pk)
    row.refresh_from_db()
    assert "MYOTOME_REFIT_PYTHON" in row.message
    assert row.ended_at is not None


def test_the_program_is_this_one_unless_the_setting_names_another(settings):
    assert sys.executable == settings.REFIT_PYTHON


def test_the_courses_read_are_those_that_forecasts_read():
    course, _ = a_course_in_care()
    with_visits(course, [7, None, 6, 4])
    (row,) = courses_to_learn_from(the_system(course.clinic))
    shown = forecast_input(story_of(course), on=AT.date())
    assert row["visits"] == shown["visits"]
    for word in ("condition", "duration_weeks", "segments", "scar"):
        assert row[word] == shown[word], word
    assert courses_from([row]).n_scores == 3


def test_what_she_said_when_she_booked_is_the_first_score_and_nobody_elses():
    course, _ = a_course_in_care()
    answered(course, 8, days_ago=14 + 20, occasion=Occasion.INTAKE)
    with_visits(course, [None, None, 5])
    (row,) = courses_to_learn_from(the_system(course.clinic))
    assert [visit["nrs"] for visit in row["visits"]] == [8, None, 5]
    assert row["visits"] == forecast_input(story_of(course), on=AT.date())["visits"]


def test_a_score_two_days_after_stands_by_itself_and_no_name_or_date_is_read():
    course, _ = a_course_in_care()
    with_visits(course, [7, 6, 5])
    answered(course, 3, days_ago=5, occasion=Occasion.TWO_DAYS_AFTER, visit_number=2)
    (row,) = courses_to_learn_from(the_system(course.clinic))
    assert [(v["day"], v["nrs"], v.get("treated", True)) for v in row["visits"]] == [
        (0, 7, True),
        (7, 6, True),
        (9, 3, False),
        (14, 5, True),
    ]
    assert course.patient.family_name not in str(row)
    assert str(course.patient.born_on.year) not in str(row)


def test_another_clinic_and_courses_without_a_visit_are_not_read():
    course, elena = a_course_in_care()
    assert courses_to_learn_from(the_system(course.clinic)) == []
    with_visits(course, [7])
    assert courses_to_learn_from(the_system(a_clinic("other"))) == []
    with pytest.raises(NotAllowed):
        courses_to_learn_from(elena)


def test_a_refit_of_the_queue_that_fails_leaves_its_reason_for_the_owner(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("MYOTOME_DATA_DIR", str(tmp_path / "var"))
    course, _ = a_course_in_care()
    with_visits(course, [7, 6])
    row = begin_refit(by=the_system(course.clinic), at=AT)
    assert main(["refit", "--clinic", course.clinic.slug, "--fit", str(row.pk)]) == 1
    row.refresh_from_db()
    assert row.ended_at is not None
    assert row.message in capsys.readouterr().err.strip()
    assert ("too few" if find_spec("numpyro") else "pip install 'myotome[refit]'") in row.message
    assert main(["refit", "--clinic", course.clinic.slug, "--fit", str(row.pk)]) == 1


def test_a_refit_by_hand_without_the_extra_leaves_no_row(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("MYOTOME_DATA_DIR", str(tmp_path / "var"))
    course, _ = a_course_in_care()
    before = RecoveryFit.objects.count()
    assert main(["refit", "--clinic", course.clinic.slug]) == 1
    assert RecoveryFit.objects.count() - before == bool(find_spec("numpyro"))
    assert capsys.readouterr().err.startswith("myotome: ")


def test_the_course_page_says_whether_its_forecast_is_fitted(client):
    course, elena = a_course_in_care()
    with_visits(course, [7, 6])
    client.force_login(User.objects.get(pk=elena.user_id))
    page = reverse("followup:course", kwargs={"clinic": course.clinic.slug, "course": course.pk})
    before = client.get(page).content.decode()
    assert "Not yet fitted to this clinic" in before
    row = a_result(course.clinic)
    accept_fit(by=the_system(course.clinic), at=AT, fit_id=row.pk)
    after = client.get(page).content.decode()
    assert "412 courses." in after
    assert row.version in after
    assert "Fitted to this clinic&#x27;s own courses" in after.replace("'", "&#x27;")
    assert "Not yet fitted" not in after
    brought = bring_fit(by=the_system(course.clinic), at=AT, raw=to_bytes(a_fit(share=0.5)))
    accept_fit(by=the_system(course.clinic), at=AT, fit_id=brought.pk)
    text = client.get(page).content.decode()
    assert "Fitted to courses elsewhere" in text
    assert "itted to this clinic" not in text


def test_the_pages_say_who_speaks_and_the_owner_changes_it(client):
    course, elena = a_course_in_care()
    with_visits(course, [8, 6])
    for month in range(3):
        row = begin_refit(by=the_system(course.clinic), at=AT + timedelta(days=31 * month))
        keep_result(by=the_system(course.clinic), at=AT, fit_id=row.pk, fit=a_fit(beaten=True))
    page = reverse("followup:course", kwargs={"clinic": course.clinic.slug, "course": course.pk})
    owner, names = reverse("owner:learning", kwargs={"clinic": course.clinic.slug}), {"clinic": course.clinic.slug}
    client.force_login(User.objects.get(pk=elena.user_id))
    text = client.get(page).content.decode()
    assert "A plain baseline speaks here: “The same share for everybody”." in text
    assert "90 courses." in text
    assert "Other spacing" not in text
    client.force_login(a_user(course.clinic, Role.OWNER))
    assert "A plain baseline speaks in the recovery model" in client.get(owner).content.decode()
    assert client.post(reverse("owner:baseline_aside", kwargs=names)).status_code == 302
    assert "has won three months in a row" in client.get(owner).content.decode()
    assert client.post(reverse("owner:baseline_aside", kwargs=names)).status_code == 422
    client.force_login(User.objects.get(pk=elena.user_id))
    text = client.get(page).content.decode()
    assert "A plain baseline" not in text
    assert "Other spacing" in text
    client.force_login(a_user(course.clinic, Role.OWNER, email="second@example.org"))
    assert client.post(reverse("owner:baseline_speak", kwargs=names)).status_code == 302
    assert "A plain baseline speaks in the recovery model" in client.get(owner).content.decode()


def test_the_course_page_with_a_fit_read_for_the_first_time_takes_fifteen_queries(
    client, django_assert_max_num_queries
):
    course, elena = a_course_in_care()
    with_visits(course, [7, 6])
    client.force_login(User.objects.get(pk=elena.user_id))
    page = reverse("followup:course", kwargs={"clinic": course.clinic.slug, "course": course.pk})
    for month in range(3):
        row = begin_refit(by=the_system(course.clinic), at=AT + timedelta(days=31 * month))
        keep_result(by=the_system(course.clinic), at=AT, fit_id=row.pk, fit=a_fit(beaten=True))
    accept_fit(by=the_system(course.clinic), at=AT, fit_id=row.pk)
    client.get(page)
    fits._FITS.clear()
    fits._PLAINS.clear()
    with django_assert_max_num_queries(30) as seen:
        assert client.get(page).status_code == 200
    own = [q["sql"] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(own) <= 15, "\n".join(own)
