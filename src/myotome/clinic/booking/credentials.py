"""What practitioners are certified for: described and corrected by the owner, warned of when a visit is booked.

A service that asks for a credential is booked only with somebody who holds it (`placing`). Any other is booked, and the
desk is told when what she holds for the treatment has run out by that day. Before a needle the chart says it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.queries import treats
from myotome.clinic.people.models import Credential, Practitioner
from myotome.knowledge.hazards import regions_of_consent
from myotome.science.booking.credentials import lapsed
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import TreatmentMode
from myotome.vocabulary.sentences import Sentence

HAZARD_REGIONS = tuple(region for region in regions_of_consent() if region != "pregnancy")
"""The regions that a credential may name; points left out in pregnancy are no part of the body."""

LAPSED = Sentence(
    "{name} has no credential for this treatment in force on {on}: {programme} of {body} is not. "
    "Keep this visit only if it will be renewed by then."
)


@transaction.atomic
def add_credential(
    *,
    by: Actor,
    at: datetime,
    practitioner_id: int,
    body: str,
    programme: str,
    treatment: str = "",
    level: str = "",
    issued_on: date | None = None,
    expires_on: date | None = None,
    hazard_regions: Sequence[str] = (),
) -> Credential:
    """Who certified her for what, for which treatment (empty: both), until when, and in which hazard regions.

    Raises:
        InvalidValue: no body or no programme, an unknown treatment or region, or a last day before the first.
    """
    by.check_holds(Role.OWNER)
    if treatment not in ("", *(mode.value for mode in TreatmentMode)):
        raise InvalidValue("A credential is for IMS, for acupuncture, or for both.", field="treatment")
    row = Credential.objects.create(
        clinic_id=by.clinic_id,
        practitioner=Practitioner.objects.for_actor(by).get_or_not_found(pk=practitioner_id),
        body=_named(body, "body"),
        programme=_named(programme, "programme"),
        treatment=treatment,
        level=level.strip(),
        issued_on=issued_on,
        expires_on=_last_day(issued_on, expires_on),
        hazard_regions=_known(hazard_regions),
    )
    record(by=by, at=at, act="credential.added", subject=row)
    return row


@transaction.atomic
def change_credential(
    *, by: Actor, at: datetime, credential_id: int, expires_on: date | None, hazard_regions: Sequence[str]
) -> Credential:
    """The credential with another last day (None: open) and other regions: renewed, narrowed, or put right.

    Raises:
        NotFound: there is none in this clinic.
        InvalidValue: a last day before the first, or an unknown region.
    """
    by.check_holds(Role.OWNER)
    row: Credential = Credential.objects.for_actor(by).get_or_not_found(pk=credential_id)
    before = {"expires_on": row.expires_on, "hazard_regions": list(row.hazard_regions)}
    row.expires_on = _last_day(row.issued_on, expires_on)
    row.hazard_regions = _known(hazard_regions)
    row.save(update_fields=["expires_on", "hazard_regions"])
    was = {"ended": f"{before['expires_on'] or ''}", "regions": before["hazard_regions"]}
    now = {"ends": f"{row.expires_on or ''}", "regions_now": row.hazard_regions}
    record(by=by, at=at, act="credential.changed", subject=row, **was, **now)
    return row


def credential_rows(actor: Actor) -> list[Credential]:
    """All credentials of the clinic, by person; what ends first comes first."""
    rows = Credential.objects.for_actor(actor).select_related("practitioner")
    return list(rows.order_by("practitioner__name", "expires_on", "pk"))


def lapsed_by_then(actor: Actor, booked: Iterable[Appointment], *, known: SetUp | None = None) -> list[Sentence]:
    """A sentence for each practitioner and day on which what she holds for the treatment is not in force.

    `known` is the clinic's set-up where it is at hand.
    """
    set_up, found = known or set_up_of(actor.clinic_id), {}
    for row in booked:
        service, place = set_up.services[row.service_id], set_up.places[row.place_id]
        mode = TreatmentMode.IMS if "treats_ims" in treats(service) else TreatmentMode.ACUPUNCTURE
        on = row.starts_at.astimezone(ZoneInfo(place.time_zone)).date()
        last = lapsed(set_up.held.get(row.practitioner_id, ()), treatment=mode.value, on=on)
        if last is not None:
            name = set_up.practitioners[row.practitioner_id].name
            found[name, on] = LAPSED.filled(name=name, on=f"{on:%Y-%m-%d}", programme=last.programme, body=last.body)
    return list(found.values())


def _named(text: str, field: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise InvalidValue("Say who certified her, and for what.", field=field)
    return name


def _last_day(issued_on: date | None, expires_on: date | None) -> date | None:
    if issued_on and expires_on and expires_on < issued_on:
        raise InvalidValue("It ends before it begins.", field="expires_on")
    return expires_on


def _known(regions: Sequence[str]) -> list[str]:
    wanted = {word.strip().casefold() for word in regions if word.strip()}
    if unknown := sorted(wanted - set(HAZARD_REGIONS)):
        raise InvalidValue(
            "“{region}” is no hazard region. They are: {known}.",
            field="hazard_regions",
            region=unknown[0],
            known=", ".join(HAZARD_REGIONS),
        )
    return sorted(wanted)
