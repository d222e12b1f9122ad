"""A whole refit: courses in, a result out. The sampler is loaded here and only when it runs."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from importlib import metadata, util
from typing import TYPE_CHECKING, Any

import numpy as np

from myotome.refit.courses import Courses, courses_from, data_hash, practitioners_in, sample_of
from myotome.refit.gates import gates_of
from myotome.refit.result import MOST_PRACTITIONERS, Fit, basis_of, fit_from
from myotome.refit.scores import kept_out, plain_fits, scores_of_fit
from myotome.science.followup.fitted import SHARED
from myotome.vocabulary.errors import ExtraMissing, TooFewCourses

if TYPE_CHECKING:
    from myotome.refit.sampler import Sampled

MOST_FITTED = 1500
FEWEST_COURSES = 50


def check_installed() -> None:
    """Nothing, when the extra is there.

    Raises:
        ExtraMissing: it is not; the message says how to add it.
    """
    if util.find_spec("numpyro") is None or util.find_spec("jax") is None:
        raise ExtraMissing("A refit needs NumPyro and JAX, which are not installed here: pip install 'myotome[refit]'.")


def refit(rows: Sequence[Mapping[str, Any]], *, seed: int = 1, n_left_out: int = 0) -> Fit:
    """The result of fitting these courses; whether it came through the gates stands in it, and how many others were
    left out because they could not be read.

    It is judged by one course in five. Up to `MOST_FITTED` all are fitted, and a shorter run that has not seen these is
    what is judged; of more they are never fitted.

    Raises:
        ExtraMissing: the packages are not installed.
        TooFewCourses: fewer than fifty courses with a score.
        InvalidValue: a course cannot be read.
    """
    check_installed()
    from myotome.refit.sampler import sampled

    begun = time.perf_counter()
    seen, unseen = kept_out(rows)
    is_all_fitted = len(rows) <= MOST_FITTED
    fitted = [*seen, *unseen] if is_all_fitted else seen
    courses = courses_from(fitted)
    if len(courses) < FEWEST_COURSES:
        raise TooFewCourses(
            "{n} courses with a score are too few; a refit needs {fewest}.", n=len(courses), fewest=FEWEST_COURSES
        )
    used = sample_of(courses, MOST_FITTED, seed=seed)
    is_unseen = np.arange(len(courses)) >= len(courses_from(seen)) if is_all_fitted else None
    got = sampled(used, seed=seed, held=is_unseen)
    data = {
        "hash": data_hash(rows),
        "n_courses": len(courses),
        "n_used": len(used),
        "n_scores": used.n_scores,
        "n_practitioners": used.n_practitioners,
        "n_kept_out": len(unseen),
    }
    if n_left_out:
        data["n_left_out"] = n_left_out
    run = {
        "seed": seed,
        "chains": len(got.draws["mu"]),
        "warmup": got.n_warmup,
        "draws": got.draws["mu"].shape[1],
        "versions": versions(),
    }
    gates = gates_of(got.draws, n_divergent=got.n_divergent)
    names = practitioners_in(fitted)
    judged = fit_from(**_kept(got.unseen or got, used, names, seed), data=data, gates=gates, scores={}, run=run)
    scores, plain = scores_of_fit(basis_of(judged), seen, unseen), plain_fits(rows)
    run["seconds"] = {
        "sampling": round(got.seconds, 1),
        "judging": round(got.unseen.seconds, 1) if got.unseen else 0.0,
        "all": round(time.perf_counter() - begun, 1),
    }
    kept = _kept(got, used, names, seed)
    return fit_from(**kept, data=data, gates=gates, scores=scores, run=run, plain=plain)


def _kept(got: Sampled, used: Courses, names: Sequence[str], seed: int) -> dict[str, Any]:
    """What a result keeps of draws: those that people share, the effects of who treats, and of single practitioners."""
    effects = {name: _of_a_course(value, used, name, seed) for name, value in got.effects.items()}
    own = of_practitioners(got.effects["practitioner"], effects["practitioner"], used, names)
    shared = {name: got.draws[name].reshape(-1) for name in SHARED}
    return {"shared": shared, "effects": effects, "practitioners": own}


def versions() -> dict[str, str]:
    """What computed it."""
    names = ("numpyro", "jax", "numpy", "scipy", "myotome")
    found = {name: metadata.version(name) for name in names}
    return found | {"python": platform.python_version()}


def _of_a_course(effects: Any, courses: Courses, name: str, seed: int) -> Any:
    """For each draw the effect of whoever treats a course of this clinic, practitioners by how much they treat."""
    flat = effects.reshape(-1, effects.shape[-1])
    if flat.shape[1] == 1:
        return flat[:, 0]
    who = np.random.default_rng(seed).choice(getattr(courses, name), size=len(flat))
    return flat[np.arange(len(flat)), who]


def of_practitioners(effects: Any, any_one: Any, courses: Courses, names: Sequence[str]) -> dict[str, Any]:
    """For each practitioner with a word, most courses first, what she adds to each draw instead of `any_one`.

    Of one clinic only: in a result of several clinics nobody is known.
    """
    flat = effects.reshape(-1, effects.shape[-1])
    if flat.shape[1] == 1 or courses.n_clinics > 1:
        return {}
    most = np.argsort(-np.bincount(courses.practitioner, minlength=len(names)), kind="stable")
    return {names[k]: flat[:, k] - any_one for k in most[:MOST_PRACTITIONERS] if names[k]}
