"""Rows of the desk's money. What is written stays: the database refuses to change or delete a charge, a document or a close.

A balance is a sum and nothing else: charges (those taken back count below zero), less receipts, plus refunds. Receipts and
refunds share one series of numbers per clinic without a gap, and a day that a place has closed takes nothing more there;
triggers keep both (migrations 0002 and 0004). Everything a document said when it was given out is in its `printed`.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.people.access import ClinicRow, StaffRow, own
from myotome.clinic.people.models import Patient, Place, Practitioner
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.money import (
    ChargeKind,
    DocumentKind,
    Insurance,
    PaymentMethod,
    Tax,
    TaxKind,
    check_no_card_number,
)
from myotome.vocabulary.text import texts_in


def _choices(kind: type) -> list[tuple[str, str]]:
    return [(value.value, value.value) for value in kind]  # type: ignore[attr-defined]


class MoneyRow(ClinicRow):
    """Something about money: the desk and the owner see all, a practitioner what she has earned, a patient hers.

    No text of such a row may hold the number of a card.
    """

    practitioner_path = "practitioner"

    class Meta:
        abstract = True

    def check_texts(self) -> None:
        """As for every row, and no card number in any text."""
        super().check_texts()
        for field in self._meta.concrete_fields:
            for text in texts_in(self.__dict__.get(field.attname)):
                check_no_card_number(text, field=field.name)

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """Receptionists and owners; a practitioner and a patient their own."""
        if actor.holds(Role.RECEPTIONIST, Role.OWNER):
            return Q()
        seen = own(getattr(cls, "patient_path", "patient"), actor)
        if actor.holds(Role.PRACTITIONER) and actor.practitioner_id is not None:
            seen = seen | Q(**{f"{cls.practitioner_path}_id": actor.practitioner_id})
        return seen


class MoneyBook(StaffRow):
    """The book of one clinic: what stands on all its receipts. Whoever writes money locks this row first."""

    tax_number = models.CharField(max_length=80, blank=True)
    foot = models.CharField(max_length=300, blank=True)
    fee_tax_kind = models.CharField(max_length=6, choices=_choices(TaxKind), default=TaxKind.EXEMPT.value)
    fee_tax_name = models.CharField(max_length=20, blank=True)
    fee_tax_rate = models.PositiveIntegerField(default=0)
    fee_second_tax_name = models.CharField(max_length=20, blank=True)
    fee_second_tax_rate = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic"], name="one_book_per_clinic")]

    @property
    def fee_tax(self) -> Tax:
        """How a fee is taxed."""
        return Tax(
            kind=TaxKind(self.fee_tax_kind),
            name=self.fee_tax_name,
            rate=self.fee_tax_rate,
            second_name=self.fee_second_tax_name,
            second_rate=self.fee_second_tax_rate,
        )


class ServiceTax(StaffRow):
    """How one service is taxed; without a row it is exempt. A `rate` in hundred-thousandths: 5000 is 5 %.

    Where two taxes are due (GST and PST, GST and QST) the second has a name and a rate of its own.
    """

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="tax")
    kind = models.CharField(max_length=6, choices=_choices(TaxKind), default=TaxKind.EXEMPT.value)
    name = models.CharField(max_length=20, blank=True)
    rate = models.PositiveIntegerField(default=0)
    second_name = models.CharField(max_length=20, blank=True)
    second_rate = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="rated", rate__gt=0, rate__lte=50_000) & ~Q(name="") | ~Q(kind="rated") & Q(rate=0),
                name="a_tax_has_name_and_rate",
            ),
            models.CheckConstraint(
                condition=Q(kind="rated", second_rate__gt=0, second_rate__lte=50_000) & ~Q(second_name="")
                | Q(second_rate=0, second_name=""),
                name="a_second_tax_has_name_and_rate",
            ),
        ]

    def as_value(self) -> Tax:
        """The same as a value."""
        return Tax(
            kind=TaxKind(self.kind),
            name=self.name,
            rate=self.rate,
            second_name=self.second_name,
            second_rate=self.second_rate,
        )


class Charge(MoneyRow):
    """What is owed for one visit, or for not keeping it; `taken_back` rows make an earlier one less, with a reason.

    `tax_cents` is all tax, `second_tax_cents` the part of it that the second tax is.
    `place` is that of the visit; of what a refund takes back, where the refund was written.
    `turn` counts how often this visit was charged and wholly taken back before: two writers cannot charge it twice.
    """

    patient_path = "patient"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="charges")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="charges")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=_choices(ChargeKind))
    takes_back = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="taken_back_by")
    turn = models.PositiveSmallIntegerField(default=0)
    service_name = models.CharField(max_length=80)
    service_on = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    net_cents = models.IntegerField()
    tax_kind = models.CharField(max_length=6, choices=_choices(TaxKind))
    tax_name = models.CharField(max_length=20, blank=True)
    tax_rate = models.PositiveIntegerField(default=0)
    tax_cents = models.IntegerField()
    second_tax_name = models.CharField(max_length=20, blank=True)
    second_tax_rate = models.PositiveIntegerField(default=0)
    second_tax_cents = models.IntegerField(default=0)
    total_cents = models.IntegerField()
    currency = models.CharField(max_length=3)
    insurance = models.CharField(max_length=24, choices=_choices(Insurance), default=Insurance.NONE.value)
    insurer = models.CharField(max_length=80, blank=True)
    claim_number = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    on = models.DateField()
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)
    by_user_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "patient"], name="charges_of_a_patient"),
            models.Index(fields=["clinic", "on"], name="charges_of_a_day"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "kind", "turn"],
                condition=~Q(kind="taken_back"),
                name="a_visit_is_charged_once_at_a_time",
            ),
            models.CheckConstraint(condition=Q(total_cents=F("net_cents") + F("tax_cents")), name="a_charge_adds_up"),
            models.CheckConstraint(
                condition=Q(kind="taken_back", takes_back__isnull=False, net_cents__lte=0, tax_cents__lte=0)
                & Q(total_cents__lt=0)
                & ~Q(reason="")
                | ~Q(kind="taken_back") & Q(takes_back__isnull=True, net_cents__gt=0, tax_cents__gte=0),
                name="a_charge_is_owed_or_taken_back",
            ),
            models.CheckConstraint(
                condition=Q(tax_kind="rated", tax_rate__gt=0) & ~Q(tax_name="")
                | ~Q(tax_kind="rated") & Q(tax_rate=0, tax_cents=0),
                name="a_charge_says_its_tax",
            ),
            models.CheckConstraint(
                condition=Q(second_tax_rate=0, second_tax_name="", second_tax_cents=0)
                | Q(tax_kind="rated", second_tax_rate__gt=0)
                & ~Q(second_tax_name="")
                & (
                    Q(kind="taken_back", second_tax_cents__lte=0, second_tax_cents__gte=F("tax_cents"))
                    | ~Q(kind="taken_back") & Q(second_tax_cents__gte=0, second_tax_cents__lte=F("tax_cents"))
                ),
                name="a_second_tax_is_part_of_the_tax",
            ),
        ]


class Payment(MoneyRow):
    """A numbered document: money that came in (receipt) or went back (refund, of one receipt).

    `on` is the day of the books of `place`, where it was taken or given, `at` the moment; `rounding_cents` is what cash added to the amount, for the drawer only.
    """

    patient_path = "patient"

    kind = models.CharField(max_length=8, choices=_choices(DocumentKind))
    number = models.PositiveBigIntegerField()
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="payments")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    refunds = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="refunded_by")
    method = models.CharField(max_length=16, choices=_choices(PaymentMethod))
    amount_cents = models.PositiveIntegerField()
    rounding_cents = models.SmallIntegerField(default=0)
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    printed = models.JSONField()
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    on = models.DateField()
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)
    by_user_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "on"], name="payments_of_a_day"),
            models.Index(fields=["clinic", "patient"], name="payments_of_a_patient"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "number"], name="one_document_per_number"),
            models.UniqueConstraint(fields=["clinic", "key"], name="one_document_per_key"),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="a_document_says_an_amount"),
            models.CheckConstraint(
                condition=Q(kind="receipt", refunds__isnull=True)
                | Q(kind="refund", refunds__isnull=False) & ~Q(reason=""),
                name="a_refund_names_its_receipt",
            ),
            models.CheckConstraint(
                condition=Q(rounding_cents=0) | Q(method="cash", rounding_cents__gte=-2, rounding_cents__lte=2),
                name="only_cash_is_rounded",
            ),
        ]

    def check_texts(self) -> None:
        """As for every money row; the key and the digest are the program's own."""
        key, digest, self.key, self.digest = self.key, self.digest, "", ""
        try:
            super().check_texts()
        finally:
            self.key, self.digest = key, digest


class PaymentLine(MoneyRow):
    """The part of a document that is about one charge; the parts add up to the document."""

    patient_path = "payment__patient"
    practitioner_path = "payment__practitioner"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="lines")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="lines")
    amount_cents = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "charge"], name="one_line_per_charge"),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="a_line_says_an_amount"),
        ]


class DayClose(ClinicRow):
    """The end of a day at the desk of a place: who counted, which documents it holds, and why the drawer differs if it does.

    Without a place it is of the time when the places of a clinic closed together, and holds for all of them.
    """

    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")
    on = models.DateField()
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)
    by_user_id = models.BigIntegerField(null=True)
    first_number = models.PositiveBigIntegerField(null=True)
    last_number = models.PositiveBigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "place", "on"], name="a_place_closes_a_day_once"),
            models.UniqueConstraint(
                fields=["clinic", "on"], condition=Q(place__isnull=True), name="all_places_close_a_day_once"
            ),
        ]

    def check_texts(self) -> None:
        """As for every row, and no card number in the note."""
        super().check_texts()
        check_no_card_number(self.note, field="note")

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The desk and the owner; practitioners see that a day is closed."""
        return Q() if actor.holds(Role.RECEPTIONIST, Role.OWNER, Role.PRACTITIONER) else Q(pk__in=[])


class DayTotal(ClinicRow):
    """One way to pay on a closed day: what the documents say, and what was counted (cash always, others when asked)."""

    close = models.ForeignKey(DayClose, on_delete=models.PROTECT, related_name="totals")
    method = models.CharField(max_length=16, choices=_choices(PaymentMethod))
    n_documents = models.PositiveIntegerField()
    received_cents = models.PositiveBigIntegerField()
    refunded_cents = models.PositiveBigIntegerField()
    counted_cents = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["close", "method"], name="one_total_per_method"),
            models.CheckConstraint(
                condition=~Q(method="cash") | Q(counted_cents__isnull=False), name="cash_is_always_counted"
            ),
        ]

    @property
    def expected_cents(self) -> int:
        """What should be there."""
        return self.received_cents - self.refunded_cents

    @property
    def difference_cents(self) -> int:
        """What is there beyond it; below zero when some is missing."""
        return 0 if self.counted_cents is None else self.counted_cents - self.expected_cents

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The desk and the owner."""
        return Q() if actor.holds(Role.RECEPTIONIST, Role.OWNER) else Q(pk__in=[])
