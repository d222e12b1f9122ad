"""`myotome refit`: learn the recovery model's numbers from courses, as a process of its own.

Without FILE it reads this clinic's courses and lays the result before the owner, who accepts it or not. With FILE it
touches no database: courses in, a result out.
"""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myotome.cli.answering import mapping_from, say_json, say_rows, takes_json
from myotome.cli.house import check_migrated, in_use, open_house
from myotome.cli.mistakes import Mistake, WrongUse

if TYPE_CHECKING:
    from myotome.refit.result import Fit
    from myotome.science.followup.draws import Basis

ALIVE_EVERY_S = 60.0
BASELINES = ("model", "no_change", "mean_change", "proportional", "sqrt_linear")


def add_to(commands: Any) -> None:
    """Adds `refit`."""
    what = "fit the recovery model to the clinic's own courses; nothing forecasts from it until the owner accepts it"
    command = commands.add_parser("refit", help=what, description=what, allow_abbrev=False)
    command.add_argument("file", metavar="FILE", nargs="?", help='JSON {"courses": [...]}; no database is touched')
    command.add_argument("--clinic", metavar="SLUG", help="needed where the database holds several clinics")
    command.add_argument("--fit", metavar="N", type=int, help="the number of a refit that was asked for on the page")
    command.add_argument("--output", metavar="RESULT", type=Path, help="write the result to this file as well")
    command.add_argument("--seed", metavar="N", type=int, default=1, help="default: 1; the same seed, the same draws")
    takes_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Fits, keeps the result, says whether it came through its gates."""
    if options.file and (options.clinic or options.fit):
        raise WrongUse("FILE holds the courses; --clinic and --fit are of a database.")
    if options.file and not options.output:
        raise WrongUse("--output says where the result goes.")
    if options.output and options.output.exists():
        raise Mistake(f"{options.output} exists; --output names another file.")
    if not 0 <= options.seed < 2**31:
        raise WrongUse("--seed is a whole number from 0 to 2147483647.")
    fit = of_file(options.file, options.seed) if options.file else of_clinic(options)
    if options.output:
        from myotome.refit.result import to_bytes

        write(options.output, to_bytes(fit))
    _say(fit, as_json=options.json)
    return 0


def of_file(file: str, seed: int) -> Fit:
    """The result for the courses in the file."""
    rows = mapping_from(file).get("courses")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Mistake(f'{file} holds no list of "courses".')
    from myotome.refit.run import refit

    return refit(rows, seed=seed)


def of_clinic(options: argparse.Namespace) -> Fit:
    """The result for the clinic's courses, kept for its owner; a failure is kept too."""
    open_house()
    check_migrated()
    from django.utils import timezone

    from myotome.clinic.learning.actions import begin_refit, is_still_wanted, keep_failure, keep_result
    from myotome.clinic.learning.courses import courses_to_learn_from
    from myotome.clinic.people.queries import clinic_by_slug, clinics, system_actor
    from myotome.refit.courses import readable
    from myotome.refit.run import check_installed, refit
    from myotome.vocabulary.actors import Via
    from myotome.vocabulary.errors import MyotomeError

    rows = [clinic_by_slug(options.clinic)] if options.clinic else list(clinics()[:2])
    if not rows:
        raise Mistake("there is no clinic in this database yet.")
    if len(rows) > 1:
        raise Mistake("this database holds several clinics; --clinic SLUG says which one is meant.")
    actor = system_actor(rows[0], name="myotome refit", via=Via.COMMAND)
    with in_use():
        if options.fit is None:
            check_installed()
        fit_id = options.fit or begin_refit(by=actor, at=timezone.now()).pk

        def is_wanted() -> bool:
            return is_still_wanted(by=actor, at=timezone.now(), fit_id=fit_id)

        if not is_wanted():
            raise Mistake("this refit is not running any more.")
        try:
            with saying_it_is_alive(is_wanted):
                courses, n_left_out = readable(courses_to_learn_from(actor))
                fit = refit(courses, seed=options.seed, n_left_out=n_left_out)
        except MyotomeError as error:
            keep_failure(by=actor, at=timezone.now(), fit_id=fit_id, message=str(error.message))
            raise
        except Exception as error:
            keep_failure(
                by=actor, at=timezone.now(), fit_id=fit_id, message=f"A fault of ours: {type(error).__name__}."
            )
            raise
        keep_result(by=actor, at=timezone.now(), fit_id=fit_id, fit=fit)
    return fit


@contextmanager
def saying_it_is_alive(say: Callable[[], object], *, every_s: float = ALIVE_EVERY_S) -> Iterator[None]:
    """While the block runs `say` is called beside it every so many seconds; a beat that fails is left out."""
    from django.db import connection

    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(every_s):
                with suppress(Exception):
                    say()
        finally:
            connection.close()

    beside = threading.Thread(target=beat, name="alive", daemon=True)
    beside.start()
    try:
        yield
    finally:
        over.set()
        beside.join()


def basis_in(file: Path) -> Basis:
    """What forecasts rest on that take the result in this file.

    Raises:
        Mistake: there is no such file, or the result did not pass its checks.
        InvalidValue: it is no result of a refit, or is of another model.
    """
    from myotome.refit.brought import brought
    from myotome.refit.result import MOST_BYTES, basis_of, from_bytes

    if not file.is_file():
        raise Mistake(f"there is no file {file}.")
    with file.open("rb") as content:
        fit = from_bytes(content.read(MOST_BYTES + 1))
    closed = [gate["name"] for gate in brought(fit).about["gates"] if not gate["passed"]]
    if closed:
        raise Mistake(f"{file} did not pass its checks ({', '.join(closed)}); no forecast rests on it.")
    return basis_of(fit)


def write(target: Path, raw: bytes) -> None:
    """Writes the file whole or not at all, readable by its owner alone."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(raw)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _say(fit: Fit, *, as_json: bool) -> None:
    if as_json:
        say_json({"version": fit.version, "passed": fit.passed, **fit.about})
        return
    data = fit.about["data"]
    print(f"{fit.version}: {data['n_used']} of {data['n_courses']} courses, {data['n_scores']} scores")
    if data.get("n_left_out"):
        print(f"{data['n_left_out']} more could not be read and were left out")
    say_rows(fit.about["gates"], ["name", "found", "limit", "about", "passed"])
    for known, row in fit.about["scores"].items():
        print(f"\nabout six weeks ahead, after the {known} score, {row['n']} courses that what is judged had not seen:")
        say_rows([{"forecast": name} | row[name] for name in BASELINES], ["forecast", "crps", "mae", "coverage80"])
    print("\nIt passed; the owner may accept it." if fit.passed else "\nIt did not pass and cannot be accepted.")
