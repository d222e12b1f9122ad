"""What this clinic's forecasts rest on: the fit that its owner accepted, or the prior."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.models import QuerySet, Subquery

from myotome.clinic.followup.models import ForecastShown, RecoveryFit
from myotome.clinic.screening.models import Course
from myotome.refit.result import basis_of, from_bytes
from myotome.science.followup.answer import other_spacings, version_of
from myotome.science.followup.draws import Basis, prior_basis
from myotome.vocabulary.errors import InvalidValue

MOST_KEPT = 8


def spacings_beside(shown: ForecastShown) -> dict[str, dict[str, Any]]:
    """The forecast that was shown for other days between visits, on what it rested on, or on what is in force now."""
    prior = prior_basis()
    basis = prior if shown.model_version == version_of(prior) else basis_in_force(shown.clinic_id)
    return other_spacings(shown.evidence, basis)


def basis_in_force(clinic_id: int) -> Basis:
    """The accepted fit as a basis; the prior where there is none, or where it is of an older model."""
    row = _accepted(clinic_id).values_list("pk", "version").first()
    return _basis_or_prior(*(row or (None, "")))


def last_shown_and_basis(course: Course) -> tuple[ForecastShown | None, Basis]:
    """The forecast of a course as it was last shown, and what forecasts of its clinic rest on now; mostly one query."""
    accepted = _accepted(course.clinic_id)
    rows = ForecastShown.objects.filter(course=course).annotate(
        fit_pk=Subquery(accepted.values("pk")[:1]), fit_version=Subquery(accepted.values("version")[:1])
    )
    last = rows.order_by("-pk").first()
    if last is None:
        return None, basis_in_force(course.clinic_id)
    return last, _basis_or_prior(last.fit_pk, last.fit_version)


def _accepted(clinic_id: int) -> QuerySet[RecoveryFit]:
    return RecoveryFit.objects.filter(clinic_id=clinic_id, accepted_at__isnull=False, retired_at__isnull=True)


def _basis_or_prior(pk: int | None, version: str) -> Basis:
    fit = None if pk is None else _basis(pk, version)
    return prior_basis() if fit is None else fit


@lru_cache(maxsize=MOST_KEPT)
def _basis(pk: int, _version: str) -> Basis | None:
    try:
        return basis_of(from_bytes(bytes(RecoveryFit.objects.values_list("file", flat=True).get(pk=pk))))
    except InvalidValue:
        return None
