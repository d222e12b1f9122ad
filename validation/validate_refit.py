"""The sampler of `myotome refit`, part of `make soak`: what only an environment with JAX can check.

Runs itself again with .venv-science/bin/python (`make science`): the sampler's priors are those that forecasts are drawn
from, the same seed gives the same draws, gaps and several clinics are sampled without a divergence, the truth is found,
what is judged has not seen what it is judged by; then simulation-based calibration and refits of simulated clinics, each
with its own dated result.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SCIENCE = HERE.parent / ".venv-science" / "bin" / "python"
SCRIPTS = (["refit_calibration.py", "--clinics", "200"], ["check_refit.py"])


def check_priors() -> None:
    """Densities differ from those of the stored draws by a constant only; two are wider, as simulated clinics are."""
    from myotome.knowledge.recovery import prior
    from myotome.refit.sampler import priors
    from myotome.refit.simulated import truth_from
    from myotome.science.followup.draws import draws_of, log_prior

    chosen = prior("a")
    draws = draws_of(chosen, n=500)
    for name in ("duration", "spread", "rho", "natural", "floor", "noise", "bad_day"):
        found = np.asarray(priors(chosen)[name].log_prob(getattr(draws, name)))
        apart = found - log_prior(chosen, draws, (name,))
        assert np.ptp(apart) < 2e-2, name
    low, high = np.quantile(draws.tau, (0.4, 0.6))
    assert low < np.median(np.asarray(priors(chosen)["tau"].sample(_key(), (20_000,)))) < high
    for name in ("mu", "share"):
        drawn = np.asarray(priors(chosen)[name].sample(_key(), (20_000,)))
        true = np.array([truth_from(chosen, np.random.default_rng(seed))[name] for seed in range(400)])
        assert abs(drawn.mean() - true.mean()) < 4 * true.std() / 20, name
        assert drawn.std() > 1.3 * getattr(draws, name).std(), name


def check_sampler() -> None:
    """A clinic with gaps in three of ten covariates, then the same courses as those of two clinics."""
    from myotome.knowledge.recovery import prior
    from myotome.refit.courses import courses_from
    from myotome.refit.sampler import sampled
    from myotome.refit.simulated import simulated_clinic, truth_from
    from myotome.science.followup.fitted import SHARED

    chosen, rng = prior("a"), np.random.default_rng(5)
    truth = truth_from(chosen, rng)
    rows = simulated_clinic(chosen, truth, rng, n=150, n_practitioners=3).rows
    for row in rows:
        for name in ("duration_weeks", "segments", "scar", "age"):
            if rng.random() < 0.3:
                row[name] = None
    courses = courses_from(rows)
    first, again = (sampled(courses, n_draws=300) for _ in range(2))
    assert all(np.array_equal(first.draws[name], again.draws[name]) for name in SHARED)
    assert first.n_divergent == 0
    for name in SHARED:
        values = first.draws[name]
        assert abs(values.mean() - truth[name]) < 4 * values.std(), name
    two = courses_from([row | {"clinic": "ew"[k % 2]} for k, row in enumerate(rows)])
    both = sampled(two, n_warmup=350, n_draws=230)
    assert both.draws["mu"].shape == (2, 230)
    assert both.effects["clinic"].shape[2] == 2
    assert both.effects["practitioner"].shape[2] == 6
    assert both.n_divergent == 0


def check_unseen() -> None:
    """A run judged by courses that it has not seen finds what a fit of the others alone finds, and a refit fits them all."""
    from myotome.knowledge.recovery import prior
    from myotome.refit.courses import courses_from
    from myotome.refit.run import refit
    from myotome.refit.sampler import sampled
    from myotome.refit.scores import kept_out
    from myotome.refit.simulated import middle_of, simulated_clinic

    chosen, rng = prior("a"), np.random.default_rng(6)
    few, many = (
        simulated_clinic(chosen, middle_of(chosen, share=s), rng, n=n).rows for s, n in ((0.1, 120), (0.9, 80))
    )
    courses, held = courses_from([*few, *many]), np.arange(200) >= len(few)
    got, alone = sampled(courses, n_draws=400, held=held), sampled(courses.take(~held), n_draws=400)
    assert got.unseen is not None
    assert got.unseen.draws["mu"].shape == (2, 100)
    for name in ("share", "mu", "natural", "noise", "first_mean"):
        then, now = alone.draws[name], got.unseen.draws[name]
        assert abs(now.mean() - then.mean()) < 0.5 * then.std(), name
    assert got.draws["share"].mean() > got.unseen.draws["share"].mean() + 0.2
    about = refit(few).about
    assert about["data"]["n_courses"] == about["data"]["n_used"] == len(few)
    assert about["data"]["n_kept_out"] == len(kept_out(few)[1])


def _key() -> object:
    import jax

    return jax.random.PRNGKey(0)


def main() -> int:
    """0 when all of it holds."""
    if find_spec("numpyro") is None:
        if not SCIENCE.exists():
            print("validate_refit: `make science` first", file=sys.stderr)
            return 1
        return subprocess.run([SCIENCE, __file__], check=False).returncode
    check_priors()
    check_sampler()
    check_unseen()
    codes = [subprocess.run([sys.executable, HERE / s[0], *s[1:]], check=False).returncode for s in SCRIPTS]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
