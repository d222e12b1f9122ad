"""What a clinic's forecasts rest on: the prior, until its owner accepts a fit of the clinic's own courses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.followup.actions import refresh_forecast
from myotome.clinic.followup.fits import basis_in_force
from myotome.clinic.followup.models import ForecastShown, RecoveryFit
from myotome.clinic.learning.actions import (
    accept_fit,
    begin_refit,
    bring_fit,
    is_still_wanted,
    keep_failure,
    keep_result,
    let_baseline_speak,
    roll_back,
    set_baseline_aside,
)
from myotome.clinic.learning.fits import fits_for
from myotome.refit.result import to_bytes
from myotome.science.followup.forecast import MODEL_VERSION
from myotome.science.followup.plain import PLAIN_VERSION
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT, a_clinic, a_user, an_actor, the_system
from tests.fits import a_fit

pytestmark = pytest.mark.django_db


def an_owner(clinic):
    return an_actor(a_user(clinic, Role.OWNER), clinic)


def a_result(clinic, *, at=AT, **more) -> RecoveryFit:
    by = the_system(clinic)
    row = begin_refit(by=by, at=at)
    return keep_result(by=by, at=at + timedelta(minutes=3), fit_id=row.pk, fit=a_fit(**more))


def basis_of(course, by):
    return refresh_forecast(by=by, at=AT, course_id=course.pk).answer["basis"]


def test_a_refit_changes_no_forecast_until_the_owner_accepts_it():
    course, elena = a_course_in_care()
    with_visits(course, [7, 6])
    row = a_result(course.clinic)
    assert basis_of(course, elena)["kind"] == "prior"
    accept_fit(by=an_owner(course.clinic), at=AT, fit_id=row.pk)
    basis = basis_of(course, elena)
    assert (basis["kind"], basis["n"], basis["data_hash"]) == ("fitted", 412, "ab" * 32)
    assert basis["version"] == f"{MODEL_VERSION}/{row.version}"
    assert ForecastShown.objects.filter(course=course).count() == 2


def test_one_act_brings_back_what_forecasts_rested_on_before():
    course, elena = a_course_in_care()
    with_visits(course, [7, 6])
    clinic, owner = course.clinic, an_owner(course.clinic)
    first, second = a_result(clinic, share=0.5), a_result(clinic, share=0.7)
    before = refresh_forecast(by=elena, at=AT, course_id=course.pk).answer
    for row in (first, second):
        accept_fit(by=owner, at=AT, fit_id=row.pk)
    assert basis_of(course, elena)["version"] == f"{MODEL_VERSION}/{second.version}"
    assert roll_back(by=owner, at=AT) == first
    assert basis_of(course, elena)["version"] == f"{MODEL_VERSION}/{first.version}"
    assert roll_back(by=owner, at=AT) is None
    assert refresh_forecast(by=elena, at=AT, course_id=course.pk).answer == before
    with pytest.raises(InvalidValue, match="prior already"):
        roll_back(by=owner, at=AT)


def test_a_fit_that_was_taken_back_is_accepted_anew_and_going_back_ends_at_the_prior():
    clinic = a_clinic()
    owner = an_owner(clinic)
    first, second = a_result(clinic, share=0.5), a_result(clinic, share=0.7)

    def in_force():
        return fits_for(owner, at=AT).in_force

    for row in (first, second, first):
        accept_fit(by=owner, at=AT, fit_id=row.pk)
        assert in_force() == row
    assert [roll_back(by=owner, at=AT) for _ in range(2)] == [second, None]
    accept_fit(by=owner, at=AT + timedelta(days=1), fit_id=second.pk)
    second.refresh_from_db()
    assert (in_force(), second.accepted_at, second.retired_at) == (second, AT + timedelta(days=1), None)
    assert roll_back(by=owner, at=AT) is None
    accepted = AuditEvent.objects.filter(act="refit.accepted").order_by("pk")
    assert [row.subject_id for row in accepted] == [first.pk, second.pk, first.pk, second.pk]


def test_a_fit_that_did_not_pass_its_checks_is_never_accepted():
    clinic = a_clinic()
    row = a_result(clinic, passed=False)
    with pytest.raises(InvalidValue, match="did not pass"):
        accept_fit(by=an_owner(clinic), at=AT, fit_id=row.pk)
    assert basis_in_force(clinic.pk).prior.status == "prior"


def test_a_fit_that_is_in_force_is_not_accepted_again_and_only_where_it_was_made():
    clinic, other = a_clinic(), a_clinic("other")
    row, owner = a_result(clinic), an_owner(clinic)
    with pytest.raises(NotFound):
        accept_fit(by=an_owner(other), at=AT, fit_id=row.pk)
    accept_fit(by=owner, at=AT, fit_id=row.pk)
    with pytest.raises(InvalidValue, match="already"):
        accept_fit(by=owner, at=AT, fit_id=row.pk)
    assert basis_in_force(other.pk).prior.status == "prior"


def test_only_the_owner_accepts_and_takes_back_and_both_are_on_record():
    course, elena = a_course_in_care()
    row, owner = a_result(course.clinic), an_owner(course.clinic)
    with pytest.raises(NotAllowed):
        accept_fit(by=elena, at=AT, fit_id=row.pk)
    with pytest.raises(NotAllowed):
        roll_back(by=elena, at=AT)
    accept_fit(by=owner, at=AT, fit_id=row.pk)
    roll_back(by=owner, at=AT)
    acts = AuditEvent.objects.filter(act__startswith="refit.").order_by("pk").values_list("act", "actor_name")
    assert [act for act, _ in acts] == ["refit.started", "refit.ended", "refit.accepted", "refit.taken_back"]
    assert [name for _, name in acts][2:] == [owner.name, owner.name]


def test_one_refit_runs_at_a_time_and_one_that_is_not_heard_of_any_more_is_given_up():
    clinic = a_clinic()
    by = the_system(clinic)
    lost = begin_refit(by=by, at=AT)
    with pytest.raises(InvalidValue, match="running"):
        begin_refit(by=by, at=AT + timedelta(minutes=4))
    assert is_still_wanted(by=by, at=AT + timedelta(minutes=4), fit_id=lost.pk)
    with pytest.raises(InvalidValue, match="running"):
        begin_refit(by=by, at=AT + timedelta(minutes=8))
    assert fits_for(an_owner(clinic), at=AT + timedelta(minutes=8)).running == lost
    assert fits_for(an_owner(clinic), at=AT + timedelta(minutes=10)).running is None
    begin_refit(by=by, at=AT + timedelta(minutes=10))
    lost.refresh_from_db()
    assert "never ended" in lost.message
    assert not is_still_wanted(by=by, at=AT + timedelta(minutes=11), fit_id=lost.pk)
    with pytest.raises(NotFound, match="not running"):
        keep_result(by=by, at=AT, fit_id=lost.pk, fit=a_fit())


def test_why_a_refit_came_to_nothing_is_kept_for_the_owner():
    clinic = a_clinic()
    by = the_system(clinic)
    row = begin_refit(by=by, at=AT)
    keep_failure(by=by, at=AT, fit_id=row.pk, message="12 courses are too few.")
    fits = fits_for(an_owner(clinic), at=AT)
    assert fits.rows[0].message == "12 courses are too few."
    assert fits.running is None
    with pytest.raises(NotFound):
        accept_fit(by=an_owner(clinic), at=AT, fit_id=row.pk)


def three_months_beaten(clinic) -> RecoveryFit:
    return [a_result(clinic, at=AT + timedelta(days=31 * month), beaten=True) for month in range(3)][-1]


def test_a_baseline_that_wins_three_months_in_a_row_takes_over_until_the_model_wins():
    course, elena = a_course_in_care()
    with_visits(course, [8, 6])
    clinic = course.clinic
    for month in range(3):
        assert basis_of(course, elena)["kind"] == "prior"
        a_result(clinic, at=AT + timedelta(days=31 * month), beaten=True)
    newest = RecoveryFit.objects.latest("pk")
    basis = basis_of(course, elena)
    assert (basis["kind"], basis["data"], basis["n"]) == ("baseline", "proportional", 90)
    assert basis["version"] == f"{PLAIN_VERSION}/{newest.version}"
    assert ForecastShown.objects.latest("pk").answer["spacings"] == {}
    spoke = AuditEvent.objects.filter(act="refit.baseline_speaks")
    assert [event.subject_id for event in spoke] == [newest.pk]
    a_result(clinic, at=AT + timedelta(days=31 * 3))
    assert basis_of(course, elena)["kind"] == "prior"


def test_a_baseline_that_won_two_months_in_three_stays_silent():
    clinic = a_clinic()
    for month, beaten in enumerate((True, False, True)):
        a_result(clinic, at=AT + timedelta(days=31 * month), beaten=beaten)
    assert basis_in_force(clinic.pk).plain is None
    assert fits_for(an_owner(clinic), at=AT).speaks == ""


def test_three_refits_of_one_month_are_not_three_months():
    clinic = a_clinic()
    for hour in range(3):
        a_result(clinic, at=AT + timedelta(hours=hour), beaten=True)
    assert basis_in_force(clinic.pk).plain is None


def test_refits_that_lie_months_apart_are_not_three_months_in_a_row():
    clinic = a_clinic()
    for days in (0, 400, 900):
        a_result(clinic, at=AT + timedelta(days=days), beaten=True)
    assert basis_in_force(clinic.pk).plain is None
    for days in (931, 962):
        a_result(clinic, at=AT + timedelta(days=days), beaten=True)
    assert basis_in_force(clinic.pk).plain.name == "proportional"


def test_fits_that_did_not_pass_their_checks_give_no_baseline_a_month():
    clinic = a_clinic()
    for month in range(4):
        a_result(clinic, at=AT + timedelta(days=31 * month), beaten=True, passed=month == 1)
    assert basis_in_force(clinic.pk).plain is None


def test_a_fit_that_did_not_pass_changes_nothing_of_who_speaks():
    clinic = a_clinic()
    three_months_beaten(clinic)
    for beaten in (False, True):
        a_result(clinic, at=AT + timedelta(days=31 * 3), beaten=beaten, passed=False)
        assert basis_in_force(clinic.pk).plain.name == "proportional"
    a_result(clinic, at=AT + timedelta(days=31 * 3))
    assert basis_in_force(clinic.pk).plain is None


def test_a_baseline_speaks_over_an_accepted_fit_and_leaves_it_in_force():
    course, elena = a_course_in_care()
    with_visits(course, [8, 6])
    newest = three_months_beaten(course.clinic)
    accept_fit(by=an_owner(course.clinic), at=AT, fit_id=newest.pk)
    assert basis_of(course, elena)["kind"] == "baseline"
    set_baseline_aside(by=an_owner(course.clinic), at=AT)
    assert basis_of(course, elena)["kind"] == "fitted"


def test_the_owner_sets_the_baseline_aside_and_lets_it_speak_again():
    course, elena = a_course_in_care()
    with_visits(course, [8, 6])
    clinic, owner = course.clinic, an_owner(course.clinic)
    with pytest.raises(InvalidValue, match="No baseline speaks"):
        set_baseline_aside(by=owner, at=AT)
    three_months_beaten(clinic)
    before = refresh_forecast(by=elena, at=AT, course_id=course.pk).answer
    for act in (set_baseline_aside, let_baseline_speak):
        with pytest.raises(NotAllowed):
            act(by=elena, at=AT)
    set_baseline_aside(by=owner, at=AT)
    assert basis_of(course, elena)["kind"] == "prior"
    with pytest.raises(InvalidValue, match="No baseline speaks"):
        set_baseline_aside(by=owner, at=AT)
    let_baseline_speak(by=owner, at=AT)
    with pytest.raises(InvalidValue, match="was set aside"):
        let_baseline_speak(by=owner, at=AT)
    assert refresh_forecast(by=elena, at=AT, course_id=course.pk).answer == before
    acts = AuditEvent.objects.filter(act__startswith="refit.baseline").order_by("pk").values_list("act", "actor_name")
    assert [act for act, _ in acts][1:] == ["refit.baseline_set_aside", "refit.baseline_speaks"]
    assert {name for _, name in list(acts)[1:]} == {owner.name}


def test_after_it_was_set_aside_three_months_are_counted_anew():
    clinic = a_clinic()
    owner = an_owner(clinic)
    three_months_beaten(clinic)
    set_baseline_aside(by=owner, at=AT)
    for month in (3, 4):
        a_result(clinic, at=AT + timedelta(days=31 * month), beaten=True)
        assert basis_in_force(clinic.pk).plain is None
    a_result(clinic, at=AT + timedelta(days=31 * 5), beaten=True)
    assert basis_in_force(clinic.pk).plain.name == "proportional"


def test_a_fit_of_an_older_model_is_not_forecast_with():
    course, elena = a_course_in_care()
    with_visits(course, [7, 6])
    row = a_result(course.clinic)
    accept_fit(by=an_owner(course.clinic), at=AT, fit_id=row.pk)
    RecoveryFit.objects.filter(pk=row.pk).update(file=b"of another time", version="F-0000000")
    assert basis_of(course, elena)["kind"] == "prior"


def a_file(**more) -> bytes:
    return to_bytes(a_fit(**more))


def test_a_result_in_a_file_goes_through_the_same_gates_and_acceptance_as_one_made_here():
    course, elena = a_course_in_care()
    with_visits(course, [7, 6])
    owner = an_owner(course.clinic)
    closed = bring_fit(by=owner, at=AT, raw=a_file(passed=False))
    with pytest.raises(InvalidValue, match="did not pass"):
        accept_fit(by=owner, at=AT, fit_id=closed.pk)
    row = bring_fit(by=owner, at=AT, raw=a_file(share=0.9))
    assert basis_of(course, elena)["kind"] == "prior"
    accept_fit(by=owner, at=AT, fit_id=row.pk)
    basis = basis_of(course, elena)
    assert (basis["kind"], basis["n"]) == ("fitted", 412)
    assert basis["version"] == f"{MODEL_VERSION}/{row.version}"
    assert roll_back(by=owner, at=AT) is None
    assert basis_of(course, elena)["kind"] == "prior"
    acts = AuditEvent.objects.filter(act="refit.brought").values_list("actor_name", flat=True)
    assert list(acts) == [owner.name, owner.name]
    assert basis_in_force(a_clinic("other").pk).prior.status == "prior"


def test_only_the_owner_brings_a_file_and_each_once():
    course, elena = a_course_in_care()
    owner = an_owner(course.clinic)
    with pytest.raises(NotAllowed):
        bring_fit(by=elena, at=AT, raw=a_file())
    for raw, words in ((b"", "no result"), (b"x" * 4_000_000, "larger")):
        with pytest.raises(InvalidValue, match=words):
            bring_fit(by=owner, at=AT, raw=raw)
    row = bring_fit(by=owner, at=AT, raw=a_file())
    with pytest.raises(InvalidValue, match=f"already, as {row.version}"):
        bring_fit(by=owner, at=AT, raw=a_file())
    own = a_result(course.clinic, share=0.3)
    with pytest.raises(InvalidValue, match=f"already, as {own.version}"):
        bring_fit(by=owner, at=AT, raw=a_file(share=0.3))
    assert RecoveryFit.objects.filter(kind="file").count() == 1


def test_a_file_makes_no_baseline_speak_and_silences_none():
    clinic = a_clinic()
    owner = an_owner(clinic)
    for month in range(2):
        a_result(clinic, at=AT + timedelta(days=31 * month), beaten=True)
    bring_fit(by=owner, at=AT + timedelta(days=62), raw=a_file(beaten=True, share=0.4))
    assert basis_in_force(clinic.pk).plain is None
    a_result(clinic, at=AT + timedelta(days=62), beaten=True)
    assert basis_in_force(clinic.pk).plain is not None
    bring_fit(by=owner, at=AT + timedelta(days=63), raw=a_file(share=0.5))
    assert basis_in_force(clinic.pk).plain is not None
    assert fits_for(owner, at=AT).speaks == "proportional"
    set_baseline_aside(by=owner, at=AT)
    assert basis_in_force(clinic.pk).plain is None
