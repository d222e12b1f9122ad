"""Conditions and cautions as this clinic has them: read, changed with a reason, signed, taken back to as shipped."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.screening import change_content as acts
from myotome.clinic.screening.clinical_content import (
    CAUTIONS,
    CONDITIONS,
    EDITABLE,
    ContentRow,
    changed,
    content_row,
    content_rows,
    versions_of,
)
from myotome.knowledge import acupoints, hazards, muscles
from myotome.knowledge.cautions import SCOPES, Caution, facts
from myotome.knowledge.citations import citation
from myotome.knowledge.conditions import Condition
from myotome.pages.access import for_roles
from myotome.pages.atlas.entries import plates
from myotome.pages.plates import part_key
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import ROOT_INDEX, NeedleRegion
from myotome.vocabulary.courses import CautionLevel, Role
from myotome.vocabulary.errors import MyotomeError, NotAllowed, NotFound, StaleVersion

readers = for_roles(Role.PRACTITIONER, Role.OWNER)
signers = for_roles(Role.PRACTITIONER)


@readers
def conditions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All conditions, head to foot."""
    return render(request, "atlas/conditions.html", {"rows": content_rows(actor, CONDITIONS)})


@readers
def cautions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All cautions, the gravest first; the clinic's withdrawn ones last."""
    order = tuple(CautionLevel)
    rows = content_rows(actor, CAUTIONS)
    rows.sort(key=lambda row: order.index(row.now.level) if isinstance(row.now, Caution) else len(order))
    return render(request, "atlas/cautions_list.html", {"rows": rows, "facts": facts()})


@readers
def row(request: HttpRequest, actor: Actor, table: str, row: str) -> HttpResponse:
    """One condition or caution: what it says here, what was shipped, every version, and its sign-off."""
    return _page(request, actor, content_row(actor, table, row))


@readers
def change(request: HttpRequest, actor: Actor, table: str, row: str) -> HttpResponse:
    """The form, and one change."""
    found = content_row(actor, table, row)
    typed: dict[str, str] = {"version": str(found.version), **_as_typed(found.now or found.shipped)}
    if request.method != "POST":
        return _form(request, found, typed)
    given = {key: request.POST.get(key, "") for key in (*EDITABLE.get(table, ()), "reason", "version")}
    try:
        acts.change_content(
            by=actor,
            at=timezone.now(),
            table=table,
            row=row,
            version=_version(given["version"]),
            given=given,
            reason=given["reason"],
        )
    except NotFound:
        raise
    except StaleVersion as error:
        return _form(request, found, given | {"version": str(found.version)}, error)
    except MyotomeError as error:
        return _form(request, found, given, error)
    messages.success(request, _("Saved. It awaits sign-off."))
    return redirect("atlas:row", clinic=actor.clinic_slug, table=table, row=row)


@readers
def add(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A caution of the clinic's own."""
    context: dict[str, Any] = {"facts": facts(), "levels": list(CautionLevel), "scopes": SCOPES, "typed": request.POST}
    if request.method == "POST":
        try:
            made = acts.add_caution(
                by=actor, at=timezone.now(), given=request.POST.dict(), reason=request.POST.get("reason", "")
            )
        except MyotomeError as error:
            return render(request, "atlas/add_caution.html", context | {"error": error}, status=error.http_status)
        messages.success(request, _("Saved. It awaits sign-off."))
        return redirect("atlas:row", clinic=actor.clinic_slug, table=CAUTIONS, row=made.row)
    return render(request, "atlas/add_caution.html", context)


@readers
@require_POST
def as_shipped(request: HttpRequest, actor: Actor, table: str, row: str) -> HttpResponse:
    """Back to the shipped row; a caution of the clinic's own is withdrawn."""
    return _act(request, actor, table, row, acts.return_to_shipped, reason=request.POST.get("reason", ""))


@signers
@require_POST
def sign_off(request: HttpRequest, actor: Actor, table: str, row: str) -> HttpResponse:
    """The version she read, signed in her name."""
    return _act(request, actor, table, row, acts.sign_off_content)


def _act(request: HttpRequest, actor: Actor, table: str, row: str, act: Any, **more: str) -> HttpResponse:
    found = content_row(actor, table, row)
    version = _version(request.POST.get("version", ""))
    try:
        act(by=actor, at=timezone.now(), table=table, row=row, version=version, **more)
    except (NotFound, NotAllowed):
        raise
    except MyotomeError as error:
        return _page(request, actor, found, error)
    messages.success(request, _("Saved."))
    return redirect("atlas:row", clinic=actor.clinic_slug, table=table, row=row)


def _page(request: HttpRequest, actor: Actor, found: ContentRow, error: MyotomeError | None = None) -> HttpResponse:
    shown = found.now or found.shipped
    versions = [
        (version, _as_typed(changed(found.table, found.id, version.cells)))
        for version in versions_of(actor, found.table, found.id)
    ]
    context: dict[str, Any] = {
        "found": found,
        "versions": versions,
        "error": error,
        "typed": request.POST if error else {},
        "may_sign": actor.holds(Role.PRACTITIONER),
        "sources": [citation(key) for key in shown.sources] if shown else [],
    }
    if isinstance(shown, Condition):
        sides = ("left", "right")
        context["plates"] = plates([part_key(id, side, level) for id, level in shown.sites for side in sides])
        context["sites"] = zip(shown.muscles, _as_typed(shown)["sites"].splitlines(), strict=True)
    elif isinstance(shown, Caution):
        context["fact"] = facts().get(shown.fact)
        context["places"] = [_place_words(shown.scope, place) for place in shown.where]
    return render(request, "atlas/row.html", context, status=error.http_status if error else 200)


def _form(
    request: HttpRequest, found: ContentRow, typed: dict[str, str], error: MyotomeError | None = None
) -> HttpResponse:
    shown = found.now or found.shipped
    context = {
        "found": found,
        "typed": typed,
        "stands": _as_typed(shown),
        "error": error,
        "levels": _no_softer(found.shipped),
        "scope": shown.scope if isinstance(shown, Caution) else "",
        "regions": list(NeedleRegion),
        "hazards": hazards.hazards(),
    }
    return render(request, "atlas/change_row.html", context, status=error.http_status if error else 200)


def _no_softer(shipped: Caution | Condition | None) -> list[CautionLevel]:
    levels = list(CautionLevel)
    return levels[: levels.index(shipped.level) + 1] if isinstance(shipped, Caution) else levels


def _as_typed(row: Caution | Condition | None) -> dict[str, str]:
    """The editable cells of a row as its form shows them: muscles by name, one place a line."""
    if isinstance(row, Condition):
        levels: dict[str, list[str]] = {}
        for id, level in row.sites:
            levels.setdefault(id, []).extend([level] if level else [])
        lines = [
            ", ".join(filter(None, (muscles.muscles()[id].name, stretch_words(found)))) for id, found in levels.items()
        ]
        return {
            "name": str(row.name),
            "lay_name": str(row.lay_name),
            "segments": stretch_words(list(row.segments)),
            "sites": "\n".join(lines),
            "note": str(row.note),
        }
    if isinstance(row, Caution):
        where = [muscles.muscles()[place].name if row.scope == "muscles" else place for place in row.where]
        return {"level": row.level.value, "sentence": str(row.sentence), "where": "\n".join(where)}
    return {}


def stretch_words(roots: list[str]) -> str:
    """Neighbouring roots as "L4-S1", one root as itself, none as nothing."""
    if len(roots) < 2:
        return "".join(roots)
    return f"{min(roots, key=ROOT_INDEX.__getitem__)}-{max(roots, key=ROOT_INDEX.__getitem__)}"


def _place_words(scope: str, place: str) -> str:
    if scope == "muscles":
        return muscles.muscles()[place].name
    if place in hazards.hazards():
        return hazards.hazards()[place].name
    if scope == "points":
        return f"{place} {acupoints.acupoints()[place].pinyin}"
    return place.replace("_", " ")


def _version(text: str) -> int:
    """The version that the page showed; one that no row has when the form does not say."""
    n = whole_or_none(text)
    return -1 if n is None else n
