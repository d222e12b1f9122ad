"""What a race may leave wrong, looked for in the spans and not in the claims that are under test."""

from __future__ import annotations

from collections import defaultdict

from myotome.clinic.booking.models import Appointment, AppointmentSpan, Claim
from myotome.clinic.people.models import OwnRecord


def findings() -> dict[str, int]:
    """Pairs of live appointments that share a resource, or somebody who is patient and practitioner, and an instant; live ones without claims; claims of cancelled ones."""
    spans = AppointmentSpan.objects.exclude(appointment__status="cancelled").order_by("starts_at", "ends_at")
    held = defaultdict(list)
    own = dict(OwnRecord.objects.filter(confirmed_at__isnull=False).values_list("patient", "practitioner"))
    for span in spans:
        if span.patient_id in own:
            held["practitioner", own[span.patient_id]].append(span)
        held[span.resource_kind, span.practitioner_id or span.room_id or span.patient_id].append(span)
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
    }
