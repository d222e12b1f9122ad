"""A credential as it is held: who certified somebody for which treatment, until when, in which hazard regions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldCredential:
    """One credential. `treatment` is ims, acupuncture or empty (both); days may be open; `hazard_regions` are allowed."""

    body: str
    programme: str
    treatment: str = ""
    issued_on: date | None = None
    expires_on: date | None = None
    hazard_regions: tuple[str, ...] = ()

    def is_for(self, treatment: str) -> bool:
        """True when it is for this treatment."""
        return self.treatment in ("", treatment)

    def in_force(self, on: date) -> bool:
        """True on each day from its first to its last, both included."""
        return (self.issued_on or on) <= on <= (self.expires_on or on)
