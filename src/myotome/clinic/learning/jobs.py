"""The queue starts a refit as its own process and goes on: mails and reminders do not wait for a sampler."""

from __future__ import annotations

import subprocess

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from myotome.clinic.followup.models import RecoveryFit


@task()
def run_refit(fit_id: int) -> None:
    """Starts `myotome refit` for a row that has not ended; a program that cannot be started is said in the row."""
    row = RecoveryFit.objects.filter(pk=fit_id, ended_at__isnull=True).select_related("clinic").first()
    if row is None:
        return
    command = [settings.REFIT_PYTHON, "-m", "myotome", "refit", "--clinic", row.clinic.slug, "--fit", str(fit_id)]
    try:
        subprocess.Popen(  # noqa: S603  the program is the clinic's own setting, the words are ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        row.ended_at, row.message = timezone.now(), "MYOTOME_REFIT_PYTHON names no program that can be started."
        row.save(update_fields=["ended_at", "message"])
