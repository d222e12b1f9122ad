"""The result of a refit as one file: 4,000 draws, the gates, scores beside the baselines, versions, hash of the data.

A NumPy archive with the draws as 32-bit floats and one JSON text, `about`. Reading one checks everything that a later
forecast relies on; a file of an older model is refused. The same draws and text give the same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from myotome.knowledge.recovery import prior
from myotome.refit.gates import Gate
from myotome.refit.priors import starts
from myotome.science.followup.draws import N_DRAWS, Array, Basis
from myotome.science.followup.fitted import PRACTICE, SHARED, VISIT_MODEL, fitted_basis, stored_sample
from myotome.science.followup.plain import FIRST, PLAIN_VERSION, Learned, Plain
from myotome.vocabulary.errors import InvalidValue

LEVELS = (0.1, 0.5, 0.9)
MOVED = 0.7
MOST_BYTES = 3_000_000
MOST_PRACTITIONERS = 50
"""So many have an effect of their own in the file: those with most courses."""
# What a person reads first; all else that is shared follows.
SHOWN = ("share", "mu", "spread", "duration", "extent", "scar", "age", "expected", "natural", "natural_duration")


OWN = "practitioner-"


@dataclass(frozen=True, slots=True)
class Fit:
    """A result: `shared` draws by name, (4000,) each, and what stands `about` them, as JSON."""

    about: Mapping[str, Any]
    shared: Mapping[str, Array]

    @property
    def passed(self) -> bool:
        """Whether it came through all gates."""
        return all(gate["passed"] for gate in self.about["gates"])

    @property
    def version(self) -> str:
        """Its short name in every forecast that rests on it: F for one fitted here, B for one brought in a file."""
        return f"{'B' if self.about.get('brought') else 'F'}-{sha256(to_bytes(self)).hexdigest()[:7]}"


def fit_from(
    shared: Mapping[str, Array],
    effects: Mapping[str, Array],
    *,
    data: Mapping[str, Any],
    gates: tuple[Gate, ...],
    scores: Mapping[str, Any],
    run: Mapping[str, Any],
    plain: Mapping[str, Any] | None = None,
    practitioners: Mapping[str, Array] | None = None,
) -> Fit:
    """The result of draws by name, (draw,) each; `effects` (draw, number) weighted over the courses they belong to, and
    by opaque word of a practitioner what she adds instead of the one in `effects`.
    """
    own = {f"{OWN}{name}": value for name, value in (practitioners or {}).items()}
    practice = {PRACTICE: sum(effects.values(), np.zeros(1))}
    kept = stored_sample({name: shared[name] for name in SHARED} | practice | own)
    kept = {name: np.asarray(value, dtype=np.float32) for name, value in kept.items()}
    about = {
        "model": VISIT_MODEL,
        "prior": prior("a").version,
        "definition": prior("a").definition,
        "data": dict(data),
        "gates": [asdict(gate) for gate in gates],
        "scores": dict(scores),
        "plain": dict(plain or {}),
        "practitioners": list(practitioners or {}),
        "run": dict(run),
        "learned": learned(kept),
    }
    return Fit(json.loads(json.dumps(about)), kept)


def learned(shared: Mapping[str, Array]) -> list[dict[str, Any]]:
    """For each shared parameter the middle and the range of eight in ten of what the fit began from and of what it found,
    and whether the data have moved it: its spread is below 0.7 of what it was, or its middle outside the range.
    """
    before = starts(prior("a"))
    rows = []
    for name in (*SHOWN, *(name for name in SHARED if name not in SHOWN)):
        then = np.asarray(shared[name], dtype=float)
        was = before[name].quantiles(np.array(LEVELS)).round(4).tolist()
        now = np.quantile(then, LEVELS).round(4).tolist()
        moved = bool(then.std() < MOVED * before[name].spread) or not was[0] <= now[1] <= was[2]
        rows.append({"name": name, "prior": was, "learned": now, "moved": moved})
    return rows


def to_bytes(fit: Fit) -> bytes:
    """The file; the same result gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_member("about.json"), json.dumps(fit.about, sort_keys=True, indent=1))
        for name in sorted(fit.shared):
            array = io.BytesIO()
            np.save(array, np.asarray(fit.shared[name], dtype=np.float32), allow_pickle=False)
            archive.writestr(_member(f"{name}.npy"), array.getvalue())
    return out.getvalue()


def from_bytes(raw: bytes) -> Fit:
    """The result in a file.

    Raises:
        InvalidValue: it is no such file, is damaged, or is of another version of the model.
    """
    if len(raw) > MOST_BYTES:
        raise InvalidValue("This is larger than the result of a refit.", field="file")
    if not raw.startswith(b"PK"):
        raise InvalidValue("This is no result of a refit, or it is damaged.", field="file")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise InvalidValue("This is larger than the result of a refit.", field="file")
            about = json.loads(archive.read("about.json"))
            names = (*SHARED, PRACTICE, *(f"{OWN}{name}" for name in _practitioners(about)))
            shared = {name: _draws_in(archive.read(f"{name}.npy")) for name in names}
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError, RuntimeError) as error:
        raise InvalidValue("This is no result of a refit, or it is damaged.", field="file") from error
    if not isinstance(about, dict):
        raise InvalidValue("This is no result of a refit, or it is damaged.", field="file")
    if about.get("model") != VISIT_MODEL or about.get("prior") != prior("a").version:
        raise InvalidValue(
            "This result is of model {theirs} and this program forecasts with {ours}: fit again.",
            field="file",
            theirs=str(about.get("model")),
            ours=VISIT_MODEL,
        )
    return Fit(about, shared)


def basis_of(fit: Fit) -> Basis:
    """The basis of forecasts that this result is."""
    data = fit.about["data"]
    return fitted_basis(
        fit.shared,
        version=fit.version,
        about=f"{data['n_courses']} courses with {data['n_scores']} scores{', from a file' if fit.about.get('brought') else ''}",
        n=int(data["n_courses"]),
        data_hash=str(data["hash"]),
        practitioners={name.removeprefix(OWN): value for name, value in fit.shared.items() if name.startswith(OWN)},
    )


def plain_of(about: Mapping[str, Any], name: str, *, version: str) -> Plain | None:
    """The baseline of a result, by name, as what can speak; None where too few courses told it anything, or where it was
    learned by another version of the baselines."""
    learned = {
        start: Learned(row["days"], *(tuple(row["baselines"][name][key]) for key in ("numbers", "off", "off_next")))
        for start, row in about.get("plain", {}).items()
        if row.get("version") == PLAIN_VERSION
    }
    if FIRST not in learned:
        return None
    return Plain(name, version, int(about["plain"][FIRST]["n"]), str(about["data"]["hash"]), learned)


def _practitioners(about: Any) -> list[str]:
    names = about.get("practitioners", []) if isinstance(about, dict) else []
    return [name for name in names if isinstance(name, str)][:MOST_PRACTITIONERS]


def _draws_in(raw: bytes) -> Array:
    """The draws of one member; its head is read before room is made for what it says."""
    head = io.BytesIO(raw)
    if np.lib.format.read_magic(head) != (1, 0):
        raise ValueError("written by another version of NumPy")
    shape, _, dtype = np.lib.format.read_array_header_1_0(head)
    if shape != (N_DRAWS,) or dtype.kind != "f":
        raise ValueError("not the draws of a refit")
    found: Array = np.load(io.BytesIO(raw), allow_pickle=False)
    if not np.isfinite(found).all():
        raise ValueError("not the draws of a refit")
    return found


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
