"""A file that was handed in and looked through, kept until somebody says yes to it; and who was meant by whom it names."""

from __future__ import annotations

from django.db import models

from myotome.clinic.booking.models.setup import Service
from myotome.clinic.people.access import ClinicRow, DeskRow
from myotome.clinic.people.models import Patient, Practitioner
from myotome.vocabulary.actors import Actor


class HandedIn(ClinicRow):
    """One file to import. Its content is for whoever handed it in, and is forgotten once it is imported or an hour old."""

    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    content = models.BinaryField()
    day_order = models.CharField(max_length=5, blank=True)
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, null=True, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, related_name="+")
    handed_in_by_id = models.BigIntegerField()
    handed_in_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> models.Q:
        """Whoever handed it in."""
        return models.Q(handed_in_by_id=actor.user_id) if actor.user_id is not None else models.Q(pk__in=[])


class ImportedIdentity(DeskRow):
    """Whom a file meant by a name and a birth date. It stays as the file says it when she is corrected here."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="imported_identities")
    name = models.CharField(max_length=200)
    """As names are searched for: see `people.queries.search_key`."""
    born_on = models.DateField()
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name", "born_on"], name="one_patient_per_imported_identity")
        ]
