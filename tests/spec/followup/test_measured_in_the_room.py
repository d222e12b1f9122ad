"""What is measured in the room: range of motion and pressure thresholds at a place, and totals of forms on paper."""

import pytest

from myotome.clinic.followup.models import MeasureScore
from myotome.clinic.followup.queries import story_of
from myotome.vocabulary.errors import InvalidValue
from tests.clinic.followup.courses import a_course_in_care
from tests.factories import AT
from tests.spec.followup.test_days_of_scores import TODAY, noted

pytestmark = pytest.mark.django_db


def test_a_pressure_threshold_is_the_mean_of_up_to_three_readings_which_are_kept():
    course, actor = a_course_in_care()
    row = noted(
        course, actor, code="ppt_kpa", value=[212.5, 230, 241], site=" left  gluteus medius ", how="algometer 1 cm2"
    )
    assert row.value == pytest.approx(227.83, abs=0.01)
    assert (row.site, row.details) == (
        "left gluteus medius", {"readings": [212.5, 230, 241], "how": "algometer 1 cm2"},
    )  # fmt: skip
    with pytest.raises(InvalidValue, match="1 to 3 readings"):
        noted(course, actor, code="ppt_kpa", value=[1, 2, 3, 4], site="left gluteus medius")


@pytest.mark.parametrize("code", ["ppt_kpa", "rom_degrees"])
def test_without_its_place_a_measurement_means_nothing(code):
    course, actor = a_course_in_care()
    with pytest.raises(InvalidValue, match="Say where") as refusal:
        noted(course, actor, code=code, value=40, site="  ")
    assert refusal.value.field == "site"


@pytest.mark.parametrize(("code", "value"), [("pain_nrs_average_7d", 4), ("rmdq", 12)])
def test_what_is_not_measured_at_a_place_takes_none_and_one_number(code, value):
    course, actor = a_course_in_care()
    with pytest.raises(InvalidValue, match="not of one place"):
        noted(course, actor, code=code, value=value, site="left")
    with pytest.raises(InvalidValue, match="takes one number"):
        noted(course, actor, code=code, value=[value, value])
    with pytest.raises(InvalidValue, match="takes one number"):
        noted(course, actor, code=code, value=[])


def test_each_place_has_a_series_of_its_own_and_is_corrected_by_itself():
    course, actor = a_course_in_care()
    for site, value in (("neck turned left", 40), ("neck turned right", 70), ("neck turned left", 45)):
        noted(course, actor, code="rom_degrees", value=value, site=site, how="active")
    story = story_of(course)
    assert [(row.site, row.how, row.points) for row in story.measured] == [
        ("neck turned left", "active", [(TODAY, 45)]),
        ("neck turned right", "active", [(TODAY, 70)]),
    ]
    assert "rom_degrees" not in story.scores
    assert MeasureScore.objects.filter(course=course, replaced_at=AT).count() == 1


@pytest.mark.parametrize(("total", "is_one"), [(0, True), (24, True), (25, False), (-1, False), (11.5, False)])
def test_roland_morris_is_a_whole_total_of_24(total, is_one):
    course, actor = a_course_in_care()
    if is_one:
        assert noted(course, actor, code="rmdq", value=total).value == total
    else:
        with pytest.raises(InvalidValue):
            noted(course, actor, code="rmdq", value=total)
