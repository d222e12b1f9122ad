"""Who is who: clinics by slug, the actor behind a request, patients by what a caller says on the telephone."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from django.db.models import Min, Q, QuerySet, Subquery

from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.people.models import (
    CareRelation,
    Clinic,
    Credential,
    Membership,
    Patient,
    Place,
    Practitioner,
    Room,
    User,
)
from myotome.vocabulary.actors import Actor, Via
from myotome.vocabulary.courses import Role
from myotome.vocabulary.credentials import HeldCredential
from myotome.vocabulary.errors import NotFound


def _profiles(user_id: int, clinic_id: int) -> QuerySet[Practitioner]:
    return Practitioner.objects.filter(clinic_id=clinic_id, user_id=user_id).order_by("pk").values("pk")[:1]


def _records(user_id: int, clinic_id: int) -> QuerySet[Patient]:
    rows = Patient.objects.filter(clinic_id=clinic_id, user_id=user_id, merged_into__isnull=True)
    return rows.order_by("pk").values_list("pk")[:1]


_users = Prepared(lambda pk: User.objects.filter(pk=pk), 7_000_001)
_clinics_with_slug = Prepared(lambda slug: Clinic.objects.filter(slug=slug), "a-slug-of-no-clinic")
_own_records = Prepared(_records, 7_000_001, 7_000_002)
_memberships = Prepared(
    lambda user_id, clinic_id: Membership.objects.filter(user_id=user_id, clinic_id=clinic_id).values_list(
        "role", Subquery(_profiles(user_id, clinic_id)), Subquery(_records(user_id, clinic_id))
    ),
    7_000_001,
    7_000_002,
)
_credentials = Prepared(
    lambda clinic_id, pk: Credential.objects.filter(clinic_id=clinic_id, practitioner_id=pk).order_by("pk"),
    7_000_001,
    7_000_002,
)
_patients = Prepared(lambda clinic_id, pk: Patient.objects.filter(clinic_id=clinic_id, pk=pk), 7_000_001, 7_000_002)


def user_with_id(pk: int) -> User | None:
    """The user, or None."""
    found: list[User] = _users(pk)
    return found[0] if found else None


def clinic_by_slug(slug: str) -> Clinic:
    """The clinic at this address.

    Raises:
        NotFound: there is none.
    """
    found: list[Clinic] = _clinics_with_slug(slug)
    if not found:
        raise NotFound("There is no clinic at this address.")
    return found[0]


def clinics() -> QuerySet[Clinic]:
    """All clinics of this installation, by name."""
    return Clinic.objects.order_by("name")


def time_zones() -> list[str]:
    """The zones of all clinics and places of this installation, each once."""
    places = Place.objects.values_list("time_zone", flat=True)
    return sorted({*Clinic.objects.values_list("time_zone", flat=True), *filter(None, places)})


def clinics_of(user: User) -> QuerySet[Clinic]:
    """The clinics in which the user works."""
    return Clinic.objects.filter(pk__in=Membership.objects.filter(user=user).values("clinic_id")).order_by("name")


def actor_of(user: User, clinic: Clinic) -> Actor:
    """The user as she acts in this clinic: with all her roles there, or none."""
    rows = _memberships(user.pk, clinic.pk)
    roles = {Role(role) for role, _profile, _own in rows}
    practitioner_id = rows[0][1] if Role.PRACTITIONER in roles else None
    patient_id = rows[0][2] if rows else next((pk for (pk,) in _own_records(user.pk, clinic.pk)), None)
    if patient_id is not None:
        roles.add(Role.PATIENT)
    return Actor(
        clinic_id=clinic.pk,
        clinic_slug=clinic.slug,
        name=user.name or user.email,
        user_id=user.pk,
        patient_id=patient_id,
        practitioner_id=practitioner_id,
        roles=frozenset(roles),
    )


def public_actor(clinic: Clinic) -> Actor:
    """Somebody on the public site: no role, sees nothing of anybody."""
    return Actor(clinic_id=clinic.pk, clinic_slug=clinic.slug, name="the public site", via=Via.PUBLIC)


def system_actor(clinic: Clinic, *, name: str, via: Via = Via.JOB) -> Actor:
    """The system itself, for jobs and commands: sees the whole clinic, is named in the audit."""
    return Actor(clinic_id=clinic.pk, clinic_slug=clinic.slug, name=name, via=via, is_system=True)


def patient_by_link(patient: Patient, clinic: Clinic) -> Actor:
    """The patient acting by a link that only she was sent."""
    return Actor(
        clinic_id=clinic.pk,
        clinic_slug=clinic.slug,
        name=patient.name,
        patient_id=patient.pk,
        roles=frozenset({Role.PATIENT}),
        via=Via.LINK,
    )


def credentials_of(actor: Actor, practitioner_id: int) -> tuple[HeldCredential, ...]:
    """What the practitioner is certified for, in the order in which it was described."""
    return tuple(row.as_value() for row in _credentials(actor.clinic_id, practitioner_id))


def search_key(text: str) -> str:
    """Lower-case letters without accents, single spaces: how names are stored for search."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", plain.replace("’", "'")).strip().casefold()


def digits(text: str) -> str:
    """The digits of a telephone number, without a leading 1 of eleven."""
    found = re.sub(r"\D", "", text)
    return found[1:] if len(found) == 11 and found.startswith("1") else found


def find_patients(actor: Actor, text: str, *, limit: int = 20) -> list[Patient]:
    """Patients whose name parts, birth date or telephone number match what was typed, by name.

    A date is read as ISO (1968-03-12); five or more digits otherwise as part of a telephone number.
    """
    text = text.strip()
    if not text:
        return []
    rows = Patient.objects.for_actor(actor).filter(merged_into__isnull=True)
    born = _date_or_none(text)
    if born is not None:
        rows = rows.filter(born_on=born)
    elif len(digits(text)) >= 5 and not re.search(r"[^\d\s()+.\-]", text):
        rows = rows.filter(phone_digits__contains=digits(text))
    else:
        for part in search_key(text).split(" ")[:4]:
            rows = rows.filter(Q(search_name__startswith=part) | Q(search_name__contains=f" {part}"))
    return list(rows.order_by("search_name")[:limit])


def patient_for(actor: Actor, pk: int) -> Patient:
    """One patient's identity.

    Raises:
        NotFound: there is none that the actor may see.
    """
    if actor.holds(Role.RECEPTIONIST, Role.PRACTITIONER) or actor.is_system:
        # Staff see every patient of their clinic: asked at each click at the desk, so by the query that is built once.
        found: list[Patient] = _patients(actor.clinic_id, pk)
        if found:
            return found[0]
    return Patient.objects.for_actor(actor).get_or_not_found(pk=pk)


def practitioners_for(actor: Actor) -> QuerySet[Practitioner]:
    """Active practitioners of the clinic, by name."""
    return Practitioner.objects.for_actor(actor).filter(is_active=True).order_by("name")


def rooms_for(actor: Actor) -> QuerySet[Room]:
    """Active rooms of the clinic, by name."""
    return Room.objects.for_actor(actor).filter(is_active=True).order_by("name")


def _date_or_none(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def second_factor_required(user: User) -> bool:
    """True if a clinic where the user works asks for a second factor and she has none yet."""
    asked = Membership.objects.filter(user=user, clinic__requires_second_factor=True).exists()
    return asked and not user.authenticator_set.exists()


def idle_lock_minutes(user: User) -> int:
    """After how many untouched minutes the user's session locks: the strictest of the clinics where she works."""
    asked = Membership.objects.filter(user=user).aggregate(minutes=Min("clinic__idle_lock_minutes"))["minutes"]
    return asked or Clinic._meta.get_field("idle_lock_minutes").default


def home_path(user: User) -> str | None:
    """Where a user lands: the day of her only clinic, her own page, the list of clinics, or nowhere."""
    rows = list(clinics_of(user)[:2])
    if len(rows) == 1:
        roles = set(Membership.objects.filter(user=user, clinic=rows[0]).values_list("role", flat=True))
        page = "desk/" if roles & {Role.RECEPTIONIST.value, Role.PRACTITIONER.value} else "owner/"
        return f"/{rows[0].slug}/{page}"
    if rows:
        return "/workplaces/"
    patient = Patient.objects.filter(user=user, merged_into__isnull=True).select_related("clinic").first()
    return f"/{patient.clinic.slug}/me/" if patient else None


def opened_by_break_glass(actor: Actor) -> QuerySet[CareRelation]:
    """Charts that were opened outside a care relation, newest first, with the reasons given."""
    rows = CareRelation.objects.for_actor(actor).filter(kind=CareRelation.Kind.BREAK_GLASS)
    return rows.select_related("user").order_by("-started_at")


def may_open_chart(actor: Actor, patient_id: int) -> bool:
    """True if the practitioner has a care relation with the patient that has not run out."""
    rows = CareRelation.objects.filter(clinic_id=actor.clinic_id, user_id=actor.user_id, patient_id=patient_id)
    return actor.user_id is not None and rows.current().exists()
