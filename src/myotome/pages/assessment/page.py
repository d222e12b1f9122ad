"""The examination page as one value: what is open, what was found, her impression, and only then the roots.

Before her impression is written no belief is computed, stored or sent: the ladder is folded, not hidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from myotome.clinic.assessment.actions import show_ladder, show_roots
from myotome.clinic.assessment.queries import Examination, can_see_roots, finding_as_json, findings_of
from myotome.clinic.planning.queries import cautions_of
from myotome.knowledge.muscles import link as link_of
from myotome.knowledge.muscles import muscle
from myotome.knowledge.signs import parameters
from myotome.pages.assessment.names import (
    SIDE_WORDS,
    found_words,
    json_words,
    position_words,
    row_key,
    row_value,
    sign_name,
    subject_name,
    value_words,
)
from myotome.pages.assessment.plate import plate_of
from myotome.pages.assessment.touch import REFLEXES, REGIONS, SKIN, SPINE, charted_of, panel
from myotome.pages.assessment.why import bits_words, reasons, root_words, set_words
from myotome.science.assessment.loss import is_loss
from myotome.science.planning.proposed import proposed_sites
from myotome.vocabulary.actors import Actor

KEPT = ("open", "spine", "sign", "layer", "view", "root", "q", "at")
"""Words of the address that say what is open; they travel with every link and form of the page."""

LIKELY = 0.15
FIRST_BESIDE = "multifidus"
"""The muscle beside the spine that a root's rung opens."""


def page_context(
    actor: Actor, examination: Examination, asked: Mapping[str, str], *, at: datetime, with_plate: bool = True
) -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries."""
    rows = findings_of(examination)
    charted = charted_of(rows)
    findings = [finding_as_json(row) for row in rows]
    context = _touched(actor, examination, asked, charted, findings)
    opened, link = context["panel"], context["link"]
    context |= {
        "cautions": cautions_of(actor, patient_id=examination.course.patient_id),
        "findings": [_listed(row, link) for row in rows],
        "by_site": _by_site(rows),
        "n_tested": len({(row.kind, row.subject, row.level, row.side) for row in rows}),
        "at": at,
        "answer": None,
    }
    if with_plate:
        context |= _ways(opened, examination.region, charted, link)
        context |= plate_of(asked, opened, examination.region, charted, link)
    if can_see_roots(examination):
        belief = show_roots(by=actor, at=at, examination_id=examination.pk, examination=examination, findings=rows)
        context |= roots_context(belief.answer, findings, asked.get("root", ""), link)
        context["n_to_plan"] = len(proposed_sites(belief.answer["roots"], findings))
    return context


def tapped_context(actor: Actor, examination: Examination, asked: Mapping[str, str], *, at: datetime) -> dict[str, Any]:
    """What a tap changes at once: its keys, a loss, and the ladder; the page asks for the rest of itself right after."""
    rows = findings_of(examination)
    context = _touched(actor, examination, asked, charted_of(rows), [finding_as_json(row) for row in rows])
    context["answer"] = None
    if can_see_roots(examination):
        belief = show_ladder(by=actor, at=at, examination=examination, findings=rows)
        context |= ladder_context(belief.answer, context["link"])
    return context


def _touched(
    actor: Actor,
    examination: Examination,
    asked: Mapping[str, str],
    charted: Mapping[str, int],
    findings: list[dict[str, Any]],
) -> dict[str, Any]:
    """The keys of what is open, the way back to it, and what is lost."""
    opened = panel(asked, region=examination.region, charted=charted)
    state = {name: asked[name] for name in KEPT if asked.get(name)}
    link = _links(reverse("assessment:examination", args=(actor.clinic_slug, examination.pk)), state)
    return {
        "examination": examination,
        "course": examination.course,
        "patient": examination.course.patient,
        "panel": opened,
        "hrefs": {row.at: link(at=row.at) for group in opened["groups"] for row in group.rows if row.at},
        "loss": [json_words(finding) for finding in findings if is_loss(finding)],
        "can_change": examination.finished_at is None,
        "state": state,
        "link": link,
    }


def ladder_context(answer: Mapping[str, Any], link: Callable[..., str]) -> dict[str, Any]:
    """The roots and where each rung leads."""
    return {
        "answer": answer,
        "level_hrefs": {root: link(open=SPINE, at=f"{FIRST_BESIDE}:{root}") for root in muscle(FIRST_BESIDE).levels},
    }


def roots_context(
    answer: Mapping[str, Any], findings: list[dict[str, Any]], asked_root: str, link: Callable[..., str]
) -> dict[str, Any]:
    """The ranked roots in words and bars: why the one asked for (the first unless asked), and what to examine next."""
    ranked = answer["roots"]
    keys = [f"{row['root']}.{row['side']}" for row in ranked]
    key = asked_root if asked_root in answer["evidence_by_muscle"] else keys[0]
    likely = [k for k, row in zip(keys, ranked, strict=True) if row["p"] >= LIKELY][:6]
    return ladder_context(answer, link) | {
        "why_key": key,
        "why_root": root_words(key),
        "why": reasons(answer, findings, key),
        "why_others": [(root_words(k), link(root=k)) for k in likely if k != key],
        "likely_set": set_words(answer["most_probable_set"]),
        "options": [_option(row, link) for row in answer["options"]],
        "turns": _turn_words(answer["options"]),
        "turns_of_rank": [_rank_words(row) for row in answer.get("would_change", ())],
        "stop_bits": _bits(parameters().stop_bits, 3),
        "is_diffuse": answer["diffuse"] >= parameters().diffuse_shown,
        "diffuse_in_100": round(100 * answer["diffuse"]),
    }


def _ways(
    opened: Mapping[str, Any], region: str, charted: Mapping[str, int], link: Callable[..., str]
) -> dict[str, Any]:
    """The ways to other places, muscles beside the spine, signs and sides of the body, each with its link."""
    tested: Counter[str] = Counter()
    for site in {key.rpartition(":")[0] for key in charted}:
        kind, subject, level, _side = site.split(":")
        place = {"skin": SKIN, "reflex": REFLEXES}.get(kind) or (SPINE if level else str(muscle(subject).region))
        tested[place] += 1
    names = {SPINE: _("Spine"), SKIN: _("Skin"), REFLEXES: _("Reflexes")}
    places = (SPINE, *REGIONS.get(region, REGIONS[""]), SKIN, REFLEXES)
    return {
        "places": [
            {
                "name": names.get(place) or _(str(place).replace("_", " ").capitalize()),
                "href": link(open=str(place)),
                "is_open": place == opened["opened"] and not opened["words"],
                "n": tested[str(place)],
            }
            for place in places
        ],
        "spines": [
            {"name": name, "href": link(spine=id), "is_open": id == opened["spine"]}
            for id, name in opened["spine_muscles"]
        ],
        "signs": [
            {"name": name, "href": link(sign=code), "is_open": code == opened["sign"]}
            for code, name in opened["offered_signs"]
        ],
        "turn_back": link(view="back"),
        "turn_front": link(view="front"),
        "to_skin": link(open=SKIN),
    }


def _links(page: str, state: Mapping[str, str]) -> Callable[..., str]:
    def link(**changes: str) -> str:
        """The page with some of what is open changed; a search, a chosen site and a layer end when something else opens."""
        ends = ("q", "at", "layer") if "open" in changes else ("q", "at") if "layer" in changes else ()
        kept = {k: v for k, v in state.items() if k not in ends}
        kept |= changes
        return f"{page}?{urlencode({k: v for k, v in kept.items() if v})}"

    return link


def _listed(row: Any, link: Callable[..., str]) -> dict[str, Any]:
    value = row_value(row)
    return {
        "name": subject_name(row.kind, row.subject, row.level),
        "small": f"{SIDE_WORDS[row.side]}, {sign_name(row.kind, row.sign)}".rstrip(", "),
        "words": value_words(row.kind, row.sign, value),
        "value": value,
        "bars": [n <= value for n in (1, 2, 3)] if row.kind == "muscle" and row.sign != "weak" else None,
        "is_normal": value == 0,
        "href": _way_to(row, link),
        "clears": f"{row_key(row)}:clear",
    }


def _way_to(row: Any, link: Callable[..., str]) -> str:
    if row.kind == "skin":
        return link(open=SKIN, at=row.subject)
    return link(open=REFLEXES) if row.kind == "reflex" else link(at=_site(row))


def _site(row: Any) -> str:
    return f"{row.subject}:{row.level}" if row.level else row.subject


def _by_site(rows: list[Any]) -> list[dict[str, Any]]:
    """The findings for paper: each site once, with what was found on its left and on its right."""
    sites: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (row.kind != "muscle", row.kind)):
        name = subject_name(row.kind, row.subject, row.level)
        site = sites.setdefault((row.kind, row.subject, row.level), {"name": name, "left": [], "right": []})
        site[row.side].append(found_words(row.kind, row.sign, row_value(row)))
    return list(sites.values())


def _option(row: Mapping[str, Any], link: Callable[..., str]) -> dict[str, Any]:
    at = f"{row['muscle']}:{row['level']}" if row["level"] else row["muscle"]
    return {
        "name": subject_name("muscle", row["muscle"], row["level"] or ""),
        "side": SIDE_WORDS[row["side"]],
        "roots": " ".join(link_of(row["muscle"], row["level"])),
        "position": position_words(row["position"]),
        "bits": _bits(row["bits"], 2),
        "href": link(at=at),
    }


def _rank_words(row: Mapping[str, Any]) -> str:
    """What would put another root first: "Soleus left, shortened 3, would put S1 left first, 62 in 100"."""
    return _("%(muscle)s %(side)s, shortened %(grade)s, would put %(root)s %(root_side)s first, %(p)s in 100.") % {
        "muscle": subject_name("muscle", row["muscle"], row["level"] or ""),
        "side": SIDE_WORDS[row["side"]],
        "grade": row["grade"],
        "root": row["root"],
        "root_side": SIDE_WORDS[row["root_side"]],
        "p": round(100 * row["p"]),
    }


def _turn_words(options: list[dict[str, Any]]) -> str:
    return _(", then ").join(dict.fromkeys(position_words(row["position"]) for row in options))


def _bits(bits: float, places: int) -> str:
    return f"{bits:.{places}f}".lstrip("0") if bits < 1 else bits_words(bits).lstrip("+")
