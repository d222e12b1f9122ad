"""Sizes of needles as forms send them (`0.30x50`, or with its lot `0.30x50@A123`) and as the packet says them."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from myotome.science.needling.stock import LotOnShelf
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import RANGES


def size_from(text: str) -> tuple[float | None, int | None, str]:
    """(gauge_mm, length_mm, lot) of `0.30x50` or `0.30x50@A123`; nothing typed is (None, None, "").

    Raises:
        InvalidValue: it cannot be read, or no needle is so thin, thick, short or long.
    """
    if not text:
        return None, None, ""
    size, _at, lot = text.partition("@")
    try:
        gauge, length = size.lower().replace("×", "x").split("x")
        gauge_mm, length_mm = float(gauge), int(length)
    except ValueError as fault:
        raise InvalidValue("A needle is written like 0.30x50.", field="size") from fault
    for name, value in (("gauge_mm", gauge_mm), ("length_mm", length_mm)):
        low, high, said = RANGES[name]
        if not low <= value <= high:
            raise InvalidValue(said, field="size")
    return gauge_mm, length_mm, lot.strip()[:40]


def short_size(size: str) -> str:
    """`0.30x50@A123` as printed on the packet, without its lot: .30×50."""
    return size.partition("@")[0].lstrip("0").replace("x", "×")


def lot_words(lot: LotOnShelf, on: date) -> str:
    """A choice of the chart: size, lot, and what is the matter with it."""
    said = f"{short_size(lot.size)} · {lot.lot}"
    if lot.is_expired(on):
        return _("%(lot)s, expired") % {"lot": said}
    return _("%(lot)s, none left") % {"lot": said} if lot.n_left <= 0 else said
