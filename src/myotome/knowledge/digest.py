"""What the tables of one version are: a digest of each file, so that no table changes under an old version's name.

`KNOWLEDGE_VERSION` covers the tables below; intake, measures, evidence, consents and recovery carry versions of their
own. After a change of a table, raise `KNOWLEDGE_VERSION` and run `python -m myotome.knowledge.digest`.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from myotome.knowledge import KNOWLEDGE_VERSION

HERE = Path(__file__).resolve().parent
NAME = "digest.toml"
PACKAGES = ("acupoints", "cautions", "conditions", "hazards", "muscles", "signs")


def digests(folder: Path = HERE) -> Mapping[str, str]:
    """The digest of each table of the version, by its path below `knowledge/`; ends of lines do not count."""
    tables = sorted(path for package in PACKAGES for path in (folder / package).glob("*.*") if path.suffix != ".py")
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        for path in tables
    }


def recorded(folder: Path = HERE) -> tuple[str, Mapping[str, str]]:
    """The version that was recorded last and the digests of its tables; nothing where none was."""
    path = folder / NAME
    data = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return str(data.get("version", "")), dict(data.get("tables", {}))


def differing(folder: Path = HERE) -> list[str]:
    """Tables that are new, gone or not as recorded."""
    now, then = digests(folder), recorded(folder)[1]
    return sorted(name for name in {*now, *then} if now.get(name) != then.get(name))


def record(folder: Path = HERE, version: str = KNOWLEDGE_VERSION) -> list[str]:
    """Records the tables of a version; answers which differ from what was recorded before.

    Raises:
        ValueError: tables changed and the version did not rise.
    """
    before, changed = recorded(folder)[0], differing(folder)
    if before and changed and _order(version) <= _order(before):
        raise ValueError(f"{', '.join(changed)} changed: raise KNOWLEDGE_VERSION above {before} first.")
    lines = [
        "# The tables of this version, written by `python -m myotome.knowledge.digest`. Never edited by hand.",
        f'version = "{version}"',
        "",
        "[tables]",
        *(f'"{name}" = "{digest}"' for name, digest in digests(folder).items()),
    ]
    (folder / NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return changed


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    try:
        print("\n".join(record()) or "No table changed.")
    except ValueError as fault:
        sys.exit(str(fault))
