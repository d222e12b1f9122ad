"""Writing the needle stock: received, counted and corrected, set aside, and taken by the visits that close."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.needling.locks import open_incident
from myotome.clinic.needling.models import CautionAnswer, NeedleInsertion, NeedleLot, StockChange, TreatmentVisit
from myotome.clinic.needling.shelf import WHO_KEEPS_STOCK, Shelf, lot_row, lots_of
from myotome.science.needling.asks import unanswered
from myotome.science.needling.stock import about_lot, used_by_lot
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue

MOST_AT_ONCE = 100_000
INCIDENT = {"lot_expired": "needled_from_expired_lot", "lot_empty": "needled_from_empty_lot"}
SET_ASIDE_INCIDENT = "needled_from_lot_set_aside"


@transaction.atomic
def receive_needles(
    *,
    by: Actor,
    at: datetime,
    gauge_mm: float,
    length_mm: int,
    lot: str,
    n: int,
    expires_on: date | None,
    low_at: int = 20,
    maker: str = "",
) -> NeedleLot:
    """Needles of one size and lot on the shelf; more of a lot that is there are added to it.

    Raises:
        InvalidValue: no lot number, no number of needles, a size that no needle has, or another expiry than before.
    """
    by.check_holds(*WHO_KEEPS_STOCK)
    lot = " ".join(lot.replace("@", " ").split())
    if not lot or len(lot) > 40:
        raise InvalidValue("Write the lot number as it stands on the packet.", field="lot")
    if not 0.1 <= gauge_mm <= 1.0 or not 5 <= length_mm <= 150:
        raise InvalidValue("A needle is 0.10 to 1.00 mm thick and 5 to 150 mm long.", field="size")
    _check_number(n, "n", least=1)
    _check_number(low_at, "low_at")
    row, is_new = NeedleLot.objects.get_or_create(
        clinic_id=by.clinic_id,
        gauge_mm=gauge_mm,
        length_mm=length_mm,
        lot=lot,
        defaults={"maker": maker.strip()[:80], "expires_on": expires_on, "low_at": low_at, "received_at": at},
    )
    if not is_new and expires_on is not None and row.expires_on != expires_on:
        known = row.expires_on.isoformat() if row.expires_on else "–"
        raise InvalidValue(
            "This lot is on the shelf with the expiry {known}. Look at the packet, and correct it there.",
            field="expires_on",
            known=known,
        )
    _change(by, at, row, StockChange.Kind.RECEIVED, n)
    record(by=by, at=at, act="stock.received", subject=row, n=n)
    return row


@transaction.atomic
def correct_lot(
    *, by: Actor, at: datetime, lot_id: int, n_counted: int, reason: str, expires_on: date | None, low_at: int
) -> NeedleLot:
    """The lot as it was found: so many counted on the shelf, with this expiry and this note of when to order.

    Raises:
        NotFound: there is no such lot.
        InvalidValue: it was not said why the number changes.
    """
    by.check_holds(*WHO_KEEPS_STOCK)
    _check_number(n_counted, "n_counted")
    _check_number(low_at, "low_at")
    NeedleLot.objects.for_actor(by).select_for_update().filter(pk=lot_id).values("pk").first()
    row = lot_row(by, lot_id)
    left = next(lot.n_left for lot in lots_of(by) if lot.id == row.pk)
    if n_counted != left:
        if not reason.strip():
            raise InvalidValue("Please say why the number changes: counted anew, thrown away, lent.", field="reason")
        _change(by, at, row, StockChange.Kind.CORRECTED, n_counted - left, reason=reason.strip()[:200])
    row.expires_on, row.low_at = expires_on, low_at
    row.save(update_fields=["expires_on", "low_at"])
    record(by=by, at=at, act="stock.corrected", subject=row, n=n_counted - left)
    return row


@transaction.atomic
def set_aside(*, by: Actor, at: datetime, lot_id: int, why: str) -> NeedleLot:
    """The lot set aside (recalled, damaged): the chart offers it no more. Without words it is put back.

    Raises:
        NotFound: there is no such lot.
    """
    by.check_holds(*WHO_KEEPS_STOCK)
    row = lot_row(by, lot_id)
    row.set_aside_why = why.strip()[:200]
    row.set_aside_at = at if row.set_aside_why else None
    row.save(update_fields=["set_aside_why", "set_aside_at"])
    record(by=by, at=at, act="stock.set_aside" if row.set_aside_why else "stock.put_back", subject=row)
    return row


def shelf_before(by: Actor, at: datetime, visit: TreatmentVisit, needle: NeedleInsertion | None = None) -> Shelf:
    """The stock as a needle of the visit met it: the next one, or one that is charted."""
    earlier = visit.insertions.filter(struck_at__isnull=True)
    return Shelf(by, visit, earlier.exclude(pk=needle.pk) if needle else earlier, at=at)


def open_incidents_of_lot(
    by: Actor, at: datetime, visit: TreatmentVisit, needle: NeedleInsertion, *, shelf: Shelf | None = None
) -> None:
    """An incident for what is said of the needle's lot and nobody has answered, once per visit and lot; never a refusal."""
    if not needle.lot or needle.gauge_mm is None:
        return
    shelf = shelf or shelf_before(by, at, visit, needle)
    lot = shelf.lot_of(f"{needle.gauge_mm:.2f}x{needle.length_mm}@{needle.lot}")
    said = about_lot(lot, shelf.on) if lot else ()
    if not said:
        return
    answered = set(CautionAnswer.objects.filter(visit=visit).values_list("code", "place"))
    known = set(visit.incidents.values_list("kind", "detail"))
    for warning in unanswered(said, answered):
        kind, detail = INCIDENT.get(warning.code, SET_ASIDE_INCIDENT), f"Lot {needle.lot}"
        if (kind, detail) not in known:
            open_incident(by, at, visit, kind, detail)


def take_from_stock(*, by: Actor, at: datetime, visit: TreatmentVisit, needles: Iterable[NeedleInsertion]) -> None:
    """What a visit that closes has used of each lot on the shelf, by the needles opened. In the caller's transaction."""
    sizes = Counter((row.gauge_mm, row.length_mm, row.lot) for row in needles)
    on_shelf = {
        (row.gauge_mm, row.length_mm, row.lot): row
        for row in NeedleLot.objects.for_actor(by).filter(lot__in={lot for _g, _l, lot in sizes if lot})
    }
    for key, n in sorted(used_by_lot(visit.n_needles_opened or 0, sizes).items(), key=str):
        if n and key in on_shelf:
            _change(by, at, on_shelf[key], StockChange.Kind.USED, -n, visit=visit)


def _change(
    by: Actor,
    at: datetime,
    lot: NeedleLot,
    kind: StockChange.Kind,
    n: int,
    *,
    reason: str = "",
    visit: TreatmentVisit | None = None,
) -> None:
    StockChange.objects.create(
        clinic_id=by.clinic_id, lot=lot, kind=kind, n=n, reason=reason, visit=visit, at=at, by_name=by.name[:120]
    )


def _check_number(n: int, field: str, *, least: int = 0) -> None:
    if not least <= n <= MOST_AT_ONCE:
        raise InvalidValue("A number of needles is {least} to {most}.", field=field, least=least, most=MOST_AT_ONCE)
