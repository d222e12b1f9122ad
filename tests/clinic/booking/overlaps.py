"""What a race may leave wrong, looked for in the spans and not in the claims that are under test."""

from __future__ import annotations

from collections import defaultdict

from myotome.clinic.booking.models import Appointment, AppointmentSpan, Claim
from myotome.clinic.people.models import OwnRecord


def findings() -> dict[str, int]:
    """What is wrong, counted; nothing is when all are 0.

    `overlaps` are pairs of live appointments that share a moment and a resource, or somebody who is patient and practitioner;
    `claims_astray` those at a time at which the visit does not have what they claim.
    """
    spans = AppointmentSpan.objects.exclude(appointment__status="cancelled").order_by("starts_at", "ends_at")
    held = defaultdict(list)
    own = dict(OwnRecord.objects.filter(confirmed_at__isnull=False).values_list("patient", "practitioner"))
    for span in spans:
        if span.patient_id in own:
            held["practitioner", own[span.patient_id]].append(span)
        held[span.resource_kind, span.practitioner_id or span.room_id or span.patient_id].append(span)
    taken = defaultdict(list)
    for (kind, pk), rows in held.items():
        for span in rows:
            taken[span.appointment_id, f"{kind}:{pk}"].append((span.first_tick, span.end_tick))
    of_visits = Claim.objects.filter(appointment__isnull=False).exclude(appointment__status="cancelled")
    of_visits = of_visits.exclude(resource__startswith="resting:")
    overlaps = sum(
        a.appointment_id != b.appointment_id and a.starts_at < b.ends_at and b.starts_at < a.ends_at
        for rows in held.values()
        for n, a in enumerate(rows)
        for b in rows[n + 1 :]
    )
    return {
        "overlaps": overlaps,
        "without_claims": Appointment.objects.exclude(status="cancelled").filter(claims__isnull=True).count(),
        "claims_left_over": Claim.objects.filter(appointment__status="cancelled").count(),
        "claims_astray": sum(
            not any(first <= tick < end for first, end in taken[appointment, resource])
            for appointment, resource, tick in of_visits.values_list("appointment", "resource", "tick")
        ),
    }
