"""How a charted needle was done, on a page of its own: size, movement, current, position, what was sought, de qi."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from myotome.clinic.needling.actions import correct_insertion
from myotome.clinic.needling.locks import needle_by_number
from myotome.clinic.needling.queries import NeedleInsertion, visit_for
from myotome.pages.access import for_roles
from myotome.pages.needling.forms import how_from
from myotome.pages.needling.how import DEQI_WORDS, MOVES, POSITIONS, SOUGHT, usual_sought
from myotome.pages.needling.sites import CURRENT, name_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import MyotomeError, NotFound
from myotome.vocabulary.needling import Technique

TECHNIQUES = MOVES | {Technique.ELECTRICAL.value: gettext_lazy("With current")}


@for_roles(Role.PRACTITIONER)
def correct(request: HttpRequest, actor: Actor, visit: int, number: int) -> HttpResponse:
    """The form, as the needle stands or as it was typed; then the chart, at the needle. Of a closed visit the chart."""
    row: Any = visit_for(actor, visit)
    error: MyotomeError | None = None
    chart = reverse("needling:chart", args=(actor.clinic_slug, visit))
    if row.closed_at is not None and request.method != "POST":
        return redirect(chart)
    needle = needle_by_number(row, number)
    if request.method == "POST":
        client_id = request.POST.get("client_id", "")[:64]
        try:
            correct_insertion(
                by=actor,
                at=timezone.now(),
                visit_id=visit,
                number=number,
                client_id=client_id,
                **how_from(request.POST),
            )
            return redirect(f"{chart}#needle-{number}")
        except NotFound:
            raise
        except MyotomeError as refused:
            error = refused
    values = _as_charted(needle) if error is None else request.POST
    deqi = needle.deqi if error is None else request.POST.getlist("deqi")
    context: dict[str, Any] = {
        "visit": row,
        "patient": row.course.patient,
        "needle": needle,
        "name": name_of(needle),
        "values": values,
        "deqi": deqi,
        "error": error,
        "techniques": list(TECHNIQUES.items()),
        "positions": list(POSITIONS.items()),
        "soughts": list((SOUGHT | {s: s for s in [needle.response_sought] if s and s not in SOUGHT}).items()),
        "usual_sought": usual_sought(row.mode),
        "deqi_words": list(DEQI_WORDS.items()),
        "current": [(name, unit, top, values.get(name, "")) for name, unit, top in CURRENT],
    }
    return render(request, "needling/correct.html", context, status=error.http_status if error else 200)


def _as_charted(needle: NeedleInsertion) -> dict[str, Any]:
    """The fields of the form as the needle stands."""
    size = f"{needle.gauge_mm:.2f}x{needle.length_mm}" if needle.gauge_mm and needle.length_mm else ""
    plain = {
        name: getattr(needle, name) for name in ("technique", "position", "response_sought", "painless", "seconds")
    }
    numbers = {name: getattr(needle, name) for name, _unit, _top in CURRENT}
    return plain | {
        "size": f"{size}@{needle.lot}" if size and needle.lot else size,
        **{name: f"{value:g}" for name, value in numbers.items() if value is not None},
    }
