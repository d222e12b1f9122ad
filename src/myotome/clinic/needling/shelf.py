"""Reading the needle stock: what is on the shelf, what a visit's needles come from, and where a lot was used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.needling.models import NeedleInsertion, NeedleLot, StockChange, TreatmentVisit
from myotome.clinic.people.days import clinic_day
from myotome.science.needling.asks import Warning
from myotome.science.needling.stock import LotOnShelf, about_lot, lot_for, offered
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role

WHO_KEEPS_STOCK = (Role.OWNER, Role.RECEPTIONIST, Role.PRACTITIONER)
MOST_CHANGES = 100
NEWEST = 5


def lots_of(actor: Actor) -> list[LotOnShelf]:
    """Every lot of the clinic with what is left of it; what visits took that are still open is not off yet."""
    return [_on_shelf(row) for row in _rows(actor)]


def _rows(actor: Actor) -> QuerySet[NeedleLot]:
    return _with_what_is_left(NeedleLot.objects.for_actor(actor))


def _with_what_is_left(lots: QuerySet[NeedleLot]) -> QuerySet[NeedleLot]:
    return lots.annotate(n_left=Coalesce(Sum("changes__n"), 0)).order_by("pk")


def _on_shelf(row: Any) -> LotOnShelf:
    return LotOnShelf(
        id=row.pk,
        gauge_mm=row.gauge_mm,
        length_mm=row.length_mm,
        lot=row.lot,
        expires_on=row.expires_on,
        n_left=row.n_left,
        low_at=row.low_at,
        set_aside_why=row.set_aside_why,
    )


def lot_row(actor: Actor, pk: int) -> NeedleLot:
    """One lot.

    Raises:
        NotFound: there is none in the clinic.
    """
    row: NeedleLot = NeedleLot.objects.for_actor(actor).get_or_not_found(pk=pk)
    return row


def changes_of(lot: NeedleLot) -> list[StockChange]:
    """What came and went of a lot, the newest first, at most a hundred."""
    return list(lot.changes.order_by("-at", "-pk")[:MOST_CHANGES])


def n_received_and_used(actor: Actor) -> dict[int, tuple[int, int]]:
    """Of each lot how many were received and how many visits have used."""
    rows = StockChange.objects.for_actor(actor).values("lot_id")
    rows = rows.annotate(
        received=Coalesce(Sum("n", filter=Q(kind="received")), 0), used=Coalesce(Sum("n", filter=Q(kind="used")), 0)
    )
    return {row["lot_id"]: (row["received"], -row["used"]) for row in rows}


class Shelf:
    """The stock as one visit meets it today, read once. A clinic that has entered none has an empty one."""

    def __init__(
        self,
        actor: Actor,
        visit: TreatmentVisit,
        needles: Iterable[NeedleInsertion],
        *,
        at: datetime,
        is_read: bool = True,
    ) -> None:
        """Nothing is read, and the shelf is empty, unless `is_read`."""
        self.on: date = clinic_day(visit.clinic, at)
        rows = (
            []
            if not is_read
            else _lots_and_last(actor.clinic_id, actor.practitioner_id or visit.practitioner_id, visit.mode)
        )
        taken: Counter[tuple[float | None, int | None, str]] = Counter()
        if rows and visit.closed_at is None:
            taken.update((row.gauge_mm, row.length_mm, row.lot) for row in needles)
        self.lots = [
            replace(lot, n_left=lot.n_left - taken[(lot.gauge_mm, lot.length_mm, lot.lot)])
            for lot in map(_on_shelf, rows)
        ]
        has_last = bool(rows) and rows[0].last_gauge is not None
        self._last_size = f"{rows[0].last_gauge:.2f}x{rows[0].last_length}" if has_last else ""
        self._last_lot = rows[0].last_lot if has_last else ""

    def __bool__(self) -> bool:
        return bool(self.lots)

    def usual_size(self, otherwise: str) -> str:
        """The size of this practitioner's last needle in this mode; `otherwise` without stock, or if it is on the shelf."""
        if not self.lots:
            return otherwise
        if self._last_size:
            return self._last_size
        choices = offered(self.lots)
        sizes = [lot.size for lot in choices]
        return otherwise if otherwise in sizes or not sizes else sizes[0]

    def lot_of(self, size: str) -> LotOnShelf | None:
        """The lot that `0.30x50@A123` names, else the one that a needle of this size comes from."""
        size, _at, said = size.partition("@")
        if said:
            return next((lot for lot in self.lots if lot.size == size and lot.lot == said), None)
        last_lot = self._last_lot if self._last_size == size else ""
        return lot_for(self.lots, size, on=self.on, last_lot=last_lot)

    def keyed(self, size: str) -> str:
        """The size with its lot, as the form sends it; as it was when no such lot is on the shelf."""
        lot = self.lot_of(size)
        return lot.key if lot else size

    def choices(self) -> list[tuple[str, LotOnShelf]]:
        """What the chart offers: form value and lot."""
        return [(lot.key, lot) for lot in offered(self.lots)]

    def warnings(self, sizes: Iterable[str]) -> list[Warning]:
        """What must be said before needles of these sizes, each lot once."""
        lots = {lot.id: lot for lot in map(self.lot_of, sizes) if lot is not None}
        return [warning for lot in lots.values() for warning in about_lot(lot, self.on)]


def _lots_beside_last(clinic_id: int, practitioner_id: int, mode: str) -> QuerySet[NeedleLot]:
    """Every lot of the clinic, with the practitioner's last needle in this mode beside each."""
    last = _last_needles(clinic_id, practitioner_id, mode)
    return _with_what_is_left(NeedleLot.objects.filter(clinic_id=clinic_id)).annotate(
        last_gauge=Subquery(last.values("gauge_mm")[:1]),
        last_length=Subquery(last.values("length_mm")[:1]),
        last_lot=Subquery(last.values("lot")[:1]),
    )


_lots_and_last = Prepared(_lots_beside_last, 7_000_001, 7_000_002, "no mode")


def _last_needles(clinic_id: int, practitioner_id: int, mode: str) -> QuerySet[NeedleInsertion]:
    """The needles with a size in the practitioner's newest five visits of this mode, the newest first."""
    visits = TreatmentVisit.objects.filter(clinic_id=clinic_id, practitioner_id=practitioner_id, mode=mode)
    newest = visits.order_by("-pk").values("pk")[:NEWEST]
    rows = NeedleInsertion.objects.filter(visit_id__in=Subquery(newest), struck_at__isnull=True)
    return rows.filter(gauge_mm__isnull=False, length_mm__isnull=False).order_by("-charted_at", "-pk")


@dataclass(frozen=True, kw_only=True, slots=True)
class LotUse:
    """A visit in which needles of a lot went in."""

    visit: TreatmentVisit
    n: int
    n_still_in: int


@transaction.atomic
def uses_of_lot(actor: Actor, lot: str, *, at: datetime) -> list[LotUse]:
    """Every visit in which a needle of this lot number was charted, the newest first: whom a recall concerns.

    Identity and visit, for whoever phones; no finding. The reading is in the audit.

    Raises:
        NotAllowed: neither the desk, nor a practitioner, nor the owner.
    """
    actor.check_holds(*WHO_KEEPS_STOCK)
    if not lot.strip():
        return []
    rows = NeedleInsertion.objects.filter(clinic_id=actor.clinic_id, lot__iexact=lot.strip(), struck_at__isnull=True)
    rows = rows.exclude(lot="")
    counted = {
        row["visit_id"]: row
        for row in rows.values("visit_id").annotate(
            n=Count("pk"), n_still_in=Count("pk", filter=Q(state__in=["in", "left_in", "fragment"]))
        )
    }
    visits = TreatmentVisit.objects.filter(clinic_id=actor.clinic_id, pk__in=counted)
    visits = visits.select_related("course__patient", "practitioner").order_by("-opened_at")
    record(by=actor, at=at, act="stock.lot_traced", lot=lot.strip()[:40], n_visits=len(counted))
    return [LotUse(visit=row, n=counted[row.pk]["n"], n_still_in=counted[row.pk]["n_still_in"]) for row in visits]
