"""Rows for clinics, places, rooms, people and the relations of care between them."""

from __future__ import annotations

from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from myotome.clinic.people.access import ClinicRow, DeskRow, ScopedQuerySet, StaffRow, own
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.credentials import HeldCredential
from myotome.vocabulary.needling import TreatmentMode


class Clinic(models.Model):
    """One clinic; every other row belongs to one."""

    slug = models.SlugField(unique=True, max_length=40)
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=200, blank=True)
    province = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=60, default="America/Vancouver")
    currency = models.CharField(max_length=3, default="CAD")
    emergency_number = models.CharField(max_length=20, default="911")
    crisis_line = models.CharField(max_length=60, default="988")
    requires_second_factor = models.BooleanField(default=True)
    idle_lock_minutes = models.PositiveSmallIntegerField(default=10)
    is_demo = models.BooleanField(default=False)
    content_digest = models.CharField(max_length=64, blank=True, editable=False)
    """What of the shipped cautions and conditions this clinic has changed, as a digest; empty for nothing."""

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail, whatever its case."""

    def create_user(self, email: str, password: str | None = None, *, name: str = "") -> User:
        """A saved user; without a password she can only log in by a passkey or a reset link."""
        user = self.model(email=self.normalize_email(email).lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str) -> User:
        """The user with this e-mail."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who can log in."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    theme = models.CharField(max_length=8, default="auto")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name as she writes it."""
        return self.name


class Membership(StaffRow):
    """One role of one person in one clinic."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role if role != Role.PATIENT])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "user", "role"], name="one_membership_per_role")]


class Place(StaffRow):
    """An address with its own clock."""

    name = models.CharField(max_length=80)
    address = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name


class Room(StaffRow):
    """A treatment room. `kind` names what it is for: any, ims, acupuncture; `equipment` what stands in it."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=16, default="any")
    equipment = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Practitioner(StaffRow):
    """A practitioner's profile in one clinic."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="practitioner_profiles")
    name = models.CharField(max_length=120)
    treats_ims = models.BooleanField(default=False)
    treats_acupuncture = models.BooleanField(default=False)
    registration_body = models.CharField(max_length=120, blank=True)
    registration_number = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "user"], name="one_profile_per_clinic")]

    def __str__(self) -> str:
        return self.name


class Credential(StaffRow):
    """Who certified a practitioner for what, until when, with which hazard regions; for both treatments or one."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="credentials")
    body = models.CharField(max_length=120)
    programme = models.CharField(max_length=120)
    treatment = models.CharField(
        max_length=12, blank=True, choices=[(mode.value, mode.value) for mode in TreatmentMode]
    )
    level = models.CharField(max_length=60, blank=True)
    issued_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    hazard_regions = models.JSONField(default=list)

    def as_value(self) -> HeldCredential:
        """The credential as a value."""
        return HeldCredential(
            body=self.body,
            programme=self.programme,
            treatment=self.treatment,
            issued_on=self.issued_on,
            expires_on=self.expires_on,
            hazard_regions=tuple(self.hazard_regions),
        )


class Patient(DeskRow):
    """A patient's identity and contacts; nothing of her health. `version` guards against two tabs."""

    patient_path = "pk"

    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="patient_records")
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    search_name = models.CharField(max_length=200, db_index=True, editable=False)
    born_on = models.DateField(db_index=True)
    phone = models.CharField(max_length=40, blank=True)
    phone_digits = models.CharField(max_length=20, blank=True, db_index=True, editable=False)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=8, default="en")
    note_for_desk = models.CharField(max_length=300, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["clinic", "search_name"]), models.Index(fields=["clinic", "born_on"])]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()


class OwnRecord(DeskRow):
    """This patient is that practitioner: one person, who cannot be at two places. Until `confirmed_at` it is only said."""

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="own_record")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="own_records")
    said_at = models.DateTimeField()
    said_by = models.CharField(max_length=120)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner"],
                condition=Q(confirmed_at__isnull=False),
                name="one_own_record_per_practitioner",
            )
        ]


class PatientMerge(DeskRow):
    """Two records joined: what was moved, so that it can be undone."""

    patient_path = "kept"

    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=list)
    merged_at = models.DateTimeField()
    merged_by = models.CharField(max_length=120)
    unmerged_at = models.DateTimeField(null=True)


class CareRelationQuerySet(ScopedQuerySet):
    """Relations of care."""

    def current(self) -> Self:
        """Those that have not run out."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))


class CareRelation(ClinicRow):
    """Why a practitioner may open a patient's chart; break-glass carries a reason and runs out."""

    class Kind(models.TextChoices):
        """How the relation came about."""

        BOOKED = "booked"
        TREATING = "treating"
        COVERING = "covering"
        BREAK_GLASS = "break_glass"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="care_relations")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="care_relations")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reason = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    objects = CareRelationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["clinic", "user", "patient"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="break_glass") | (Q(expires_at__isnull=False) & ~Q(reason="")),
                name="break_glass_has_reason_and_end",
            )
        ]

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The owner sees all (break-glass is shown to her), a practitioner her own, a patient hers."""
        if actor.holds(Role.OWNER):
            return Q()
        if actor.holds(Role.PRACTITIONER):
            return Q(user_id=actor.user_id)
        return own("patient", actor)
