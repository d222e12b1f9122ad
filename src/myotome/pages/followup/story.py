"""The course page as one value: the verdict in a sentence, the chart, what is likely, the stop rule."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from myotome.clinic.followup.mood import Positive
from myotome.clinic.followup.outcomes import held_for
from myotome.clinic.followup.queries import (
    CourseStory,
    ForecastShown,
    discharge_of,
    open_requests,
    shares_of,
)
from myotome.clinic.followup.track import track_record
from myotome.clinic.planning.queries import cautions_of
from myotome.clinic.screening.courses import is_duration_possible
from myotome.knowledge.measures import PAIN_AVERAGE, PAIN_WORST, measure
from myotome.pages.followup.drawing import ChartData, course_chart
from myotome.pages.followup.forecasters import FORECASTS
from myotome.pages.followup.muscles import then_and_now
from myotome.pages.followup.noted import unit_of
from myotome.science.followup.doubts import doubts_about
from myotome.science.followup.scoring import meaningful_line, zeros_to_ask_about
from myotome.vocabulary.actors import Actor

UNWANTED = frozenset({"plateau", "relapse"})
SEEN = 0.5
"""Points of ten: what one sees on the chart."""


def course_context(
    actor: Actor, story: CourseStory, shown: ForecastShown | None, *, at: datetime, zone: str
) -> dict[str, Any]:
    """Everything the course page shows; of a course that has ended no forecast, since nothing comes of it any more."""
    course = story.course
    is_open = course.closed_at is None
    shown = shown if is_open else None
    requests = open_requests(actor, course_id=course.pk) if is_open else []
    return {
        "course": course,
        "patient": course.patient,
        "cautions": cautions_of(actor, patient_id=course.patient_id),
        "story": story,
        "verdict": verdict(story),
        "summary": summary(story),
        "mood": story.mood,
        "low_answers": low_answers(story),
        "chart": chart_of(story, shown, today=at.astimezone(ZoneInfo(zone)).date()),
        "forecast": shown.answer if shown else None,
        "shown": shown,
        "headline": headline(shown.answer) if shown else "",
        "sentences": likely_sentences(shown.answer) if shown else [],
        "where_it_begins": where_it_begins(story, shown.answer) if shown else "",
        "weeks_range": range_words(shown.answer) if shown else "",
        "within": within(shown.answer) if shown else [],
        "measured": [(rule, unit_of(rule), row) for row in story.measured for rule in [measure(row.measure)]],
        "definitions": by_definition(story),
        "zeros": zeros(story),
        "doubts": doubts_about(shown.evidence) if shown else [],
        "is_duration_possible": is_duration_possible(course),
        "corrected": [(measure(row.measure).name, row) for row in story.corrected],
        "given_after": given_after(story),
        "track": track_record(actor, at=at),
        "muscles": then_and_now(story),
        "reads_from": reads_from_of(shown),
        "spoken_by": FORECASTS.get(shown.answer["basis"]["data"], "") if shown else "",
        "spacings": spacings(shown) if shown else [],
        "spacing_words": spacing_words(story),
        "shares": {row.what: row for row in shares_of(actor, course_id=course.pk)},
        "requests": requests,
        "discharge": None if is_open else discharge_of(actor, course_id=course.pk),
    }


def summary(story: CourseStory) -> str:
    """First and last of pain, function and shortened muscles, in a line; what was given after the treatment that it was
    asked for is no first."""
    said = []
    for words, points in (
        (_("Pain %(a)s to %(b)s of 10."), story.since_start(PAIN_AVERAGE)),
        (_("Function %(a)s to %(b)s of 10."), story.since_start("psfs")),
        (_("Shortened muscles %(a)s to %(b)s."), story.shortened),
    ):
        if len(points) > 1:
            first, last = (f"{round(float(value), 1):g}" for value in (points[0][1], points[-1][1]))
            said.append(words % {"a": first, "b": last})
    return " ".join(said)


def low_answers(story: CourseStory) -> list[tuple[str, Positive, str]]:
    """Answers about mood or worry at or above their line, as (measure, answer, the most it can be)."""
    return [(measure(row.measure).short, row, f"{measure(row.measure).high:g}") for row in story.mood.positives]


def by_definition(story: CourseStory) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Responder, recovered, plateau and relapse by what is charted now: (name, version, answer, what stands against it or
    is missing). That there is no plateau and no relapse needs no reason."""
    names = {
        "responder": _("Responder"),
        "recovered": _("Recovered"),
        "plateau": _("Plateau"),
        "relapse": _("Relapse"),
    }
    answers = {True: _("yes"), False: _("no"), None: _("cannot be told")}
    return [
        (
            names[code],
            held.version,
            answers[held.holds],
            () if held.holds is False and code in UNWANTED else held.against,
        )
        for code, held in held_for(story).items()
    ]


def zeros(story: CourseStory) -> list[tuple[str, float, Any]]:
    """Zeros that may be missing scores, as (measure, the score before, day)."""
    found = []
    for code in (PAIN_AVERAGE, PAIN_WORST):
        points = story.scores.get(code, [])
        for k in zeros_to_ask_about([value for _on, value in points]):
            found.append((measure(code).name, points[k - 1][1], points[k][0]))
    return found


def given_after(story: CourseStory) -> list[tuple[str, Any, float]]:
    """Answers that came after the treatment they were asked for, as (measure, day, value), in order of days."""
    found = [(measure(code).name, on, value) for code, points in story.given_after.items() for on, value in points]
    return sorted(found, key=lambda row: (row[1], row[0]))


def verdict(story: CourseStory) -> str:
    """The page's first sentence: where the course stands against meaningful change."""
    pain = story.since_start(PAIN_AVERAGE)
    if len(pain) < 2:
        return _("The first answers are in; change shows from the second visit on.") if pain else _("No answers yet.")
    line = meaningful_line(measure(PAIN_AVERAGE), pain[0][1])
    if line is None:
        return _("Pain began too low for a meaningful change to show")
    passed = next((day for day, value in pain[1:] if value <= line), None)
    if passed is None:
        return _("Not past the line of meaningful change after %(n)s answers") % {"n": len(pain)}
    if pain[-1][1] > line:
        return _("Past the line of meaningful change once, not now")
    visit = next((number for day, number, _n in story.visits if day >= passed), None)
    if visit is None:
        return _("Past the line of meaningful change")
    return _("Past the line of meaningful change at visit %(n)s") % {"n": visit}


def chart_of(story: CourseStory, shown: ForecastShown | None, *, today: Any) -> Any:
    """The chart of a course, with the fan of the forecast that was shown."""
    pain, function = story.scores.get(PAIN_AVERAGE, []), story.scores.get("psfs", [])
    started, could = story.since_start(PAIN_AVERAGE), story.since_start("psfs")
    reads_from = reads_from_of(shown)
    first_visit = reads_from["on"] if reads_from else story.visits[0][0] if story.visits else None
    is_open = story.course.closed_at is None
    answer = shown.answer if shown and first_visit else {"curve": [], "natural_course": []}
    return course_chart(
        ChartData(
            pain=pain,
            function=function,
            shortened=story.shortened,
            visits=story.visits,
            pain_since=started,
            function_since=could,
            pain_after=story.given_after.get(PAIN_AVERAGE, []),
            function_after=story.given_after.get("psfs", []),
            pain_line=meaningful_line(measure(PAIN_AVERAGE), started[0][1]) if started else None,
            function_line=meaningful_line(measure("psfs"), could[0][1]) if could else None,
            fan=[answer["now"], *answer["curve"]] if answer.get("now") else answer["curve"],
            natural=[{"day": 0, "median": answer["first_pain"]}, *answer["natural_course"]]
            if "first_pain" in answer
            else answer["natural_course"],
            first_visit=first_visit,
            today=today if is_open else None,
        )
    )


def reads_from_of(shown: ForecastShown | None) -> dict[str, Any] | None:
    """The visit and the day from which a forecast has read a long course; None where it has read the whole."""
    found = shown.answer.get("reads_from") if shown else None
    return {"visit": found["visit"], "on": date.fromisoformat(found["on"])} if found else None


def headline(answer: dict[str, Any]) -> str:
    """The range first, never the middle alone."""
    left = answer["treatments_left"]
    low, high = left["q10"], left["q90"]
    if left["median"] is None:
        return _("Recovery is not likely on this plan")
    if low == high == 0:
        return _("No more visits may be needed")
    if high is None and low == 0:
        return _("No more visits, or many more")
    if high is None:
        return ngettext("%(low)s more visit or many more", "%(low)s more visits or many more", low) % {"low": low}
    if low == 0:
        return ngettext("Up to %(high)s more visit", "Up to %(high)s more visits", high) % {"high": high}
    if low == high:
        return ngettext("%(high)s more visit", "%(high)s more visits", high) % {"high": high}
    return _("Between %(low)s and %(high)s more visits") % {"low": low, "high": high}


def likely_sentences(answer: dict[str, Any]) -> list[str]:
    """The forecast in words with denominators."""
    left = answer["treatments_left"]
    if left["median"] is None and left["q10"] is None:
        first = _("Fewer than one in ten courses like this recovered within forty more visits.")
    elif left["median"] is None:
        first = _("One in ten courses like this needed %(low)s, fewer than half recovered within forty.")
    elif left["q90"] is None:
        first = _(
            "One in ten courses like this needed %(low)s, half %(half)s; more than one in ten had not recovered after "
            "forty."
        )
    else:
        first = _("Eight in ten courses like this fell in that range; half needed %(half)s.")
    none = round(100 * answer["p_no_meaningful_change"])
    return [
        first % {"low": _visits_at_most(left["q10"]), "half": _visits_at_most(left["median"])},
        _("%(n)s in 100 did not come to 30 %% and 2 points less pain within twelve more.") % {"n": none},
    ]


def where_it_begins(story: CourseStory, answer: dict[str, Any]) -> str:
    """Why the line of the forecast does not begin at the last score, where one sees that it does not; else empty."""
    now, pain = answer.get("now"), story.scores.get(PAIN_AVERAGE, [])
    if not now or not pain or abs(now["median"] - pain[-1][1]) < SEEN:
        return ""
    return _(
        "The forecast begins at %(now)s of 10 and not at the last score of %(last)s: one score is also chance, so those "
        "before it count too."
    ) % {"now": f"{now['median']:.1f}", "last": f"{pain[-1][1]:g}"}


def _visits_at_most(n: int | None) -> str:
    if n == 0:
        return _("no more visit")
    return _("one visit or none") if n == 1 else _("%(n)s visits or fewer") % {"n": n}


def within(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """The share of courses like this recovered within 4, 8 and 12 more visits, as (visits, words)."""
    shares = answer["p_recovered_within"]
    return [(n, _("%(n)s in 100") % {"n": round(100 * share)}) for n, share in sorted(shares.items(), key=_visits)]


def _visits(row: tuple[str, float]) -> int:
    return int(row[0])


def spacings(shown: ForecastShown) -> list[tuple[str, str, str]]:
    """Weeks and visits left for weekly and two-weekly visits: what half of courses need, and the range of eight in ten."""
    words = {"7": _("Weekly"), "14": _("Every two weeks")}
    return [
        (words[days], half_words(row), range_words(row))
        for days, row in shown.answer.get("spacings", {}).items()
        if days in words
    ]


def half_words(row: dict[str, Any]) -> str:
    """What half of courses need at a spacing, in words."""
    weeks, visits = row["weeks_left"]["median"], row["treatments_left"]["median"]
    if weeks is None:
        return _("not on this plan")
    said = ngettext("%(n)s visit", "%(n)s visits", visits) % {"n": visits}
    return _("%(weeks)s, %(visits)s") % {"weeks": weeks_words(weeks), "visits": said}


def weeks_words(weeks: float) -> str:
    """So many weeks; half a week is no single one."""
    return ngettext("%(n)s week", "%(n)s weeks", 1 if weeks == 1 else 2) % {"n": f"{weeks:g}"}


def range_words(row: dict[str, Any]) -> str:
    """The range of eight in ten courses in weeks, in words: of the forecast, or of another spacing."""
    low, high = row["weeks_left"]["q10"], row["weeks_left"]["q90"]
    if low is None:
        return _("fewer than one in ten get there on this plan")
    if high is None:
        return _("from %(low)s; more than one in ten do not get there on this plan") % {"low": weeks_words(low)}
    if low == high:
        return _("eight in ten: %(weeks)s") % {"weeks": weeks_words(high)}
    return _("eight in ten: %(low)s to %(high)s") % {"low": f"{low:g}", "high": weeks_words(high)}


def spacing_words(story: CourseStory) -> str:
    """How far apart the forecast takes the visits, and where that is from."""
    words = {
        "booked": _("The forecast takes a visit every %(n)s days, as they are booked."),
        "plan": _("The forecast takes a visit every %(n)s days, as the plan says."),
        "so_far": _("The forecast takes a visit every %(n)s days, as they have been."),
        "usual": _("The forecast takes a visit every %(n)s days: nothing is planned or booked yet."),
    }
    return words[story.spacing.says] % {"n": story.spacing.days}
