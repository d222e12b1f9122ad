"""`myotome export PATIENT`: one patient's whole record in one zip, to hand over.

record.json (schema: docs/reference/record.schema.json), record.html (readable alone) and calendar.ics. The export is in
the patient's audit like every other reading of her chart.
"""

from __future__ import annotations

import argparse
import json
import os
import zipfile
from pathlib import Path
from typing import Any

from myotome.cli.answering import say_json, takes_json
from myotome.cli.copying import sync_folder
from myotome.cli.house import check_migrated, in_use, open_house
from myotome.cli.mistakes import Mistake, WrongUse


def add_to(commands: Any) -> None:
    """Adds `export`."""
    what = "write a patient's whole record to a zip file"
    command = commands.add_parser("export", help=what, description=what, allow_abbrev=False)
    command.add_argument("patient", metavar="PATIENT", help="her number, as it stands in the address of her chart")
    command.add_argument("--clinic", metavar="SLUG", help="needed where the database holds several clinics")
    command.add_argument("--output", metavar="FILE", type=Path, help="default: patient-NUMBER.zip in this folder")
    takes_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the zip; an existing file is never written over."""
    if not (options.patient.isascii() and options.patient.isdigit() and len(options.patient) < 18):
        raise WrongUse("PATIENT is a number; the desk finds it by name.")
    number = int(options.patient)
    target = (options.output or Path(f"patient-{number}.zip")).absolute()
    if target.exists():
        raise Mistake(f"{target} exists; --output names another file.")
    if not target.parent.is_dir():
        raise Mistake(f"there is no folder {target.parent}.")
    open_house()
    check_migrated()
    from django.utils import timezone

    with in_use():
        files = record_files(options.clinic, number, at=timezone.now())
    write_zip(target, files)
    answer = {"file": str(target), "bytes": target.stat().st_size, "members": sorted(files)}
    if options.json:
        say_json(answer)
    else:
        print(f"{target}: {', '.join(answer['members'])}. It holds health information; hand it over safely.")
    return 0


def record_files(clinic: str | None, patient_id: int, *, at: Any) -> dict[str, bytes]:
    """The members of the zip by name.

    Raises:
        Mistake: it is not clear which clinic is meant.
        NotFound: the clinic has no such patient.
    """
    from myotome.clinic.pathway.record import appointments_file, whole_record
    from myotome.clinic.people.queries import clinic_by_slug, clinics, system_actor
    from myotome.exchange.record.page import record_page
    from myotome.vocabulary.actors import Via

    rows = [clinic_by_slug(clinic)] if clinic else list(clinics()[:2])
    if not rows:
        raise Mistake("there is no clinic in this database yet.")
    if len(rows) > 1:
        raise Mistake("this database holds several clinics; --clinic SLUG says which one is meant.")
    actor = system_actor(rows[0], name="myotome export", via=Via.COMMAND)
    record = whole_record(actor, patient_id, at=at)
    return {
        "record.json": json.dumps(record, ensure_ascii=False, indent=1).encode(),
        "record.html": record_page(record).encode(),
        "calendar.ics": appointments_file(actor, patient_id, at=at),
    }


def write_zip(target: Path, files: dict[str, bytes]) -> None:
    """Writes the zip whole or not at all, readable by its owner alone."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in files.items():
                    archive.writestr(name, content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, target)
        sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)
