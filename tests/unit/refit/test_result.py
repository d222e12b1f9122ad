"""The file of a refit: the same result gives the same bytes, and nothing else is taken for one."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from myotome.knowledge.recovery import prior
from myotome.refit.gates import Gate
from myotome.refit.result import basis_of, fit_from, from_bytes, to_bytes
from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.draws import N_DRAWS, draws_of
from myotome.science.followup.fitted import PRACTICE, SHARED
from myotome.science.followup.forecast import MODEL_VERSION
from myotome.vocabulary.errors import InvalidValue

COURSE = {"age": 50, "duration_weeks": 40, "segments": 2, "scar": False, "visits": [{"day": 0, "nrs": 7}]}


def a_fit(share: float = 0.6, passed: bool = True, practitioners=None):
    draws = draws_of(prior("a"), n=900, seed=3)
    shared = {name: getattr(draws, name) for name in SHARED} | {"share": np.full(900, share)}
    shared["first_mean"] = shared["first_mean"] + np.random.default_rng(1).normal(0, 0.2, 900)
    return fit_from(
        shared,
        {"practitioner": np.full(900, 0.1), "clinic": np.zeros(900)},
        data={"hash": "ab" * 32, "n_courses": 412, "n_scores": 3000},
        gates=(Gate("r_hat", 1.01, 1.02, passed, "mu"),),
        scores={},
        run={"seed": 1},
        practitioners=practitioners,
    )


def test_the_file_gives_back_what_went_in_and_the_same_bytes():
    fit = a_fit()
    raw = to_bytes(fit)
    back = from_bytes(raw)
    assert to_bytes(back) == raw
    assert back.version == fit.version
    assert back.about == fit.about
    assert all(value.shape == (N_DRAWS,) for value in back.shared.values())
    assert back.passed
    assert not a_fit(passed=False).passed
    assert a_fit(share=0.3).version != fit.version


def test_a_forecast_on_a_fit_says_so_and_forecasts_otherwise():
    basis = basis_of(from_bytes(to_bytes(a_fit(share=0.9))))
    answer, before = forecast_answer(COURSE, basis), forecast_answer(COURSE)
    assert answer["basis"]["kind"] == "fitted"
    assert answer["basis"]["n"] == 412
    assert answer["basis"]["data_hash"] == "ab" * 32
    assert answer["basis"]["version"].startswith(f"{MODEL_VERSION}/F-")
    assert len(answer["basis"]["version"]) <= 20
    assert before["basis"]["kind"] == "prior"
    assert answer["p_no_meaningful_change"] > before["p_no_meaningful_change"] + 0.2


def test_a_course_is_forecast_with_the_effect_of_its_own_practitioner_and_another_with_that_of_any():
    own = {"12": np.full(900, 0.8), "13": np.full(900, -0.8)}
    basis = basis_of(from_bytes(to_bytes(a_fit(practitioners=own))))
    any_one = forecast_answer(COURSE | {"practitioner": "99"}, basis)
    assert forecast_answer(COURSE, basis) == any_one
    assert not any_one["basis"]["is_of_practitioner"]
    strong, weak = (forecast_answer(COURSE | {"practitioner": name}, basis) for name in ("12", "13"))
    assert strong["basis"]["is_of_practitioner"]
    within = [answer["p_recovered_within"]["8"] for answer in (weak, any_one, strong)]
    assert within == sorted(within)
    assert within[2] > within[0] + 0.1
    np.testing.assert_allclose(basis.draws_with("12").mu, basis.draws.mu + np.float32(0.8), atol=1e-6)


def test_the_data_have_moved_what_is_narrower_or_elsewhere_and_nothing_else():
    rows = {row["name"]: row for row in a_fit().about["learned"]}
    assert set(rows) == set(SHARED)
    assert rows["share"]["moved"]
    assert rows["share"]["learned"] == [0.6, 0.6, 0.6]
    assert not rows["rho"]["moved"]
    assert not rows["scar"]["moved"]


def changed(raw: bytes, name: str, content: bytes | None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(out, "w") as after:
        for member in before.namelist():
            if member != name:
                after.writestr(member, before.read(member))
            elif content is not None:
                after.writestr(member, content)
    return out.getvalue()


def array(values) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: b"",
        lambda raw: raw[:-40],
        lambda raw: b"GIF89a" + raw,
        lambda raw: changed(raw, "mu.npy", None),
        lambda raw: changed(raw, f"{PRACTICE}.npy", array(np.zeros(10))),
        lambda raw: changed(raw, "mu.npy", array(np.full(N_DRAWS, np.nan))),
        lambda raw: changed(raw, "mu.npy", b"\x93NUMPY"),
        lambda raw: changed(raw, "about.json", b"[]"),
    ],
    ids=["nothing", "cut", "a picture before it", "no mu", "too few", "not finite", "no array", "no words"],
)
def test_what_is_no_result_is_refused(spoil):
    with pytest.raises(InvalidValue, match="no result of a refit"):
        from_bytes(spoil(to_bytes(a_fit())))


def test_a_result_of_another_model_and_one_too_large_are_refused():
    fit = a_fit()
    other = replace(fit, about=dict(fit.about) | {"model": "visit-0"})
    with pytest.raises(InvalidValue, match="visit-0"):
        from_bytes(to_bytes(other))
    bomb = changed(to_bytes(fit), "mu.npy", b"0" * 4_000_000)
    with pytest.raises(InvalidValue, match="larger"):
        from_bytes(bomb)
    assert json.loads(json.dumps(fit.about)) == fit.about
