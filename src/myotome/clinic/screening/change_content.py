"""Changing a caution or a condition for one clinic: a new version with a reason, a sign-off, a way back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.people.models import Clinic
from myotome.clinic.screening.clinical_content import (
    CAUTIONS,
    CONDITIONS,
    EDITABLE,
    OWN,
    content_row,
    digest_of,
    in_force,
    shipped_cells,
    shipped_digest,
    shipped_row,
    versions_of,
)
from myotome.clinic.screening.models import ContentVersion
from myotome.knowledge import acupoints, muscles, tables
from myotome.knowledge import cautions as caution_table
from myotome.knowledge import conditions as condition_table
from myotome.knowledge.cautions import Caution
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CautionLevel, Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, StaleVersion

_WITH_LEVELS = re.compile(r"(.+?)[\s,@]+([CTLS]\d+(?:\s*[-–]\s*[CTLS]\d+)?)", re.IGNORECASE)
LONGEST = {"name": 80, "lay_name": 80, "note": 600, "sentence": 300, "reason": 300}


@transaction.atomic
def change_content(
    *, by: Actor, at: datetime, table: str, row: str, version: int, given: Mapping[str, str], reason: str
) -> ContentVersion:
    """The row with these cells from now on, awaiting sign-off. `version` is the one she was looking at (0: as shipped).

    `given` holds the editable cells of the table as typed: muscles by their names or ids, one a line.

    Raises:
        NotFound: no such row.
        InvalidValue: names the cell; a shipped caution made softer or narrower, or no reason.
        StaleVersion: somebody changed the row meanwhile.
    """
    found = content_row(by, table, row)
    fixed = {} if found.shipped else {key: versions_of(by, table, row)[0].cells[key] for key in ("fact", "scope")}
    cells = _checked(table, row, {key: given.get(key, "").strip() for key in EDITABLE[table]}, **fixed)
    return _written(by, at, table, row, version, fixed | cells, _reason(reason), "content.changed")


@transaction.atomic
def add_caution(*, by: Actor, at: datetime, given: Mapping[str, str], reason: str) -> ContentVersion:
    """A caution of the clinic's own: a known fact, a level, where it holds, and its words.

    Raises:
        InvalidValue: names the cell, or no reason.
    """
    cells = {key: given.get(key, "").strip() for key in ("fact", "scope", *EDITABLE[CAUTIONS])}
    if cells["fact"] not in caution_table.facts():
        raise InvalidValue("Please choose the fact that raises this caution.", field="fact")
    if cells["scope"] not in caution_table.SCOPES:
        raise InvalidValue("Please choose where this caution holds.", field="scope")
    Clinic.objects.select_for_update().get(pk=by.clinic_id)
    taken = ContentVersion.objects.filter(clinic_id=by.clinic_id, row__startswith=OWN, version=1).count()
    row = f"{OWN}{taken + 1}"
    cells |= _checked(
        CAUTIONS, row, {key: cells[key] for key in EDITABLE[CAUTIONS]}, fact=cells["fact"], scope=cells["scope"]
    )
    return _written(by, at, CAUTIONS, row, 0, cells, _reason(reason), "content.added")


@transaction.atomic
def return_to_shipped(*, by: Actor, at: datetime, table: str, row: str, version: int, reason: str) -> ContentVersion:
    """The row as shipped again; a caution of the clinic's own is withdrawn and raises nothing from now on.

    Raises:
        NotFound: no such row.
        InvalidValue: no reason, or nothing was changed.
        StaleVersion: somebody changed the row meanwhile.
    """
    found = content_row(by, table, row)
    if not found.is_changed or found.now is None:
        raise InvalidValue("This already stands as it was shipped.", field="reason")
    cells = {} if found.shipped else {**versions_of(by, table, row).first().cells, "withdrawn": "yes"}
    return _written(by, at, table, row, version, cells, _reason(reason), "content.returned")


@transaction.atomic
def sign_off_content(*, by: Actor, at: datetime, table: str, row: str, version: int) -> ContentVersion:
    """The version, signed by a practitioner in her name. The shipped row can be signed as well.

    Raises:
        NotFound: no such row.
        NotAllowed: she is not a practitioner of this clinic.
        StaleVersion: somebody changed the row meanwhile: what she read is not what stands.
    """
    if not by.holds(Role.PRACTITIONER):
        raise NotAllowed("A sign-off is a practitioner's.")
    content_row(by, table, row)
    current = versions_of(by, table, row).select_for_update().first()
    if (current.version if current else 0) != version:
        raise StaleVersion("This was changed in the meantime. Read it again, then sign.")
    if current is None or current.shipped_digest != shipped_digest(table, row):
        current = _written(by, at, table, row, version, current.cells if current else {}, "", "content.kept")
    ContentVersion.objects.filter(pk=current.pk).update(signed_at=at, signed_by=by.name, signed_by_user_id=by.user_id)
    record(by=by, at=at, act="content.signed", subject=current, table=table, row=row, version=current.version)
    current.refresh_from_db()
    return current


def _written(
    by: Actor, at: datetime, table: str, row: str, version: int, cells: Mapping[str, str], reason: str, act: str
) -> ContentVersion:
    """The new version, the digest of the clinic moved with it, and the audit."""
    clinic = Clinic.objects.select_for_update().get(pk=by.clinic_id)
    before = versions_of(by, table, row).first()
    if (before.version if before else 0) != version:
        raise StaleVersion("This was changed in the meantime. Both versions are shown below.")
    if before is not None:
        ContentVersion.objects.filter(pk=before.pk).update(replaced_at=at)
    made = ContentVersion.objects.create(
        clinic_id=by.clinic_id,
        table=table,
        row=row,
        version=version + 1,
        cells=dict(cells),
        shipped_digest=shipped_digest(table, row),
        reason=reason,
        made_at=at,
        made_by=by.name,
    )
    clinic.content_digest = digest_of(in_force(by.clinic_id))
    clinic.save(update_fields=["content_digest"])
    record(by=by, at=at, act=act, subject=made, table=table, row=row, version=made.version)
    return made


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidValue("Please say why, and after which source.", field="reason")
    _no_longer("reason", text.strip())
    return text.strip()


def _no_longer(field: str, text: str) -> None:
    if field in LONGEST and len(text) > LONGEST[field]:
        raise InvalidValue("At most {most} characters, not {n}.", field=field, most=LONGEST[field], n=len(text))


def _checked(table: str, row: str, given: Mapping[str, str], *, fact: str = "", scope: str = "") -> dict[str, str]:
    """The cells as the table writes them."""
    for field, text in given.items():
        _no_longer(field, text)
    return _condition(given) if table == CONDITIONS else _caution(row, given, fact, scope)


def _condition(given: Mapping[str, str]) -> dict[str, str]:
    if not given["name"]:
        raise InvalidValue("A condition has a name.", field="name")
    if not given["lay_name"]:
        raise InvalidValue("Please give the words that a patient would use.", field="lay_name")
    sites = "; ".join(_site(line) for line in given["sites"].splitlines() if line.strip())
    if not sites:
        raise InvalidValue("Please name at least one muscle, one a line.", field="sites")
    segments = _plain(given["segments"])
    try:
        wanted = set(tables.span(segments, "segments"))
    except tables.BadTable:
        raise InvalidValue("Segments are one root or a stretch, such as L4-S1.", field="segments") from None
    reached: set[str] = set()
    for id, level in condition_table.sites_in(sites):
        reached |= set(muscles.link(id, level))
    if wanted - reached:
        raise InvalidValue(
            "None of the muscles below reaches {roots}.", field="segments", roots=", ".join(sorted(wanted - reached))
        )
    return {**given, "segments": segments, "sites": sites}


def _site(line: str) -> str:
    """A typed line, `Multifidus, L4-S1`, as the table writes it: `multifidus@L4-S1`."""
    found = _WITH_LEVELS.fullmatch(line.strip())
    words, stretch = found.groups() if found else (line, "")
    name = muscle_id(words)
    row, stretch = muscles.muscles()[name], _plain(stretch)
    if not row.levels and not stretch:
        return name
    try:
        levels = tables.span(stretch, "sites")
    except tables.BadTable:
        levels = ()
    if not levels or set(levels) - set(row.levels):
        if not row.levels:
            raise InvalidValue("{muscle} has no levels.", field="sites", muscle=row.name)
        raise InvalidValue(
            "{muscle} needs its levels, within {first} to {last}, such as “{muscle}, {first}”.",
            field="sites",
            muscle=row.name,
            first=row.levels[0],
            last=row.levels[-1],
        )
    return f"{name}@{stretch}"


def _plain(stretch: str) -> str:
    return stretch.upper().replace(" ", "").replace("–", "-")


def muscle_id(words: str, field: str = "sites") -> str:
    """The id of a muscle by its id or whole English or Latin name.

    Raises:
        InvalidValue: there is none; names the three nearest.
    """
    asked = words.strip().casefold()
    names: dict[str, str] = {}
    for row in muscles.muscles().values():
        for name in (row.latin, *row.synonyms, row.name, row.id, row.id.replace("_", " ")):
            names[name.casefold()] = row.id
    if asked not in names:
        nearest = ", ".join(get_close_matches(asked, names, n=3, cutoff=0.0))
        raise InvalidValue(
            "There is no muscle {typed!r}; the nearest are {nearest}.",
            field=field,
            typed=words.strip(),
            nearest=nearest,
        )
    return names[asked]


def _caution(row: str, given: Mapping[str, str], fact: str, scope: str) -> dict[str, str]:
    if given["level"] not in list(CautionLevel):
        raise InvalidValue("Please choose STOP, ASK or NOTE.", field="level")
    if not given["sentence"]:
        raise InvalidValue("Please write what is said before a needle.", field="sentence")
    shipped = shipped_row(CAUTIONS, row)
    before = dict(shipped_cells(CAUTIONS, row)) or {
        "code": row,
        "fact": fact,
        "scope": scope,
        "sources": "clinic belief",
    }
    kind = before["scope"]
    items = [item.strip() for line in given["where"].splitlines() for item in line.split(";") if item.strip()]
    if kind == "muscles":
        items = [muscle_id(item, "where") for item in items]
    elif kind == "points":
        items = [_point(item) for item in items]
    cells = {**given, "where": "; ".join(dict.fromkeys(items))}
    try:
        made = caution_table.parsed({**before, **cells})
    except tables.BadTable:
        raise InvalidValue(
            "These places are not known, or this caution needs none: {places}.",
            field="where",
            places=", ".join(items) or "–",
        ) from None
    if isinstance(shipped, Caution):
        _check_no_softer(shipped, made)
    return cells


def _point(code: str) -> str:
    if code.upper() not in acupoints.acupoints():
        raise InvalidValue("There is no point {typed}. Codes are such as LI4.", field="where", typed=code)
    return code.upper()


def _check_no_softer(shipped: Caution, made: Caution) -> None:
    order = tuple(CautionLevel)
    if order.index(made.level) > order.index(shipped.level):
        raise InvalidValue(
            "A shipped caution can be made graver, not softer than {level}. STOP is lifted at a patient, by correcting "
            "the fact that raised it.",
            field="level",
            level=shipped.level.value.upper(),
        )
    if gone := set(shipped.where) - set(made.where):
        raise InvalidValue(
            "A shipped caution can be widened, not narrowed: {places} stays.",
            field="where",
            places=", ".join(sorted(gone)),
        )
