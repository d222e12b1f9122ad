"""What this clinic's forecasts rest on: the fit that its owner accepted, or the prior; and who speaks, the recovery model
or a plain baseline that has forecast better three months in a row.

A version is the hash of what it names, so what was read once is kept by it; the database sends a file only when it is not.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.db.models import Case, F, QuerySet, Subquery, Value, When

from myotome.clinic.followup.models import ForecastShown, RecoveryFit
from myotome.clinic.screening.models import Course
from myotome.refit.result import basis_of, from_bytes, plain_of
from myotome.science.followup.draws import Basis, prior_basis
from myotome.science.followup.plain import Plain
from myotome.vocabulary.errors import InvalidValue

MOST_KEPT = 8
_FITS: dict[str, Basis | None] = {}
_PLAINS: dict[tuple[str, str], Plain | None] = {}


def basis_in_force(clinic_id: int) -> Basis:
    """What forecasts of the clinic rest on, and who speaks; the prior where no fit is accepted or it is of an older model."""
    accepted = _accepted(clinic_id).values_list("version", "file").first()
    newest = _newest(clinic_id).values_list("version", "speaks", "about").first()
    return _basis(*(accepted or ("", None)), *(newest or ("", "", None)))


def last_shown_and_basis(course: Course) -> tuple[ForecastShown | None, Basis]:
    """The forecast of a course as it was last shown, and what forecasts of its clinic rest on now; one query, but for
    a course without any."""
    accepted, newest = _accepted(course.clinic_id), _newest(course.clinic_id)
    known = {version for version, _name in list(_PLAINS)}
    rows = ForecastShown.objects.filter(course=course).annotate(
        fit_version=Subquery(accepted.values("version")[:1]),
        fit_file=Subquery(accepted.exclude(version__in=list(_FITS)).values("file")[:1]),
        newest_version=Subquery(newest.values("version")[:1]),
        speaks=Subquery(newest.values("speaks")[:1]),
        plain_about=Subquery(newest.exclude(speaks="").exclude(version__in=known).values("about")[:1]),
    )
    last: Any = rows.order_by("-pk").first()
    if last is None:
        return None, basis_in_force(course.clinic_id)
    return last, _basis(last.fit_version, last.fit_file, last.newest_version, last.speaks, last.plain_about)


def _accepted(clinic_id: int) -> QuerySet[RecoveryFit]:
    return RecoveryFit.objects.filter(clinic_id=clinic_id, accepted_at__isnull=False, retired_at__isnull=True)


def _newest(clinic_id: int) -> QuerySet[RecoveryFit]:
    """The newest refit or month with a result; `speaks` is the baseline that speaks since, empty for the model."""
    speaks = Case(When(baseline_set_aside_at__isnull=True, then=F("baseline")), default=Value(""))
    rows = RecoveryFit.objects.filter(clinic_id=clinic_id).exclude(version="").exclude(kind=RecoveryFit.FILE)
    return rows.annotate(speaks=speaks).order_by("-pk")


def _basis(version: str | None, file: Any, newest: str | None, speaks: str | None, about: Any) -> Basis:
    basis = (_fit(version, file) if version else None) or prior_basis()
    plain = _plain(newest, speaks, about) if newest and speaks else None
    return basis if plain is None else _spoken(basis, plain)


def _fit(version: str, file: Any) -> Basis | None:
    """The basis of an accepted fit; None where it is of an older model."""
    if version not in _FITS:
        if file is None:
            file = RecoveryFit.objects.filter(version=version, file__isnull=False).values_list("file", flat=True)[0]
        try:
            _keep(_FITS, version, basis_of(from_bytes(bytes(file))))
        except InvalidValue:
            _keep(_FITS, version, None)
    return _FITS[version]


def _plain(version: str, name: str, about: Any) -> Plain | None:
    """The baseline that speaks; None where too few courses told it anything."""
    if (version, name) not in _PLAINS:
        if about is None:
            about = RecoveryFit.objects.filter(version=version).values_list("about", flat=True)[0]
        _keep(_PLAINS, (version, name), plain_of(about, name, version=version))
    return _PLAINS[version, name]


@lru_cache(maxsize=MOST_KEPT)
def _spoken(basis: Basis, plain: Plain) -> Basis:
    """The basis with the baseline that speaks; the same value for the same ones, so that what rests on it is kept."""
    return replace(basis, plain=plain)


def _keep(shelf: dict[Any, Any], key: Any, found: Any) -> None:
    """Put on the shelf; the oldest makes room."""
    shelf[key] = found
    for old in list(shelf)[:-MOST_KEPT]:
        shelf.pop(old, None)
