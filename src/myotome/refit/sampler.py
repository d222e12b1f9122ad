"""Draws from the recovery model given courses: NumPyro's NUTS, two chains side by side. Needs the extra `refit`.

It begins from `refit.priors`: where that is wider than scenario A of knowledge.recovery, a fit would be held near A against
its own courses. What a clinic or a practitioner adds to the log of a treatment's
effect is drawn towards 0 with a fixed spread: a handful of them cannot tell how much they differ. A covariate that is not known is a latent value with the mean and
spread of those of whom it is not known.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

# JAX reads this once, when it is first loaded: one device for each chain.
os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=2")

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import biject_to, constraints
from numpyro.distributions.transforms import AffineTransform, ComposeTransform, SoftplusTransform
from numpyro.distributions.truncated import LeftTruncatedDistribution
from numpyro.infer import NUTS, init_to_value

from myotome.knowledge.recovery import Prior, prior
from myotome.refit.courses import Courses
from myotome.refit.gates import enough
from myotome.refit.likelihood import EFFECT_SD, course_log_likelihood, tells_of_leaving, unknown_moments
from myotome.refit.priors import Start, starts
from myotome.science.followup.draws import Array
from myotome.science.followup.fitted import SHARED

N_CHAINS = 2
WARMUP = 400
BLOCK = 100
MOST_DRAWS = 4000
SETTLES, N_UNSEEN = 100, 100
DEEPEST = 6, 10
"""Doublings of a trajectory during the warm-up and after it. Before the scales are known no trajectory turns round, and
with ten doublings the first hundred transitions cost more than all others together."""
OF_ONE_PERSON = frozenset({"z", "first_pain", "unknown"})
DIVERGENT = "diverging"
LEAVING = {"leave": dist.Normal(-3.0, 1.5), "leave_relief": dist.HalfNormal(10.0)}
"""Of who leaves without an answer, at a treatment with all of her first pain left: one in twenty, give or take; and how
much rarer it is the more of it has gone. The forecast does not need them; they keep the rest of a fit honest."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Draws by name, each (chain, draw); practitioner effects (chain, draw, practitioner); what sampling them took; and
    where courses were `held`, the draws of a run that had not seen those."""

    draws: Mapping[str, Array]
    effects: Mapping[str, Array]
    n_divergent: int
    n_warmup: int
    seconds: float
    unseen: Sampled | None = None


def sampled(
    courses: Courses,
    *,
    seed: int = 1,
    n_warmup: int = WARMUP,
    n_draws: int | None = None,
    held: Array | None = None,
) -> Sampled:
    """Draws of the parameters given these courses; the same seed gives the same draws.

    Without `n_draws` each chain goes on by blocks until the gates of agreement and effective size are met, or `MOST_DRAWS`.
    From where it ends a shorter run goes on without the courses that are `held` (course,), true or false: its draws can
    be judged by them. It settles within `SETTLES` transitions, having its scales from the run before.
    """
    chosen = prior("a")
    begun = time.perf_counter()
    kernel = _kernel(chosen, courses)
    all_count = () if held is None else (jnp.ones(len(courses)),)
    keys = jax.random.split(jax.random.PRNGKey(seed), N_CHAINS)
    state = _of_each_chain(lambda key: kernel.init(key, n_warmup, None, all_count, {}))(keys)
    go_on = _of_each_chain(_block_of(kernel), (0, None))
    state, found = _drawn(go_on, state, all_count, n_warmup, n_draws)
    unseen = None
    if held is not None:
        begun_again = time.perf_counter()
        _, short = _drawn(go_on, state, (jnp.asarray(~held, dtype=float),), SETTLES, N_UNSEEN)
        unseen = _sampled(short, SETTLES, time.perf_counter() - begun_again)
    return _sampled(found, n_warmup, time.perf_counter() - begun, unseen)


def _drawn(go_on: Any, state: Any, counted: Any, n_skipped: int, n_draws: int | None) -> tuple[Any, dict[str, Array]]:
    """(state, values (chain, draw, ...) by name) of `n_draws` after the skipped ones, or of as many as are enough."""
    blocks: list[dict[str, Array]] = []
    while True:
        state, got = go_on(state, counted)
        blocks.append({name: np.asarray(value, dtype=float) for name, value in got.items()})
        n_found = BLOCK * len(blocks) - n_skipped
        if n_found < (n_draws or 1):
            continue
        end = n_skipped + (n_draws or n_found)
        found = {name: np.concatenate([b[name] for b in blocks], axis=1)[:, n_skipped:end] for name in blocks[0]}
        if n_draws or enough(_watched(found)) or n_found >= MOST_DRAWS:
            return state, found


def _watched(found: Mapping[str, Array]) -> dict[str, Array]:
    return {name: value for name, value in found.items() if value.ndim == 2 and name != DIVERGENT}


def _sampled(found: Mapping[str, Array], n_warmup: int, seconds: float, unseen: Sampled | None = None) -> Sampled:
    effects = {
        name: sd * found[f"{name}_z"] if f"{name}_z" in found else np.zeros((*found["mu"].shape, 1))
        for name, sd in EFFECT_SD.items()
    }
    return Sampled(_watched(found), effects, int(found[DIVERGENT].sum()), n_warmup, seconds, unseen)


def _kernel(chosen: Prior, courses: Courses) -> NUTS:
    beside = [f"{e}_z" for e, size in sizes(courses).items() if size > 1]
    beside += list(LEAVING) if tells_of_leaving(courses) else []
    return NUTS(
        partial(model, chosen, courses, _first_answers(chosen, courses)),
        dense_mass=[(*SHARED, *beside)],
        max_tree_depth=DEEPEST,
        init_strategy=init_to_value(values=_start(chosen, courses)),
    )


def _block_of(kernel: NUTS) -> Any:
    """What takes the state of a chain `BLOCK` transitions further, given which courses count: (state, values (draw,) by name).

    It is compiled once; `numpyro.infer.MCMC` compiles for the warm-up and for each block anew, which takes longer than a block.
    """

    def block(state: Any, counted: Any) -> tuple[Any, dict[str, Any]]:
        constrained = kernel.postprocess_fn(counted, {})

        def transition(state: Any, _: None) -> tuple[Any, dict[str, Any]]:
            state = kernel.sample(state, counted, {})
            values = {name: value for name, value in constrained(state.z).items() if name not in OF_ONE_PERSON}
            return state, values | {DIVERGENT: state.diverging}

        return jax.lax.scan(transition, state, None, length=BLOCK)

    return block


def _of_each_chain(function: Any, axes: Any = 0) -> Any:
    if jax.local_device_count() >= N_CHAINS:
        return jax.pmap(function, in_axes=axes)
    return jax.jit(jax.vmap(function, in_axes=axes))


def model(chosen: Prior, courses: Courses, first_answers: Array, counted: Any = None) -> None:
    """The model in NumPyro's language: priors of `chosen`, then the likelihood of the courses.

    `counted` (course,) is 1 for those that are seen and 0 for others. What belongs to a person who is not seen has a
    distribution of its own in place of her prior, as wide as if she were: it tells nothing of what people share, and the
    scales of a run that saw her suit it.
    """
    at: dict[str, Any] = {name: numpyro.sample(name, d) for name, d in priors(chosen).items()}
    n = len(courses)
    row = chosen.table["first_pain"]
    with numpyro.plate("course", n):
        at["z"] = numpyro.sample("z", dist.Normal(0.0, 1.0))
        bounds = {"low": float(row["low"]), "high": float(row["high"])}
        first = dist.TruncatedNormal(at["first_mean"], at["first_sd"], **bounds)
        at["first_pain"] = numpyro.sample("first_pain", first)
    for name, size in sizes(courses).items():
        at[name] = jnp.zeros(1)
        if size > 1:
            at[name] = EFFECT_SD[name] * numpyro.sample(f"{name}_z", dist.Normal(jnp.zeros(size), 1.0).to_event(1))
    if tells_of_leaving(courses):
        at |= {name: numpyro.sample(name, d) for name, d in LEAVING.items()}
    told = course_log_likelihood(at, _filled(chosen, courses), courses, xp=jnp)
    if counted is not None:
        kept = _own(at["z"], 0.0, 0.6) - _own(at["z"], 0.0, 1.0)
        kept += _own(at["first_pain"], first_answers, 0.5) - first.log_prob(at["first_pain"])
        told = counted * told + (1.0 - counted) * kept
    numpyro.factor("scores", told.sum())


def _own(values: Any, mean: Any, sd: float) -> Any:
    return dist.Normal(mean, sd).log_prob(values)


def sizes(courses: Courses) -> dict[str, int]:
    """How many there are of each that has an effect of its own; of one alone there is none beside `mu`."""
    return {"practitioner": courses.n_practitioners, "clinic": courses.n_clinics}


def priors(chosen: Prior) -> dict[str, Any]:
    """The prior distribution of each shared parameter."""
    return {name: _distribution(start) for name, start in starts(chosen).items()}


class Above(LeftTruncatedDistribution):  # type: ignore[misc]
    """A normal cut from below, sampled as it is but for a stretch of a quarter of its spread above the cut.

    On a logarithm, NumPyro's own way, the floor's tail towards 0 spreads so wide that steps which suit it are unstable at
    a floor of .8 and above: trajectories diverge there.
    """

    def __init__(self, mean: float, sd: float, low: float) -> None:
        super().__init__(dist.Normal(mean, sd), low)
        self._support = _Stretched(low, 0.25 * sd)


class _Stretched(constraints.Constraint):  # type: ignore[misc]
    def __init__(self, low: float, width: float) -> None:
        self.low, self.width = low, width

    def __call__(self, x: Any) -> Any:
        return x >= self.low

    def feasible_like(self, prototype: Any) -> Any:
        return jnp.full_like(prototype, self.low + self.width)

    def tree_flatten(self) -> Any:
        return (self.low, self.width), (("low", "width"), {})


@biject_to.register(_Stretched)
def _stretched(constraint: _Stretched) -> Any:
    wide = AffineTransform(constraint.low, constraint.width, domain=constraints.softplus_positive)
    return ComposeTransform([SoftplusTransform(), wide])


def _distribution(start: Start) -> Any:
    if start.kind == "normal" and start.low is not None and start.high is None:
        return Above(start.first, start.second, start.low)
    if start.kind == "normal" and start.high is not None:
        return dist.TruncatedNormal(start.first, start.second, low=start.low, high=start.high)
    kinds = {"normal": dist.Normal, "beta": dist.Beta, "lognormal": dist.LogNormal}
    return kinds[start.kind](start.first, start.second)


def _filled(chosen: Prior, courses: Courses) -> Any:
    """Covariates with a latent value in each gap."""
    gaps = np.isnan(courses.covariates)
    if not gaps.any():
        return courses.covariates
    mean, sd = unknown_moments(chosen)
    rows, columns = np.nonzero(gaps)
    latent = numpyro.sample("unknown", dist.Normal(jnp.zeros(len(rows)), 1.0).to_event(1))
    known = jnp.asarray(np.where(gaps, 0.0, courses.covariates))
    return known.at[rows, columns].set(mean[columns] + sd[columns] * latent)


def _start(chosen: Prior, courses: Courses) -> dict[str, Any]:
    """Where the chains begin: the prior's middle, and for each person what she first answered."""
    at = {name: float(d.mean) for name, d in priors(chosen).items()}
    at |= {"leave": -3.0, "leave_relief": 5.0} if tells_of_leaving(courses) else {}
    values: dict[str, Any] = at | {"first_pain": _first_answers(chosen, courses), "z": np.zeros(len(courses))}
    return {name: jnp.asarray(value) for name, value in values.items()}


def _first_answers(chosen: Prior, courses: Courses) -> Any:
    """Pain at the first visit (course,) as she answered it; without an answer the prior's middle."""
    begun = priors(chosen)
    told = courses.scores[:, 0] - float(begun["bad_day"].mean)
    first = np.where(courses.scores[:, 0] >= 0, told, float(begun["first_mean"].mean))
    low, high = chosen.number("first_pain", "low"), chosen.number("first_pain", "high")
    return np.clip(first, low + 0.3, high - 0.3)
