"""What a tap or a typed line means, as values. Anything that cannot be read is an InvalidValue that names its field."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from myotome.clinic.needling.queries import NeedleInsertion as Row
from myotome.knowledge.cautions import facts
from myotome.pages.booking.offers import chosen_time
from myotome.pages.needling.chart import reasked
from myotome.pages.needling.sites import CURRENT, charted_site, free_key, nearest_from, site_key
from myotome.pages.needling.sizes import size_from
from myotome.pages.typed import whole_or_none
from myotome.science.needling.lines import CRAMP_WITHOUT_NUMBER, DEQI
from myotome.science.needling.shorthand import parse_lines
from myotome.vocabulary.anatomy import Position
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import Adjunct, NeedleInsertion, NeedleState, NoNextVisit, Technique, TreatmentMode
from myotome.vocabulary.sentences import joined

YES_OR_NO = ("present", "absent")
RESPONSES = ("painless", "grasp", "cramp", "twitches", "release", "deqi")
QUICK: dict[str, dict[str, Any]] = {
    "painless": {"painless": True},
    "grasp-release": {"grasp": 2, "release": True},
    "grasp-cramp-release": {"grasp": 2, "cramp": CRAMP_WITHOUT_NUMBER, "release": True},
    "twitch": {"twitches": 1},
    "no-release": {"grasp": 2, "release": False},
}
"""One tap for a whole needle: response and out together. A grasp without its grade is 2, the middle one."""
WHAT_IS_COUNTED = {
    "depth_mm": _("Depth, mm"),
    "depth": _("Depth, mm"),
    "grasp": _("Grasp"),
    "cramp": _("Cramp"),
    "twitches": _("Twitches"),
    "retain_minutes": _("Rests, minutes"),
    "onset_minutes": _("Minutes after the needle"),
    "n_counted": _("Counted in your hand"),
    "n_needles_opened": _("Needles opened"),
    "n_needles_in_sharps": _("Counted in the sharps box"),
}
"""What the page calls its fields of whole numbers."""
BESIDE_QUICK = ("deqi", "twitches")
"""What may be touched before the one tap, and goes with it unless the tap itself says otherwise."""
REASONS_FOR_NO_NEXT = (NoNextVisit.RECEPTION_BOOKS, NoNextVisit.SHE_BOOKS, NoNextVisit.NOT_NEEDED)
"""What may be said at closing; that a time was taken is found out, not said."""


def needle_from(data: QueryDict, *, mode: TreatmentMode, at: datetime, last: Row | None = None) -> NeedleInsertion:
    """The needle of the form; in IMS it is charted as it comes out, in acupuncture as it goes in.

    `quick` names a response of `QUICK`, or `same` for that of the `last` needle. Seconds are charted only when the
    page measured them (`in_at`). De qi, and twitch or none, that was touched beside a quick response is kept.

    Raises:
        InvalidValue: no site, no side, or a value outside its range.
    """
    default = "out" if mode is TreatmentMode.IMS else "in"
    state = NeedleState.OUT if data.get("state", default) == "out" else NeedleState.IN
    in_at = moment(data, "in_at", at)
    gauge, length, lot = size_from(data.get("size", ""))
    response = response_from(data)
    if data.get("quick") == "same" and last is not None:
        response = {name: getattr(last, name) for name in RESPONSES} | {"deqi": tuple(last.deqi)}
    elif data.get("quick"):
        felt = {name: said for name, said in response.items() if name in BESIDE_QUICK and said is not None}
        response = felt | QUICK[data["quick"]] if data["quick"] in QUICK else response
    return NeedleInsertion(
        client_id=data.get("client_id") or secrets.token_hex(8),
        depth_mm=whole(data, "depth_mm", 0, 150),
        gauge_mm=gauge,
        length_mm=length,
        lot=data.get("lot", "")[:40] or lot,
        **technique_from(data),
        response_sought=data.get("response_sought", "").strip()[:40],
        position=position_from(data),
        site_detail=data.get("site_detail", "")[:60],
        state=state,
        in_at=in_at or at,
        out_at=at if state is NeedleState.OUT else None,
        seconds=(at - in_at).total_seconds() if in_at and state is NeedleState.OUT else None,
        note=data.get("note", "")[:300],
        **charted_site(data.get("site", "")),
        **response,
    )


def found_from(data: QueryDict, *, at: datetime) -> NeedleInsertion:
    """A needle that was found after closing: at a site of the visit or another place, out or still in.

    Raises:
        InvalidValue: no place, no side, or nobody said whether it is out.
    """
    key = data.get("site", "")
    if not key:
        key = free_place_from(data)
    if data.get("state") not in ("in", "out"):
        raise InvalidValue("Say whether it is out or still in.", field="state")
    state = NeedleState(data["state"])
    return NeedleInsertion(
        client_id=data.get("client_id") or secrets.token_hex(8),
        state=state,
        out_at=at if state is NeedleState.OUT else None,
        note=data.get("note", "")[:300],
        **charted_site(key),
    )


def free_place_from(data: Mapping[str, Any]) -> str:
    """The key of a place that has no name of its own: words, region, side, and the nearest muscle or point if she says it.

    Raises:
        InvalidValue: no words, or a nearest that names no one muscle or point.
    """
    place, nearest = str(data.get("place") or "").strip(), nearest_from(str(data.get("nearest") or ""))
    if not place:
        raise InvalidValue("Say where it was: choose a site, or write the place.", field="site")
    return free_key(place, str(data.get("region") or ""), str(data.get("side") or ""), nearest)


def set_from(data: QueryDict, *, at: datetime) -> list[NeedleInsertion]:
    """The ticked sites of a set that rests, each with the depth and needle of its row, all in now.

    Raises:
        InvalidValue: nothing is ticked, or a row cannot be read.
    """
    keys = data.getlist("site")
    if not keys:
        raise InvalidValue("Tick the points that are in.", field="site")
    batch, position = data.get("client_id") or secrets.token_hex(8), position_from(data)
    rows = []
    for key in keys:
        gauge, length, lot = size_from(data.get(f"size:{key}", ""))
        rows.append(
            NeedleInsertion(
                client_id=f"{batch}-{key}"[:64],
                state=NeedleState.IN,
                in_at=at,
                depth_mm=whole(data, f"depth:{key}", 0, 150),
                gauge_mm=gauge,
                length_mm=length,
                lot=lot,
                technique=Technique.HOLD,
                position=position,
                **charted_site(key),
            )
        )
    return rows


def lines_from(data: QueryDict, *, at: datetime) -> tuple[list[NeedleInsertion], float | None]:
    """The needles of the shorthand lines, and the minutes they rest if a line said so.

    Raises:
        ShorthandError: points at the word that cannot be read.
    """
    batch = data.get("client_id") or secrets.token_hex(8)
    rows = parse_lines(data.get("line", "")[:5000])
    needles = [row.insertion(client_id=f"{batch}-{i}", at=at) for i, row in enumerate(rows)]
    minutes = [row.retain_minutes for row in rows if row.retain_minutes is not None]
    return needles, max(minutes) if minutes else None


def mirrored(needle: Row) -> str:
    """The key of the same site on the other side."""
    key, _colon, side = site_key(needle).rpartition(":")
    other = {"left": "right", "right": "left"}.get(side, side)
    return f"{key}:{other}"


def response_from(data: Mapping[str, Any]) -> dict[str, Any]:
    """The response keys that were chosen; a key that was not touched is None, "not charted"."""
    return {
        "painless": True if data.get("painless") else None,
        "grasp": whole(data, "grasp", 0, 3),
        "cramp": whole(data, "cramp", 0, 10),
        "twitches": whole(data, "twitches", 0, 50),
        "release": True if data.get("release") == "yes" else False if data.get("release") == "no" else None,
    } | ({"deqi": tuple(data.getlist("deqi"))} if isinstance(data, QueryDict) and data.getlist("deqi") else {})


def technique_from(data: Mapping[str, Any]) -> dict[str, Any]:
    """How the needle is moved, in and out when nobody said; with current its numbers as far as they were typed.

    Raises:
        InvalidValue: there is no such technique, or a number cannot be read.
    """
    try:
        technique = Technique(data.get("technique") or data.get("moved") or Technique.IN_OUT.value)
    except ValueError as fault:
        raise InvalidValue("There is no such technique.", field="technique") from fault
    current = CURRENT if technique is Technique.ELECTRICAL else ()
    return {"technique": technique} | {name: _number(data, name, unit, top) for name, unit, top in current}


def how_from(data: QueryDict) -> dict[str, Any]:
    """How a charted needle was done, every field of it: an empty one says that nobody said it.

    Raises:
        InvalidValue: one of them cannot be read.
    """
    gauge, length, lot = size_from(data.get("size", "").strip())
    return technique_from(data) | {
        "gauge_mm": gauge,
        "length_mm": length,
        "lot": lot,
        "position": position_from(data),
        "response_sought": data.get("response_sought", "")[:40],
        "painless": True if data.get("painless") else None,
        "seconds": _seconds(data),
        "deqi": tuple(code for code in DEQI.values() if code in data.getlist("deqi")),
    }


def _seconds(data: Mapping[str, Any]) -> float | None:
    """How long it was in; nothing when nobody said it."""
    text = str(data.get("seconds") or "").strip().replace(",", ".")
    if text and not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", text, re.ASCII):
        raise InvalidValue("Seconds are a number.", field="seconds")
    return float(text) if text else None


def position_from(data: Mapping[str, Any]) -> Position | None:
    """How she lies or sits; nothing when nobody said it.

    Raises:
        InvalidValue: there is no such position.
    """
    try:
        return Position(data["position"]) if data.get("position") else None
    except ValueError as fault:
        raise InvalidValue("There is no such position.", field="position") from fault


def _number(data: Mapping[str, Any], name: str, unit: str, top: float) -> float | None:
    text = str(data.get(name) or "").strip().replace(",", ".")
    if not text:
        return None
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text, re.ASCII) or not 0 < float(text) <= top:
        raise InvalidValue("{unit}: a number above 0, at most {top}.", field=name, unit=unit, top=top)
    return float(text)


def whole(data: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    """The whole number of a field within its range, or None when it is empty.

    Raises:
        InvalidValue: not a number, or outside the range.
    """
    text = str(data.get(name) or "").strip()
    if not text:
        return None
    n = whole_or_none(text)
    if n is None or not low <= n <= high:
        field = name.partition(":")[0]
        said = str(WHAT_IS_COUNTED.get(field, field.replace("_", " ").capitalize()))
        raise InvalidValue("{said}: a whole number from {low} to {high}.", field=field, said=said, low=low, high=high)
    return int(text)


def moment(data: Mapping[str, Any], name: str, at: datetime) -> datetime | None:
    """The moment of a field that the page measured, or None; one in the future, or over four hours ago, is none."""
    try:
        found = parse_datetime(str(data.get(name) or ""))
    except ValueError:
        return None
    if found is None or found.tzinfo is None or not 0 <= (at - found).total_seconds() <= 4 * 3600:
        return None
    return found


def besides_from(codes: Sequence[str]) -> tuple[Adjunct, ...]:
    """What else was given, as ticked.

    Raises:
        InvalidValue: a code that is none, or "nothing" beside something.
    """
    if unknown := set(codes) - set(Adjunct):
        raise InvalidValue("{unknown} is nothing that can be given here.", field="besides", unknown=sorted(unknown)[0])
    found = tuple(Adjunct(code) for code in dict.fromkeys(codes))
    if Adjunct.NOTHING in found and len(found) > 1:
        raise InvalidValue("Tick what was given, or that it was nothing, not both.", field="besides")
    return found


def next_from(data: QueryDict) -> tuple[datetime | None, NoNextVisit | None]:
    """The start chosen for the next visit, and why there is to be none; what cannot be read is neither.

    Closing is never refused because of a booking, so neither is it because of how one was asked for.
    """
    if data.get("next") == "no":
        because = data.get("no_next_because", "")
        return None, NoNextVisit(because) if because in REASONS_FOR_NO_NEXT else None
    return chosen_time(data.get("next", "")), None


def facts_from(data: QueryDict) -> dict[str, str]:
    """The short list as answered, yes or no to each; `rest` is her word that she asked each and the rest is no.

    What nobody said is never "absent" in silence.

    Raises:
        InvalidValue: names the questions without an answer.
    """
    rest = data.get("rest", "")
    said = {code: data.get(f"fact:{code}", "") or rest for code in reasked()}
    unsaid = [code for code, state in said.items() if state not in YES_OR_NO]
    if unsaid:
        what = joined([facts()[code].words for code in unsaid])
        raise InvalidValue("Not answered yet: {what}. Say yes or no to each.", field="fact", what=what)
    return said
