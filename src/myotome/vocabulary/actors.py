"""Who acts: one person in one clinic, with the roles she holds there, as a value.

Every query is scoped `for_actor(actor)` and every action takes `by=actor`. An actor is made from the session and
the clinic in the URL, from a link in a mail, or by a command; it is never stored in the session.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import NotAllowed


class Via(StrEnum):
    """How the actor came in."""

    SESSION = "session"
    LINK = "link"
    COMMAND = "command"
    JOB = "job"
    PUBLIC = "public"


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """A person (or the system) acting in one clinic.

    `user_id` is None for links, commands and the public; `patient_id` is set when a patient acts for herself;
    `practitioner_id` when she has a practitioner's profile in this clinic.
    """

    clinic_id: int
    clinic_slug: str
    name: str
    user_id: int | None = None
    patient_id: int | None = None
    practitioner_id: int | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    via: Via = Via.SESSION
    is_system: bool = False

    def holds(self, *roles: Role) -> bool:
        """True if any of the roles is held here."""
        return any(role in self.roles for role in roles)

    def check_holds(self, *roles: Role) -> None:
        """Raises NotAllowed naming the roles that may do this, unless one of them is held."""
        if not self.is_system and not self.holds(*roles):
            wanted = " or ".join(role.value for role in roles)
            raise NotAllowed("Only a {wanted} of this clinic can do this.", wanted=wanted)
