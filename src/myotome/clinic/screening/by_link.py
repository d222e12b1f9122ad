"""The intake behind a link: the holder may read and go on with it, nobody else's is reached."""

from __future__ import annotations

from myotome.clinic.people.links import link_token, read_link
from myotome.clinic.people.models import Clinic
from myotome.clinic.screening.models import Intake
from myotome.vocabulary.courses import RedFlagLevel
from myotome.vocabulary.errors import LinkExpired, NotFound


def intake_by_link(clinic: Clinic, token: str) -> Intake:
    """The intake of the link.

    Raises:
        NotFound: not a link of this clinic.
        LinkExpired: it was replaced.
    """
    pk, version = read_link("intake", token)
    row = Intake.objects.filter(clinic=clinic, pk=pk).first()
    if row is None:
        raise NotFound("This link does not lead anywhere. Please begin the questions again.")
    if row.link_version != version:
        raise LinkExpired("This link has been replaced. Please begin the questions again.")
    return row


def intake_link(intake: Intake) -> str:
    """The token of the intake's link."""
    return link_token("intake", intake.pk, intake.link_version)


def needs_a_call(intake_id: int | None) -> bool:
    """True when an answer asks for a call before the visit."""
    return Intake.objects.filter(pk=intake_id, level=RedFlagLevel.CALL_FIRST.value).exists()
