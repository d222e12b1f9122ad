"""The course page as one value: the verdict in a sentence, the chart, what is likely, the stop rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from myotome.clinic.followup.queries import (
    CourseStory,
    ForecastShown,
    discharge_of,
    last_forecast,
    open_requests,
    shares_of,
    story_of,
)
from myotome.clinic.planning.queries import cautions_of
from myotome.clinic.screening.courses import Course
from myotome.knowledge.measures import PAIN_AVERAGE, measure
from myotome.pages.followup.drawing import ChartData, course_chart
from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.scoring import meaningful_line
from myotome.vocabulary.actors import Actor


def course_context(actor: Actor, course: Course, *, at: datetime, zone: str) -> dict[str, Any]:
    """Everything the course page shows."""
    story = story_of(course)
    shown = last_forecast(actor, course_id=course.pk)
    return {
        "course": course,
        "patient": course.patient,
        "cautions": cautions_of(actor, patient_id=course.patient_id),
        "story": story,
        "verdict": verdict(story),
        "chart": chart_of(story, shown, today=at.astimezone(ZoneInfo(zone)).date()),
        "forecast": shown.answer if shown else None,
        "shown": shown,
        "headline": headline(shown.answer) if shown else "",
        "sentences": likely_sentences(shown.answer) if shown else [],
        "spacings": spacings(shown) if shown and not course.closed_at else [],
        "shares": {row.what: row for row in shares_of(actor, course_id=course.pk)},
        "requests": open_requests(actor, course_id=course.pk),
        "discharge": discharge_of(actor, course_id=course.pk),
    }


def verdict(story: CourseStory) -> str:
    """The page's first sentence: where the course stands against meaningful change."""
    pain = story.scores.get(PAIN_AVERAGE, [])
    if len(pain) < 2:
        return _("The first answers are in; change shows from the second visit on.") if pain else _("No answers yet.")
    line = meaningful_line(measure(PAIN_AVERAGE), pain[0][1])
    passed = next((day for day, value in pain[1:] if line is not None and value <= line), None)
    if passed is None:
        return _("Not past the line of meaningful change after %(n)s answers") % {"n": len(pain)}
    if line is not None and pain[-1][1] > line:
        return _("Past the line of meaningful change once, not now")
    visit = next((number for day, number, _n in story.visits if day >= passed), None)
    if visit is None:
        return _("Past the line of meaningful change")
    return _("Past the line of meaningful change at visit %(n)s") % {"n": visit}


def chart_of(story: CourseStory, shown: ForecastShown | None, *, today: Any) -> Any:
    """The chart of a course, with the fan of the forecast that was shown."""
    pain, function = story.scores.get(PAIN_AVERAGE, []), story.scores.get("psfs", [])
    first_visit = story.visits[0][0] if story.visits else None
    is_open = story.course.closed_at is None
    answer = shown.answer if shown and first_visit and is_open else {"curve": [], "natural_course": []}
    return course_chart(
        ChartData(
            pain=pain,
            function=function,
            shortened=story.shortened,
            visits=story.visits,
            pain_line=meaningful_line(measure(PAIN_AVERAGE), pain[0][1]) if pain else None,
            function_line=min(10.0, function[0][1] + 2) if function else None,
            fan=answer["curve"],
            natural=answer["natural_course"],
            first_visit=first_visit,
            today=today if is_open else None,
        )
    )


def headline(answer: dict[str, Any]) -> str:
    """The range first, never the middle alone."""
    low, high = answer["treatments_left"]["q10"], answer["treatments_left"]["q90"]
    if low is None:
        return _("Recovery is not likely on this plan")
    if high is None:
        return _("From %(low)s more visits to no recovery on this plan") % {"low": low}
    if low == high == 0:
        return _("No more visits may be needed")
    return _("Between %(low)s and %(high)s more visits") % {"low": low, "high": high}


def likely_sentences(answer: dict[str, Any]) -> list[str]:
    """The forecast in words with denominators."""
    left = answer["treatments_left"]
    said = [_("Eight in ten courses like this fell in that range.")]
    if left["median"] is not None:
        said.append(
            ngettext("Half needed %(n)s or fewer.", "Half needed %(n)s or fewer.", left["median"])
            % {"n": left["median"]}
        )
    else:
        said.append(_("Fewer than half recover within forty more visits."))
    none = answer["p_no_meaningful_change"]
    said.append(_("About %(n)s in 100 did not reach 30 %% relief within twelve more.") % {"n": round(100 * none)})
    return said


def spacings(shown: ForecastShown) -> list[tuple[str, str]]:
    """Weeks left for weekly and two-weekly visits, in words."""
    rows = []
    for words, days in ((_("Weekly"), 7), (_("Every two weeks"), 14)):
        weeks = forecast_answer(shown.evidence | {"interval_days": days})["weeks_left"]["median"]
        rows.append((words, _("%(n)s weeks") % {"n": f"{weeks:g}"} if weeks is not None else _("not on this plan")))
    return rows
