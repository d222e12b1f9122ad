"""Default deny, in one place: a row is reached only through `objects.for_actor(actor)`.

`ClinicRow` belongs to a clinic and shows nothing to anybody until its class says so in `visible_to`.
`ClinicalRow` is about one patient's care: practitioners see it for patients in their care (treated, booked,
covered, or opened by break-glass), the patient sees it where the class allows, nobody else does.
`DeskRow` is identity and diary: the whole staff of the clinic, and the patient her own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from django.db import models
from django.db.models import Q

from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotFound
from myotome.vocabulary.money import check_no_card_number
from myotome.vocabulary.text import odd_character, texts_in

NOTHING = Q(pk__in=[])
LONGEST_TEXT = 20_000
NOTE_OF_THE_DESK = "note_for_desk"
"""Where a card number would be noted down, if it were not refused."""


def check_texts(model: type[models.Model], values: Mapping[str, Any]) -> None:
    """Nothing, when the texts among `values` (field name to value) fit their columns on every database.

    Raises:
        InvalidValue: names the field whose text is too long or holds a character that no database keeps.
        CardNumberRefused: a note of the desk holds the number of a card.
    """
    for name, value in values.items():
        if not isinstance(value, str | dict | list):
            continue
        field = model._meta.get_field(name)
        if odd_character("".join(texts_in(value))):
            raise InvalidValue(
                "This has a character that cannot be stored. Please delete it; the rest is still here.", field=name
            )
        if name == NOTE_OF_THE_DESK:
            check_no_card_number(value, field=name)
        most = getattr(field, "max_length", None) or LONGEST_TEXT
        if isinstance(value, str) and len(value) > most:
            raise InvalidValue("At most {most} characters, not {n}.", field=name, most=most, n=len(value))


class ScopedQuerySet(models.QuerySet):
    """A query set whose only door for faces is `for_actor`."""

    def for_actor(self, actor: Actor) -> Self:
        """The rows of the actor's clinic that she may see; the system sees the whole clinic."""
        rows = self.filter(clinic_id=actor.clinic_id)
        return rows if actor.is_system else rows.filter(self.model.visible_to(actor))

    def for_desk(self, actor: Actor) -> Self:
        """Of whom the desk may know that they were written to: anybody of the clinic; to a practitioner, those in her care."""
        actor.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
        return self.filter(clinic_id=actor.clinic_id) if actor.holds(Role.RECEPTIONIST) else self.for_actor(actor)

    def update(self, **values: Any) -> int:
        """As Django's, after `check_texts`."""
        check_texts(self.model, values)
        return super().update(**values)

    def get_or_not_found(self, **lookup: Any) -> models.Model:
        """The one row, or NotFound: the same answer for what does not exist and what is not yours."""
        row = self.filter(**lookup).first()
        if row is None:
            raise NotFound("There is nothing here that you can see.")
        return row


class ClinicRow(models.Model):
    """A row of one clinic."""

    clinic = models.ForeignKey("people.Clinic", on_delete=models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's, after `check_texts`."""
        self.check_texts()
        super().save(*args, **kwargs)

    def check_texts(self) -> None:
        """As the function of this name, for every text of the row."""
        check_texts(type(self), {field.name: self.__dict__.get(field.attname) for field in self._meta.concrete_fields})

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """Which rows of the clinic the actor sees: none, until a class says otherwise."""
        return NOTHING


class StaffRow(ClinicRow):
    """Facts about the clinic itself (rooms, services, hours): all staff, and patients who book."""

    class Meta:
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """Everybody who acts in the clinic."""
        return Q()


class DeskRow(ClinicRow):
    """Identity and diary of one patient."""

    patient_path = "patient"

    class Meta:
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """Receptionists and practitioners of the clinic; a patient her own."""
        if actor.holds(Role.RECEPTIONIST, Role.PRACTITIONER):
            return Q()
        return own(cls.patient_path, actor)


class ClinicalRow(ClinicRow):
    """Something of one patient's care. `patient_path` leads to the patient; `patient_sees` opens it to her."""

    patient_path = "course__patient"
    patient_sees = False

    class Meta:
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """Practitioners for patients in their care; the patient where `patient_sees`."""
        seen = NOTHING
        if actor.holds(Role.PRACTITIONER) and actor.user_id is not None:
            seen = in_care(cls.patient_path, actor)
        if cls.patient_sees:
            seen = seen | own(cls.patient_path, actor)
        return seen


def own(patient_path: str, actor: Actor) -> Q:
    """Rows of the patient who acts for herself."""
    if actor.patient_id is None:
        return NOTHING
    return Q(**{f"{patient_path}_id" if patient_path != "pk" else "pk": actor.patient_id})


def in_care(patient_path: str, actor: Actor) -> Q:
    """Rows of patients with whom the practitioner has a care relation that has not run out."""
    from myotome.clinic.people.models import CareRelation

    relations = CareRelation.objects.filter(clinic_id=actor.clinic_id, user_id=actor.user_id).current()
    key = f"{patient_path}_id__in" if patient_path != "pk" else "pk__in"
    return Q(**{key: relations.values("patient_id")})


def sees_by_care(actor: Actor) -> bool:
    """True when what she sees of patients is just what `in_care` says: a practitioner who is no patient of the clinic.

    For her a query of `for_actor` can be worked out once, with `by_care` as its actor.
    """
    is_hers = actor.holds(Role.PRACTITIONER) and actor.user_id is not None
    return is_hers and actor.patient_id is None and not actor.is_system


def by_care(clinic_id: int, user_id: int, practitioner_id: int | None = None) -> Actor:
    """The stand-in of such a practitioner, for `Prepared`."""
    return Actor(
        clinic_id=clinic_id,
        clinic_slug="",
        name="",
        user_id=user_id,
        practitioner_id=practitioner_id,
        roles=frozenset({Role.PRACTITIONER}),
    )
