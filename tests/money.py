"""Makers for tests of money: a desk with a receptionist and an owner, a visit of today, its charge, its receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from django.db.models import Sum

from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.money.actions import charge_visit
from myotome.clinic.money.models import Charge, Payment
from myotome.clinic.money.payments import take_payment
from myotome.clinic.people.models import Clinic, Place, Practitioner
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from tests.factories import AT, a_clinic, a_patient, a_practitioner, a_receptionist, a_user, an_actor

_key = count(1)


@dataclass
class Desk:
    """A clinic whose practitioner is registered, and who takes money there."""

    clinic: Clinic
    elena: Practitioner
    robin: Actor
    olive: Actor

    @property
    def place(self) -> Place:
        """The clinic's first place."""
        found = Place.objects.filter(clinic=self.clinic).order_by("pk").first()
        assert found is not None
        return found

    def visit(self, *, patient: Any = None, kind: str = "ims", days: int = 0, status: str = "done", **values: Any):
        """A visit of the practitioner, `days` from the fixed moment; past the diary, for money does not ask it."""
        starts_at = values.pop("starts_at", AT + timedelta(days=days))
        service = Service.objects.get(clinic=self.clinic, kind=kind)
        minutes = sum(phase.minutes for phase in service.phases.all())
        values = {"practitioner": self.elena, "place": self.place} | values
        return Appointment.objects.create(
            clinic=self.clinic,
            patient=patient or a_patient(self.clinic),
            service=service,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes),
            status=status,
            created_at=AT,
            created_by="a test",
            **values,
        )

    def charge(self, visit: Appointment | None = None, **values: Any) -> Charge:
        """A charge for a visit."""
        visit = visit or self.visit()
        return charge_visit(**({"by": self.robin, "at": AT, "appointment_id": visit.pk} | values))

    def pay(self, charge: Charge, cents: int | None = None, **values: Any) -> Payment:
        """A receipt for it, by debit."""
        values = {"by": self.robin, "at": AT, "method": "debit", "key": f"key {next(_key)}"} | values
        parts = {charge.pk: charge.total_cents if cents is None else cents}
        return take_payment(**({"patient_id": charge.patient_id, "parts": parts} | values))


def a_desk(**values: Any) -> Desk:
    """The desk of a new clinic."""
    clinic = a_clinic(address="14 Alder Street", province="British Columbia", email="desk@alder.example", **values)
    elena = a_practitioner(clinic)
    elena.registration_body, elena.registration_number = "College of Physical Therapists of BC", "PT-04417"
    elena.save()
    robin = an_actor(a_receptionist(clinic), clinic)
    return Desk(clinic, elena, robin, an_actor(a_user(clinic, Role.OWNER, name="Olive Grant"), clinic))


def sum_of_documents(clinic: Clinic, **of: Any) -> int:
    """The slow way to a balance: every document of the clinic, one by one."""
    total = sum(row.total_cents for row in Charge.objects.filter(clinic=clinic, **of))
    for row in Payment.objects.filter(clinic=clinic, **of):
        total += row.amount_cents if row.kind == "refund" else -row.amount_cents
        assert row.amount_cents == row.lines.aggregate(n=Sum("amount_cents"))["n"]
    return total
