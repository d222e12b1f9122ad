"""The visit's page as one value: cautions, sites, needles on the plate, counts, the clock, what closing waits for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from myotome.clinic.assessment.queries import last_findings
from myotome.clinic.needling.asks import AskBook
from myotome.clinic.needling.consents import ConsentBook
from myotome.clinic.needling.habits import Habit, Where, plan_and_habits
from myotome.clinic.needling.queries import (
    NeedleInsertion,
    TreatmentVisit,
    addenda_of,
    can_close,
    incidents_of,
    needle_as_value,
    needles_and_previous,
)
from myotome.clinic.needling.shelf import Shelf
from myotome.clinic.pathway.closing import closing_of
from myotome.clinic.pathway.roots import roots_with_needles
from myotome.clinic.planning.queries import cautions_from, consents_of
from myotome.knowledge.cautions import facts
from myotome.pages.needling.before import WHERE, by_level, split_by_current, without_doubles
from myotome.pages.needling.graph import graph_context
from myotome.pages.needling.how import how_context
from myotome.pages.needling.incidents import told_in_words
from myotome.pages.needling.plate import plates_of
from myotome.pages.needling.sets import levels_of_set, points_that_go_in, stopped_points
from myotome.pages.needling.sites import (
    CURRENT,
    DEFAULT_SIZE,
    name_of,
    named,
    site_key,
    site_of_key,
    sites_ahead,
    waiting_sites,
    where_of,
)
from myotome.pages.needling.sizes import lot_words, short_size
from myotome.pages.planning.texts import text_of, texts_of
from myotome.pages.typed import whole_or_none
from myotome.science.needling.consents import NeededConsent, consents_needed
from myotome.science.needling.counts import counts_by_region, open_needles, overdue_at
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.errors import MyotomeError
from myotome.vocabulary.needling import NeedleState, Technique

DEEPEST_TYPED_MM = 150
NOTHING_TYPED: Mapping[str, str] = MappingProxyType({})
SIZES = ("0.16x13", "0.20x25", "0.25x25", "0.25x40", "0.30x40", "0.30x50", "0.30x60", "0.30x75", "0.35x100")


def reasked() -> tuple[str, ...]:
    """The facts asked at every visit. Her yes is the consent's, and is asked there."""
    return tuple(code for code, fact in facts().items() if fact.every_visit and code != "no_consent")


def reask_rows(known: Collection[str], said: Mapping[str, str] = NOTHING_TYPED) -> list[dict[str, Any]]:
    """The short list: what is on record as a yes is marked so, a no never; what was marked just now stays."""
    rows = []
    for code in reasked():
        state = said.get(f"fact:{code}") or ("present" if code in known else "")
        rows.append({"code": code, "state": state, "is_open": not state})
    return rows


def sites_charted(needles: Sequence[NeedleInsertion]) -> list[tuple[str, str, str]]:
    """(key, name, side) of each site with a needle, once, in the order of the chart."""
    found = {site_key(n): (site_key(n), name_of(n), n.side) for n in needles}
    return list(found.values())


def chart_context(
    actor: Actor, visit: TreatmentVisit, *, at: datetime, chosen: str = "", depths: Mapping[str, str] = NOTHING_TYPED
) -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries.

    `depths` holds what is typed in the depth fields (`depth_mm`, and `depth:KEY` of a set), for a depth may ask, and
    `technique`: electrical when the next needle is to carry current.
    """
    needles, previous = needles_and_previous(visit)
    values = [needle_as_value(needle) for needle in needles]
    is_closed = visit.closed_at is not None
    shelf = Shelf(actor, visit, needles, at=at, is_read=not is_closed)
    usual = shelf.usual_size(DEFAULT_SIZE[visit.mode])
    plan, habits = ([], {}) if is_closed else plan_and_habits(actor, visit, _wheres(previous, chosen))
    ahead = [] if is_closed else sites_ahead(plan, needles, previous)
    waiting = waiting_sites(ahead, habits, usual_size=usual)
    waiting = [
        replace(row, depth_mm=_typed(depths, f"depth:{row.key}", row.depth_mm), size=shelf.keyed(row.size))
        for row in waiting
    ]
    still_in = open_needles(values)
    retain = timedelta(minutes=visit.retain_minutes)
    due = overdue_at(values, retain)
    is_told = is_closed and hasattr(visit, "consented_at")  # then the yes to the treatment came with the visit
    consents = [] if is_told else consents_of(actor, course_id=visit.course_id)
    yeses = ConsentBook(consents, visit.mode)
    book = AskBook(actor, visit)
    resting = [needle for needle in needles if needle.state == NeedleState.IN.value]
    incidents = told_in_words(incidents_of(visit))
    context: dict[str, Any] = {
        "visit": visit,
        "course": visit.course,
        "patient": visit.course.patient,
        "cautions": cautions_from(book.rows),
        "is_ims": visit.mode == "ims",
        "consent": _yes_to_treatment(visit)
        if is_told
        else next((c for c in yeses.in_force if c.kind == "course"), None),
        "consents": consents,
        "needles": [(needle, name_of(needle)) for needle in needles],
        "resting": resting,
        "open_needles": [n for n in needles if n.state in (NeedleState.IN.value, NeedleState.FRAGMENT.value)],
        "waiting": waiting,
        "counts": counts_by_region(values),
        "n_in_now": len(still_in),
        "n_out": sum(value.state is NeedleState.OUT for value in values),
        "n_odd": sum(value.state in (NeedleState.LEFT_IN, NeedleState.MISSING) for value in values),
        "n_waiting": len(waiting),
        "stays_at_home": any(value.state is NeedleState.LEFT_IN for value in values),
        "due_at": due,
        "is_overdue": due is not None and due < at,
        "oldest_in_at": due - retain if due else None,
        "retain_s": visit.retain_minutes * 60,
        "can_close": can_close(visit, needles),
        "sizes": [(key, lot_words(lot, shelf.on)) for key, lot in shelf.choices()]
        or [(size, short_size(size)) for size in SIZES],
        "current_fields": CURRENT,
        "reask_rows": reask_rows(book.facts),
        "closing": closing_of(actor, visit, at=at) if is_closed else None,
        "charted_sites": sites_charted(needles) if is_closed else [],
        "needle_regions": [region.value for region in NeedleRegion] if is_closed else [],
        "incidents": incidents,
        "open_incidents": [] if is_closed else [row for row in incidents if row.resolved_at is None],
        "addenda": addenda_of(visit) if is_closed else [],
        "at": at,
        "is_offered_to_me": bool(visit.handed_to_id and visit.handed_to_id == actor.practitioner_id),
    }
    if not is_closed and not visit.reask_at and not needles:
        context |= graph_context(actor, visit, at=at)
    context |= _chosen(visit, needles, waiting, book, chosen, depths, shelf, habits)
    if not is_closed:
        context |= _consents(visit, waiting, yeses, book, context)
        is_all_stopped = context["n_stopped"] == len(waiting)
        context["set_blocked"] = bool(context["asks"]) or not context["may_needle"] or is_all_stopped
        _say_before_they_stay(resting, book, yeses)
        is_one_by_one = context["is_ims"] or context["chosen_asked"]
        context["ahead"] = _ahead(visit, waiting, book, yeses, shelf) if is_one_by_one else []
    context["size_is_offered"] = context["size"] in dict(context["sizes"])
    must_count = bool(visit.all_out_called_at and not visit.counted_at and not is_closed)
    by_keys = context["is_ims"] or context["chosen_asked"] or not waiting
    context["must_count"] = must_count
    context["keys_shown"] = bool(context["chosen_key"]) and by_keys and not must_count
    context["how"] = {} if is_closed else how_context(visit.mode, needles)
    context |= _body(actor, visit, needles, waiting, context["site"])
    return context


def _where(site: Mapping[str, Any]) -> Where:
    return site["site_kind"].value, site["site"], site["level"] or ""


def _wheres(previous: Sequence[NeedleInsertion], chosen: str) -> list[Where]:
    """Where a habit is asked for beside the plan's sites: those of the last visit, and the one chosen by hand."""
    wheres = [where_of(row) for row in previous]
    if chosen:
        with suppress(MyotomeError):
            wheres.append(_where(site_of_key(chosen)))
    return wheres


def _yes_to_treatment(visit: Any) -> dict[str, Any] | None:
    return {"given_at": visit.consented_at, "text_version": visit.consented_to} if visit.consented_at else None


def _chosen(
    visit: TreatmentVisit,
    needles: Sequence[NeedleInsertion],
    waiting: list[Any],
    book: AskBook,
    key: str,
    depths: Mapping[str, str],
    shelf: Shelf,
    habits: Mapping[Where, Habit],
) -> dict[str, Any]:
    """The site whose needle comes next: the one asked for, else the first that waits; with what must be said first."""
    site, asked_for = None, bool(key)
    if key:
        try:
            site = site_of_key(key)
        except MyotomeError:
            key = ""
    if site is None and waiting and not key:
        key = waiting[0].key
        site = site_of_key(key)
    mine = next((row for row in waiting if row.key == key), None)
    before = next((n for n in reversed(needles) if site_key(n) == key), None)
    last = needles[-1] if needles else None
    own = habits.get(_where(site), Habit()) if site else Habit()
    size, depth = own.size or shelf.usual_size(DEFAULT_SIZE[visit.mode]), own.depth_mm
    if mine is not None:
        size, depth = mine.size, mine.depth_mm
    elif before is not None:
        size = f"{before.gauge_mm:.2f}x{before.length_mm}" if before.gauge_mm and before.length_mm else size
        depth = before.depth_mm if before.depth_mm is not None else depth
    is_set = visit.mode == "acupuncture" and not asked_for
    size = shelf.keyed(depths.get("size", "") if shelf and shelf.lot_of(depths.get("size", "")) else size)
    is_electrical = not is_set and depths.get("technique") == Technique.ELECTRICAL.value
    stopped = stopped_points(book, shelf, waiting) if is_set else {}
    if is_set:
        said, said_with_current = levels_of_set(book, shelf, waiting, stopped), by_level(book, ())
    else:
        depth = _typed(depths, "depth_mm", depth)
        ahead, of_lots = [(site, depth)] if site else [], shelf.warnings([size] if site else [])
        warnings = without_doubles(book, ahead, is_electrical=True, of_lots=of_lots)
        plain, of_current = split_by_current(warnings)
        said, said_with_current = by_level(book, warnings if is_electrical else plain), by_level(book, of_current)
    return said | {
        "said_with_current": said_with_current,
        "is_electrical": is_electrical,
        "set_rows": [(row, stopped.get(row.key, ())) for row in waiting] if is_set else [],
        "n_stopped": len(stopped),
        "site": site,
        "chosen_asked": asked_for and site is not None,
        "chosen_key": key if site else "",
        "chosen_name": named(site["site_kind"], site["site"], site["level"], site["nearest"]) if site else "",
        "chosen_waits": mine,
        "size": size,
        "depth_mm": depth,
        "last_needle": last if last and last.state != NeedleState.IN.value else None,
    }


def _consents(
    visit: TreatmentVisit, waiting: list[Any], yeses: ConsentBook, book: AskBook, context: Mapping[str, Any]
) -> dict[str, Any]:
    """The texts that want her yes before the sites ahead, and whether the next needle may go in."""
    language = visit.course.patient.language
    ahead = [site_of_key(row.key) for row in waiting]
    of_set = points_that_go_in(waiting, {row.key: stops for row, stops in context["set_rows"] if stops})
    next_ones = (
        [site_of_key(row.key) for row in of_set] if visit.mode == "acupuncture" and not context["chosen_asked"] else []
    )
    next_ones = [context["site"]] if context["site"] and not next_ones else next_ones
    here = yeses.missing([NeededConsent("course"), *_needed(next_ones, book)])
    missing = yeses.missing([*here, *_needed(ahead, book)])
    stays = yeses.missing([NeededConsent("retained")])
    return {
        "may_needle": not here,
        "texts_missing": texts_of(missing, visit.mode, language),
        "text_if_it_stays": text_of(stays[0], visit.mode, language) if stays else None,
    }


def _ahead(
    visit: TreatmentVisit, waiting: list[Any], book: AskBook, yeses: ConsentBook, shelf: Shelf
) -> list[tuple[Any, dict[str, Any], dict[str, Any], bool]]:
    """Each waiting site with what must be said before its needle, and before one with current, for a tablet that loses
    the network on the way.
    """
    rows = []
    for row in waiting:
        site = site_of_key(row.key)
        of_lots = shelf.warnings([row.size])
        plain, of_current = split_by_current(
            without_doubles(book, [(site, row.depth_mm)], is_electrical=True, of_lots=of_lots)
        )
        missing = yeses.missing([NeededConsent("course"), *_needed([site], book)])
        said = by_level(book, plain) | {"texts": texts_of(missing, visit.mode, visit.course.patient.language)}
        rows.append((row, said, by_level(book, of_current), not missing))
    return rows


def _needed(sites: list[dict[str, Any]], book: AskBook) -> list[NeededConsent]:
    return [one for site in sites for one in consents_needed(**{name: site[name] for name in WHERE}, facts=book.facts)]


def _say_before_they_stay(resting: list[NeedleInsertion], book: AskBook, yeses: ConsentBook) -> None:
    """Each needle that is in learns what must be said before it is left in: `said_if_it_stays`, `may_stay`."""
    may_stay = not yeses.missing([NeededConsent("retained")])
    for needle in resting:
        at = {name: getattr(needle, name) for name in (*WHERE, "side")}
        codes = {warning.code for warning in book.warnings(**at)}
        needle.may_stay = may_stay
        needle.said_if_it_stays = [w for w in book.warnings(**at, is_retained=True) if w.code not in codes]


def _typed(depths: Mapping[str, str], name: str, usual: int | None) -> int | None:
    """The depth as typed, when it can be one, else the one it began with; a field that was emptied stays empty."""
    if depths.get(name) == "":
        return None
    depth = whole_or_none(depths.get(name, ""))
    return depth if depth is not None and depth <= DEEPEST_TYPED_MM else usual


def _body(
    actor: Actor, visit: TreatmentVisit, needles: Sequence[NeedleInsertion], waiting: list[Any], site: dict | None
) -> dict[str, Any]:
    """The plates with this visit's needles on the last examination's findings, and the roots once they may be seen."""
    if visit.closed_at is not None:  # as it was: what was examined since, and roots to consider, are not of this visit
        plates = plates_of(needles, waiting, (), site)
        return {"plate": plates[0] if plates else "", "locators": plates[1:], "roots": [], "top_root": None}
    examination, findings = last_findings(actor, course_id=visit.course_id)
    plates = plates_of(needles, waiting, findings, site)
    values = [needle_as_value(needle) for needle in needles]
    answer, shown = roots_with_needles(examination, findings, values, with_reasons=False)
    roots = (answer or (shown.answer if shown else {})).get("roots", [])
    before = {(row["root"], row["side"]): row["p"] for row in shown.answer.get("roots", [])} if shown else {}
    top = roots[0] if roots else None
    return {
        "plate": plates[0] if plates else "",
        "locators": plates[1:],
        "roots": roots,
        "top_root": top,
        "top_before": before.get((top["root"], top["side"])) if top and answer else None,
    }
