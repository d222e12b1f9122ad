"""How many visits a week the clinic needs, for the owner: asked, worked out by the queue, shown as a range and a picture."""

from __future__ import annotations

from math import isfinite
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myotome.clinic.learning.capacity import ask_for_capacity, capacity_for
from myotome.pages.access import for_roles
from myotome.pages.placing import width_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotAllowed

NAMES = {
    "weekly": gettext_lazy("Weekly"),
    "two_weekly": gettext_lazy("Every two weeks"),
    "front_loaded": gettext_lazy("Twice a week for the first four, then weekly"),
    "review": gettext_lazy("Weekly, and stopping at visit 5 without 30 % relief"),
}
WIDTH, HEIGHT, TOP, BOTTOM = 720, 300, 62, 50
LARGEST_TYPE = 27.0
"""Of the words on a phone, where the whole picture is 300 px wide; its places are reckoned for that."""
USUAL_MOST = 12


@for_roles(Role.OWNER)
def capacity(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The newest plan, and the form that asks for another."""
    error = None
    if request.method == "POST":
        try:
            new, most = _number(request, "new_a_week"), _number(request, "most_treatments")
            if most != int(most):
                raise InvalidValue("Treatments at most are a whole number.", field="most_treatments")
            ask_for_capacity(by=actor, at=timezone.now(), new_a_week=new, most_treatments=int(most))
            return redirect("owner:capacity", clinic=actor.clinic_slug)
        except NotAllowed:
            raise
        except MyotomeError as refusal:
            error = refusal
    found = capacity_for(actor, at=timezone.now())
    typed = request.POST if error else _usual(found)
    context = {"found": found, "typed": typed, "error": error, **(_told(found.newest.answer) if found.newest else {})}
    return render(request, "owner/capacity.html", context, status=error.http_status if error else 200)


def year_picture(weeks: list[int], low: int, high: int) -> SafeString:
    """A year of one simulated clinic, a bar a week, before the band that holds eight in ten weeks."""
    most = max([high, *weeks, 1])
    left = round(width_of(str(high)) * LARGEST_TYPE / 13 + 10)
    across, down = (WIDTH - left) / max(len(weeks), 1), HEIGHT - TOP - BOTTOM

    def y(n: float) -> float:
        return round(TOP + down * (1 - n / most), 1)

    bars = format_html_join(
        "",
        '<rect class="short" x="{}" y="{}" width="{}" height="{}"/>',
        (
            (round(left + k * across + 1, 1), y(n), round(across - 2, 1), round(y(0) - y(n), 1))
            for k, n in enumerate(weeks)
        ),
    )
    apart = LARGEST_TYPE + 2
    shown = [n for n in (high, low) if y(0) - y(n) > apart and (n == high or y(low) - y(high) > apart)]
    scale = format_html_join("", '<text x="4" y="{}">{}</text>', ((round(y(n) + 7, 1), n) for n in (*shown, 0)))
    said = _(
        "Visits a week in one simulated year: from %(least)s to %(most)s; eight in ten weeks have %(low)s to %(high)s."
    ) % {"least": min(weeks, default=0), "most": max(weeks, default=0), "low": low, "high": high}
    return format_html(
        '<svg class="chart capacity-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<text class="strong" x="4" y="26">{}</text><rect class="fan3" x="{}" y="{}" width="{}" height="{}"/>{}{}'
        '<text x="{}" y="{}">{}</text></svg>',
        WIDTH,
        HEIGHT,
        said,
        _("Visits in each week"),
        left,
        y(high),
        WIDTH - left,
        round(y(low) - y(high), 1),
        bars,
        scale,
        left,
        HEIGHT - 12,
        _("52 weeks of one simulated clinic"),
    )


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    first, *_others = answer["policies"]
    needs = first["visits_a_week"]
    return {
        "needs": needs,
        "picture": year_picture(first["year"], needs["q10"], needs["q90"]),
        "rows": [
            {
                "name": NAMES[row["name"]],
                "needs": row["visits_a_week"],
                "treatments": row["treatments"],
                "weeks": row["weeks"],
                "recovered": round(100 * row["share_recovered"]),
                "relieved": round(100 * row["share_relieved"]),
            }
            for row in answer["policies"]
        ],
    }


def _usual(found: Any) -> dict[str, Any]:
    if found.newest:
        return {"new_a_week": f"{found.newest.new_a_week:g}", "most_treatments": found.newest.most_treatments}
    return {"new_a_week": f"{found.new_a_week or 1:g}", "most_treatments": USUAL_MOST}


def _number(request: HttpRequest, name: str) -> float:
    try:
        found = float(request.POST.get(name, "").strip().replace(",", "."))
    except ValueError as fault:
        raise InvalidValue("Please give a number.", field=name) from fault
    if not isfinite(found):
        raise InvalidValue("Please give a number.", field=name)
    return found
