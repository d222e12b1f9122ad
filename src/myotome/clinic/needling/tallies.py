"""The tally beside the count: needles opened and needles in the sharps box, counted by hand while the visit goes on.

It is kept on the visit, so that it survives a reload and a second tablet; closing asks it again. It never follows the
chart: one needle may make several insertions, and a number that writes itself is read by nobody.
"""

from __future__ import annotations

from datetime import datetime

from myotome.clinic.needling.locks import note_in_audit, unlocked_visit
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.needling.replays import once
from myotome.science.needling.counts import MOST_NEEDLES
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue

TALLIED = ("n_needles_opened", "n_needles_in_sharps")


@once
def tally_needles(
    *, by: Actor, at: datetime, visit_id: int, which: str, n: int | None = None, step: int = 0
) -> TreatmentVisit:
    """One of the two numbers set to `n`, or moved by `step` from what the server knows: steps of two tablets add up.

    Neither is a number that nobody has counted yet; it is none again. It stays within 0 and 500.

    Raises:
        InvalidValue: there is no such tally, or no such number of needles.
        VisitLocked: the visit is closed.
    """
    visit = unlocked_visit(by, visit_id)
    if which not in TALLIED:
        raise InvalidValue("Say what you counted: needles opened, or needles in the sharps box.", field="which")
    if n is not None and not 0 <= n <= MOST_NEEDLES:
        raise InvalidValue("A number of needles is 0 to {most}.", field=which, most=MOST_NEEDLES)
    counted = n
    if step:
        counted = min(MOST_NEEDLES, max(0, (getattr(visit, which) or 0 if n is None else n) + step))
    setattr(visit, which, counted)
    visit.save(update_fields=[which])
    note_in_audit(by, at, "visit.tallied", visit, which=which, n=counted)
    return visit
