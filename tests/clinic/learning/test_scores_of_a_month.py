"""Past forecasts of a month beside plain baselines: worked out by the queue, with no fit and no sampler."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.followup.actions import refresh_forecast
from myotome.clinic.followup.fits import basis_in_force
from myotome.clinic.followup.models import ForecastShown, MeasureScore, RecoveryFit
from myotome.clinic.learning import months
from myotome.clinic.learning.actions import set_baseline_aside
from myotome.clinic.learning.months import look_at_last_month, months_go_on, score_clinic, score_past_months
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.people.models import Practitioner
from myotome.knowledge.measures import PAIN_AVERAGE
from myotome.science.followup.answer import forecast_answer
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import NotAllowed
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.clinic.learning.test_what_forecasts_rest_on import a_result, an_owner
from tests.factories import a_clinic, a_course, a_patient, a_practitioner, a_user, an_actor, the_system

pytestmark = pytest.mark.django_db

N = 24
WEEK = timedelta(days=7)


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 20, tzinfo=UTC)


def courses(clinic, first: datetime, pains: list[int], *, n: int = N) -> list:
    """Courses of a visit a week, each with its answer before; `pains` are those of the first one, and the others' are 1
    or 2 lower in turn."""
    who = Practitioner.objects.filter(clinic=clinic).first() or a_practitioner(clinic)
    patient = a_patient(clinic, in_care_of=who)
    found = [a_course(clinic, patient, opened_at=first - WEEK) for _ in range(n)]
    days = [first + WEEK * k for k in range(len(pains))]
    TreatmentVisit.objects.bulk_create(
        TreatmentVisit(clinic=clinic, course=course, number=k, mode="ims", practitioner=who, opened_at=at)
        for course in found
        for k, at in enumerate(days, start=1)
    )
    MeasureScore.objects.bulk_create(
        MeasureScore(
            clinic=clinic,
            course=course,
            measure=PAIN_AVERAGE,
            value=max(0, pain - k % 3),
            on=at.date(),
            scored_at=at,
        )
        for k, course in enumerate(found)
        for at, pain in zip(days, pains, strict=True)
    )
    return found


def shown(course, at: datetime, pains: list[int], said: list[float]) -> ForecastShown:
    """A forecast as it was shown then, with these odds of the next score."""
    evidence = {"age": 45, "interval_days": 7, "visits": [{"day": 7 * k, "nrs": p} for k, p in enumerate(pains)]}
    answer = {"next_score": {"q10": 0, "median": said.index(max(said)), "q90": 10, "p": said}}
    return ForecastShown.objects.create(
        clinic=course.clinic,
        course=course,
        after_visit=len(pains),
        shown_at=at,
        evidence=evidence,
        answer=answer | {"basis": {"kind": "prior"}},
        model_version="visits-3/A",
        definition_version="latent-1",
    )


def odds(score: int) -> list[float]:
    return [1.0 if k == score else 0.0 for k in range(11)]


def a_month_met(clinic, year: int, month: int, *, says: int, comes: int, n: int = N) -> None:
    """Forecasts that said one score for certain, and met another in the middle of the month."""
    for course in courses(clinic, noon(year, month, 1), [], n=n):
        shown(course, noon(year, month, 8), [6], odds(says))
        shown(course, noon(year, month, 15), [6, comes], odds(says))


@pytest.fixture
def clinic():
    """Courses of the first half of the year: pain stays as it is, and the plain forecasts have learned that."""
    clinic = a_clinic()
    courses(clinic, noon(2026, 2, 2), [7, 7, 7, 7, 7, 7, 7])
    return clinic


def scored(clinic, year: int, month: int) -> RecoveryFit | None:
    return next(iter(score_past_months(by=the_system(clinic), at=noon(year, month, 2))), None)


def test_a_clinic_on_the_prior_is_scored_beside_the_baselines_and_no_sampler_is_loaded(clinic):
    a_month_met(clinic, 2026, 7, says=2, comes=6)
    row = scored(clinic, 2026, 8)
    assert (row.kind, row.about["month"], row.about["n_met"], row.baseline) == ("month", "2026-07", N, "")
    row = row.about["scores"]["next"]
    assert row["n"] == N
    assert row["model"]["crps"] == pytest.approx(4.0)
    assert row["model"]["mae"] == 4.0
    assert {"no_change", "mean_change", "proportional", "sqrt_linear"} < set(row)
    assert row["sqrt_linear"]["crps"] < 1.0
    assert row["proportional"]["crps"] < 1.0
    assert not {"jax", "numpyro"} & set(sys.modules)
    event = AuditEvent.objects.get(act="forecasts.scored")
    assert event.detail["month"] == "2026-07"


def test_the_same_month_is_scored_once_and_a_month_without_forecasts_leaves_no_row(clinic):
    a_month_met(clinic, 2026, 7, says=6, comes=6)
    assert scored(clinic, 2026, 7) is None
    assert scored(clinic, 2026, 8) is not None
    assert scored(clinic, 2026, 8) is None
    assert scored(clinic, 2026, 9) is None
    assert RecoveryFit.objects.count() == 1


def test_months_in_which_no_worker_ran_are_scored_later_each_by_itself_and_the_oldest_first(clinic):
    for month in (6, 7, 8):
        a_month_met(clinic, 2026, month, says=2, comes=6)
    rows = score_past_months(by=the_system(clinic), at=noon(2026, 9, 2))
    assert [(row.about["month"], row.about["n_met"]) for row in rows] == [
        ("2026-06", N),
        ("2026-07", N),
        ("2026-08", N),
    ]
    assert [bool(row.baseline) for row in rows] == [False, False, True]  # it has won three months in a row
    assert score_past_months(by=the_system(clinic), at=noon(2026, 9, 3)) == []


def test_a_month_before_one_that_was_scored_is_let_be(clinic):
    a_month_met(clinic, 2026, 6, says=2, comes=6)
    a_month_met(clinic, 2026, 8, says=2, comes=6)
    assert scored(clinic, 2026, 9).about["month"] == "2026-06"
    a_month_met(clinic, 2026, 7, says=2, comes=6)  # told too late: August stands
    assert scored(clinic, 2026, 10) is None


def test_six_months_are_made_up_for_and_no_more(clinic):
    a_month_met(clinic, 2026, 6, says=2, comes=6)
    assert score_past_months(by=the_system(clinic), at=noon(2027, 1, 2)) == []
    assert [row.about["month"] for row in score_past_months(by=the_system(clinic), at=noon(2026, 12, 2))] == ["2026-06"]


def test_baselines_know_only_what_was_given_before_the_month():
    clinic = a_clinic()
    courses(clinic, noon(2026, 6, 8), [7] * 7)  # from their fourth week on it is July
    a_month_met(clinic, 2026, 7, says=2, comes=6)
    july = scored(clinic, 2026, 8)
    assert july.about["scores"] == {}
    assert july.about["n_met"] == N
    assert july.about["plain"]["first"]["n"] == N
    a_month_met(clinic, 2026, 8, says=2, comes=6)
    assert scored(clinic, 2026, 9).about["scores"]["next"]["n"] == N


def test_what_a_baseline_would_have_said_does_not_change_with_what_came_after(clinic):
    a_month_met(clinic, 2026, 7, says=2, comes=6)
    courses(clinic, noon(2026, 7, 1), [7, 0, 0, 0, 0])  # as of August they would teach another thing
    with_later = scored(clinic, 2026, 8).about["scores"]
    RecoveryFit.objects.all().delete()
    MeasureScore.objects.filter(on__gte=date(2026, 7, 1)).delete()
    assert scored(clinic, 2026, 8).about["scores"] == with_later


def test_fewer_than_twenty_forecasts_are_no_score(clinic):
    a_month_met(clinic, 2026, 7, says=2, comes=6, n=19)
    row = scored(clinic, 2026, 8)
    assert (row.about["scores"], row.about["n_met"]) == ({}, 19)


def test_a_baseline_that_wins_three_months_in_a_row_speaks_on_a_clinic_without_any_fit(clinic):
    for month in (6, 7, 8):
        assert basis_in_force(clinic.pk).plain is None
        a_month_met(clinic, 2026, month, says=2, comes=6)
        row = scored(clinic, 2026, month + 1)
    plain = basis_in_force(clinic.pk).plain
    assert plain.name == row.baseline
    assert plain.version == row.version
    assert plain.version.startswith("M-")
    course, elena = a_course_in_care(a_clinic("other"))
    with_visits(course, [7, 6])
    assert refresh_forecast(by=elena, at=noon(2026, 11, 24), course_id=course.pk).answer["basis"]["kind"] == "prior"
    a_month_met(clinic, 2026, 9, says=6, comes=6)
    scored(clinic, 2026, 10)
    assert basis_in_force(clinic.pk).plain is None


def test_three_months_with_one_between_that_has_no_scores_are_not_in_a_row(clinic):
    for month in (5, 6, 8):
        a_month_met(clinic, 2026, month, says=2, comes=6)
        scored(clinic, 2026, month + 1)
    assert basis_in_force(clinic.pk).plain is None
    a_month_met(clinic, 2026, 9, says=2, comes=6)
    scored(clinic, 2026, 10)
    assert basis_in_force(clinic.pk).plain is None
    a_month_met(clinic, 2026, 10, says=2, comes=6)
    scored(clinic, 2026, 11)
    assert basis_in_force(clinic.pk).plain is not None


def test_a_month_with_too_few_scores_leaves_a_baseline_speaking(clinic):
    for month in (5, 6, 7):
        a_month_met(clinic, 2026, month, says=2, comes=6)
        scored(clinic, 2026, month + 1)
    a_month_met(clinic, 2026, 8, says=2, comes=6, n=3)
    assert scored(clinic, 2026, 9).about["scores"] == {}
    assert basis_in_force(clinic.pk).plain is not None
    a_month_met(clinic, 2026, 9, says=2, comes=6)
    scored(clinic, 2026, 10)
    assert basis_in_force(clinic.pk).plain is not None
    set_baseline_aside(by=an_owner(clinic), at=noon(2026, 10, 3))
    a_month_met(clinic, 2026, 10, says=2, comes=6)
    scored(clinic, 2026, 11)
    assert basis_in_force(clinic.pk).plain is None


def test_where_a_baseline_spoke_the_models_own_words_are_judged(clinic):
    a_month_met(clinic, 2026, 7, says=6, comes=6)
    for row in ForecastShown.objects.filter(after_visit=1):
        row.answer["basis"] = {"kind": "baseline"}
        row.save(update_fields=["answer"])
    said = forecast_answer(row.evidence)["next_score"]
    assert scored(clinic, 2026, 8).about["scores"]["next"]["model"]["mae"] == abs(said["median"] - 6)


def test_a_fit_and_months_of_forecasts_are_counted_together_and_the_month_speaks_last(clinic):
    for month in (6, 7):
        a_month_met(clinic, 2026, month, says=2, comes=6)
        scored(clinic, 2026, month + 1)
    a_result(clinic, at=noon(2026, 8, 20), beaten=True)
    assert basis_in_force(clinic.pk).plain.name == "proportional"
    a_month_met(clinic, 2026, 8, says=6, comes=6)
    scored(clinic, 2026, 9)
    assert basis_in_force(clinic.pk).plain is None


def test_another_clinics_forecasts_are_not_counted_and_only_the_owner_may(clinic):
    a_month_met(clinic, 2026, 7, says=2, comes=6)
    assert scored(a_clinic("other"), 2026, 8) is None
    with pytest.raises(NotAllowed):
        score_past_months(by=an_actor(a_practitioner(clinic).user, clinic), at=noon(2026, 8, 2))


def test_a_course_that_cannot_be_read_keeps_no_month_from_being_scored(clinic):
    (bad,) = courses(clinic, noon(2009, 1, 5), [7, 7], n=1)
    TreatmentVisit.objects.filter(course=bad, number=2).update(opened_at=noon(2026, 1, 5))
    a_month_met(clinic, 2026, 7, says=2, comes=6)
    assert scored(clinic, 2026, 8).about["scores"]["next"]["n"] == N


def test_the_worker_queues_a_look_and_each_look_queues_the_next(clinic, monkeypatch):
    a_month_met(clinic, 2026, 7, says=2, comes=6)
    monkeypatch.setattr(months.timezone, "now", lambda: noon(2026, 8, 2))
    looks = DBTaskResult.objects.filter(task_path=look_at_last_month.module_path, status="READY")
    for _ in range(2):
        months_go_on(at=noon(2026, 8, 2), due=noon(2026, 8, 2))
    assert looks.get().run_after == noon(2026, 8, 2)
    looks.delete()
    look_at_last_month.func()
    assert looks.get().run_after == datetime(2026, 9, 2, tzinfo=UTC)
    (job,) = DBTaskResult.objects.filter(task_path=score_clinic.module_path, status="READY")
    score_clinic.func(*job.args_kwargs["args"])
    assert RecoveryFit.objects.get().about["month"] == "2026-07"


def test_the_owners_page_shows_the_months_with_all_scores(clinic, client):
    url = reverse("owner:learning", kwargs={"clinic": clinic.slug})
    client.force_login(a_user(clinic, Role.OWNER))
    assert "No month yet." in client.get(url).content.decode()
    for month, n in ((6, N), (7, N), (8, N), (9, 3)):
        a_month_met(clinic, 2026, month, says=2, comes=6, n=n)
        row = scored(clinic, 2026, month + 1)
    text = client.get(url).content.decode()
    assert "July 2026" in text
    assert "<td>4.00</td>" in text
    assert "too few to say" in text
    assert "A plain baseline speaks in the recovery model" in text
    assert row.version not in text  # it is no fit that could be accepted
    assert "None." in text
