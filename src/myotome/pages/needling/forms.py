"""What a tap or a typed line means, as values. Anything that cannot be read is an InvalidValue that names its field."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from myotome.knowledge import acupoints as points
from myotome.knowledge.muscles import muscle, region_at
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import NeedleInsertion, NeedleState, SiteKind, Technique, TreatmentMode

REASKED = ("fever", "anticoagulant", "pregnancy", "recent_surgery", "skin_infection", "pacemaker")
"""The short list asked at every visit (codes of patient facts)."""


def needle_from(data: QueryDict, *, mode: TreatmentMode, at: datetime) -> NeedleInsertion:
    """The needle of the form; in IMS it is charted as it comes out, in acupuncture as it goes in.

    Raises:
        InvalidValue: no site, no side, or a value outside its range.
    """
    site = site_from(data.get("site", ""))
    state = (
        NeedleState.OUT if data.get("state", "out" if mode is TreatmentMode.IMS else "in") == "out" else NeedleState.IN
    )
    in_at = parse_datetime(data.get("in_at", "")) if data.get("in_at") else None
    gauge, length = size_from(data.get("size", ""))
    return NeedleInsertion(
        client_id=data.get("client_id") or secrets.token_hex(8),
        depth_mm=whole(data, "depth_mm", 0, 150),
        gauge_mm=gauge,
        length_mm=length,
        lot=data.get("lot", "")[:40],
        technique=Technique(data.get("technique") or Technique.IN_OUT.value),
        site_detail=data.get("site_detail", "")[:60],
        state=state,
        in_at=in_at or at,
        out_at=at if state is NeedleState.OUT else None,
        seconds=max(0.0, (at - in_at).total_seconds()) if in_at and state is NeedleState.OUT else None,
        note=data.get("note", "")[:300],
        **site,
        **response_from(data),
    )


def site_from(key: str) -> dict[str, Any]:
    """A site as named by the form: `muscle:gluteus_medius::left`, `muscle:multifidus:L5:left`, `acupoint:ST36::right`.

    Raises:
        InvalidValue: the site is missing or unknown; names the nearest.
    """
    parts = key.split(":")
    if len(parts) != 4 or not parts[1]:
        raise InvalidValue("Choose a muscle or a point, and its side.", field="site")
    kind, name, level, side = parts
    if side not in {s.value for s in Side}:
        raise InvalidValue("Choose left or right.", field="side")
    is_point = kind == SiteKind.ACUPOINT.value
    region = points.acupoint(name).region if is_point else region_at(muscle(name).id, level or None)
    return {
        "site_kind": SiteKind.ACUPOINT if is_point else SiteKind.MUSCLE,
        "site": name,
        "level": level or None,
        "side": Side(side),
        "region": NeedleRegion(region),
    }


def response_from(data: Mapping[str, Any]) -> dict[str, Any]:
    """The response keys that were chosen; a key that was not touched is None, "not charted"."""
    return {
        "painless": True if data.get("painless") else None,
        "grasp": whole(data, "grasp", 0, 3),
        "cramp": whole(data, "cramp", 0, 10),
        "twitches": whole(data, "twitches", 0, 50),
        "release": True if data.get("release") == "yes" else False if data.get("release") == "no" else None,
    } | ({"deqi": tuple(data.getlist("deqi"))} if isinstance(data, QueryDict) and data.getlist("deqi") else {})


def size_from(text: str) -> tuple[float | None, int | None]:
    """(gauge_mm, length_mm) of `0.30x50`; nothing typed is (None, None).

    Raises:
        InvalidValue: it cannot be read.
    """
    if not text:
        return None, None
    try:
        gauge, length = text.lower().replace("×", "x").split("x")
        return float(gauge), int(length)
    except ValueError as fault:
        raise InvalidValue("A needle is written like 0.30x50.", field="size") from fault


def whole(data: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    """The whole number of a field within its range, or None when it is empty.

    Raises:
        InvalidValue: not a number, or outside the range.
    """
    text = str(data.get(name) or "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise InvalidValue(f"{name.replace('_', ' ')} is a whole number from {low} to {high}.", field=name)
    return int(text)


def facts_from(data: QueryDict) -> dict[str, str]:
    """The short list as answered: what is ticked is present, the rest absent when the list was answered at all."""
    ticked = set(data.getlist("fact"))
    return {code: "present" if code in ticked else "absent" for code in REASKED}
