"""One till of a race, as the crowd runs it: it writes receipts and refunds as fast as it can and counts what came of it.

An order is `WHAT N_ATTEMPTS CLINIC`: each race is at a clinic of its own, for nothing written about money can be taken away
again. WHAT is

    own      each till is paid for visits of its own and gives some of it back; one attempt in eight fails halfway
    same     all tills take the same payments: whoever comes second is refused, for no more is owed
    close    as own, while the first till closes the day of its place halfway: what comes later there is refused; tills of the
             other place keep their last attempts until then
    blind    rows written past the program, each with the number that was next a moment before
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

import django

django.setup()

from django.db import DatabaseError, OperationalError, transaction  # noqa: E402
from django.db.models import Max  # noqa: E402

from myotome.clinic.money.closing import close_day  # noqa: E402
from myotome.clinic.money.days import documents_on  # noqa: E402
from myotome.clinic.money.models import Charge, DayClose, Payment  # noqa: E402
from myotome.clinic.money.payments import refund, take_payment  # noqa: E402
from myotome.clinic.money.queries import totals_of  # noqa: E402
from myotome.clinic.people.models import Clinic  # noqa: E402
from myotome.clinic.people.queries import system_actor  # noqa: E402
from myotome.vocabulary.errors import MyotomeError  # noqa: E402
from myotome.vocabulary.money import PaymentMethod  # noqa: E402
from tests.factories import AT  # noqa: E402

LAST_ATTEMPTS = 3
LONGEST_WAIT_S = 300


class Halfway(Exception):
    """The power goes after the document is written and before it is committed."""


class Till:
    """What one process needs for its attempts."""

    def __init__(self, seed: int, clinic: str) -> None:
        self.seed, self.chance = seed, random.Random(seed)
        self.clinic = Clinic.objects.get(slug=clinic)
        self.actor = system_actor(self.clinic, name=f"till {seed}")
        self.charges = list(Charge.objects.filter(clinic=self.clinic).select_related("place").order_by("pk"))
        self.mine = self.charges[seed::8]  # of one place: they take turns
        self.place = self.mine[0].place

    def attempt(self, what: str, n: int, of: int) -> str:
        """What came of one attempt."""
        try:
            if what == "close" and self.seed == 0 and n == of // 2:
                return self._close()
            if what == "close" and n == of - LAST_ATTEMPTS and self.place != self.charges[0].place:
                self._wait_for_the_close()
            if what == "blind":
                return self._blind(n)
            self._pay(self.charges[n % len(self.charges)] if what == "same" else self.mine[n % len(self.mine)], what, n)
        except Halfway:
            return "halfway"
        except MyotomeError as error:
            return error.slug
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:120]
        return "won"

    def _wait_for_the_close(self) -> None:
        until = time.monotonic() + LONGEST_WAIT_S
        while not DayClose.objects.filter(clinic=self.clinic).exists():
            if time.monotonic() > until:
                raise TimeoutError("the first till does not close the day")
            time.sleep(0.02)

    def _pay(self, charge: Charge, what: str, n: int) -> None:
        parts = {charge.pk: charge.total_cents if what == "same" else 100}
        key = f"{what} {self.seed} {n}"
        with transaction.atomic():
            made = take_payment(by=self.actor, at=AT, patient_id=charge.patient_id, parts=parts, method="cash", key=key)
            if what != "same" and n % 3 == 0:
                refund(
                    by=self.actor, at=AT, payment_id=made.pk, parts=parts, method="cash", reason="so", key=f"{key} back",
                    is_owed_again=True,
                )  # fmt: skip
            if what != "same" and self.chance.random() < 0.125:
                raise Halfway

    def _blind(self, n: int) -> str:
        """A row with the number that was next when it was looked at: only the database stands between two tills.

        A database that is busy for too long has refused nothing: it is asked again.
        """
        charge, rows = self.mine[n % len(self.mine)], Payment.objects.filter(clinic=self.clinic)
        number = (rows.aggregate(n=Max("number"))["n"] or 0) + 1
        try:
            with transaction.atomic():
                Payment.objects.create(
                    clinic=self.clinic, kind="receipt", number=number, patient_id=charge.patient_id,
                    practitioner_id=charge.practitioner_id, place_id=charge.place_id, method="cash", amount_cents=5, currency="CAD", printed={},
                    key=f"blind {self.seed} {n}", digest="", on=AT.date(), at=AT, by_name="a till",
                )  # fmt: skip
        except OperationalError:
            return self._blind(n)
        except DatabaseError:
            return "refused by the database"
        return "won"

    def _close(self) -> str:
        """Counts what is there, and closes the day if nobody has written since; else counts again."""
        for _ in range(50):
            cash = totals_of(documents_on(self.actor, AT.date(), place=self.place))[0].expected_cents
            try:
                close_day(
                    by=self.actor, at=AT, on=AT.date(), counted={PaymentMethod.CASH: cash}, place_id=self.place.pk
                )  # fmt: skip
            except MyotomeError as error:
                if error.field != "note":
                    return error.slug
                continue
            return "closed"
        cash = totals_of(documents_on(self.actor, AT.date(), place=self.place))[0].expected_cents
        close_day(
            by=self.actor, at=AT, on=AT.date(), counted={PaymentMethod.CASH: cash}, note="others were faster",
            place_id=self.place.pk,
        )  # fmt: skip
        return "closed"


def attempts(seed: int, what: str, n: str, clinic: str) -> Callable[[], Counter[str]]:
    """All attempts of one till at one race, ready to begin."""
    till = Till(seed, clinic)
    return lambda: Counter(till.attempt(what, number, int(n)) for number in range(int(n)))
