"""The result of a refit in a file from elsewhere: judged anew, and read without trust."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from myotome.refit import gates
from myotome.refit.brought import brought, check_sound
from myotome.refit.result import Fit, basis_of, from_bytes, to_bytes
from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.draws import N_DRAWS
from myotome.science.followup.fitted import PRACTICE
from myotome.vocabulary.errors import InvalidValue
from tests.fits import a_fit
from tests.unit.refit.test_result import COURSE, array, changed
from tests.unit.refit.test_result import a_fit as with_practitioners


def saying(**about) -> Fit:
    fit = a_fit()
    return replace(fit, about=json.loads(json.dumps(dict(fit.about))) | about)


def with_gate(name: str, **values) -> list[dict]:
    return [gate | (values if gate["name"] == name else {}) for gate in saying().about["gates"]]


def test_a_result_that_passed_passes_here_and_forecasts_the_same():
    fit = brought(from_bytes(to_bytes(a_fit(share=0.9))))
    assert fit.passed
    assert fit.version.startswith("B-")
    back = from_bytes(to_bytes(fit))
    assert (back.version, back.about) == (fit.version, fit.about)
    here, there = forecast_answer(COURSE, basis_of(a_fit(share=0.9))), forecast_answer(COURSE, basis_of(back))
    assert here["p_recovered_within"] == there["p_recovered_within"]
    assert there["basis"]["data"] == "412 courses with 3000 scores, from a file"
    assert there["basis"]["kind"] == "fitted"


@pytest.mark.parametrize(
    ("name", "found"), [("r_hat", 1.03), ("r_hat", 0.0), ("effective", 399), ("divergent", 1), ("divergent", -1)]
)
def test_what_was_found_is_held_against_our_limits_whatever_the_file_says_of_passing(name, found):
    fit = brought(saying(gates=with_gate(name, found=found, limit=found, passed=True)))
    assert [gate["name"] for gate in fit.about["gates"] if not gate["passed"]] == [name]


def test_calibration_is_of_this_program_and_not_of_the_file(monkeypatch):
    assert brought(saying(gates=with_gate("calibration", found=0.0, passed=False))).passed
    monkeypatch.setattr(gates, "calibration_record", dict)
    assert not brought(saying()).passed


def test_practitioners_baselines_and_what_nobody_reads_are_left_out_and_what_was_learned_is_read_off_the_draws():
    given = with_practitioners(practitioners={"12": np.full(900, 0.8)})
    given = replace(given, about=saying().about | {"practitioners": ["12"], "learned": [], "more": "\x00"})
    fit = brought(given)
    assert fit.about["learned"] == a_fit().about["learned"]
    assert (fit.about["practitioners"], fit.about["plain"], fit.about["run"]) == ([], {}, {})
    assert "more" not in fit.about
    assert set(fit.shared) == set(a_fit().shared)
    assert not forecast_answer(COURSE | {"practitioner": "12"}, basis_of(fit))["basis"]["is_of_practitioner"]


@pytest.mark.parametrize(
    "about",
    [
        {"gates": []},
        {"gates": None},
        {"gates": [1, 2]},
        {"gates": with_gate("r_hat", found="good")},
        {"gates": with_gate("r_hat", found=float("nan"))},
        {"data": {}},
        {"data": saying().about["data"] | {"n_courses": 0}},
        {"data": saying().about["data"] | {"n_scores": -3}},
        {"data": saying().about["data"] | {"n_scores": float("inf")}},
        {"data": saying().about["data"] | {"hash": "<b>"}},
        {"scores": {"first": {"n": 90}}},
        {"scores": {"first": saying().about["scores"]["first"] | {"model": {"crps": float("nan")}}}},
        {"scores": 7},
    ],
)
def test_a_result_that_does_not_say_what_has_to_be_known_is_refused(about):
    with pytest.raises(InvalidValue, match=r"does not say|cannot be read"):
        brought(from_bytes(to_bytes(saying(**about))))


@pytest.mark.parametrize(
    ("name", "value"),
    [("mu", 1e30), ("share", 1.2), ("share", -0.1), ("tau", 0.0), ("noise", 0.1), ("rho", 2.0), (PRACTICE, 30.0)],
)
def test_draws_that_no_fit_gives_are_refused(name, value):
    fit = a_fit()
    bad = Fit(fit.about, dict(fit.shared) | {name: np.full(N_DRAWS, value, dtype=np.float32)})
    with pytest.raises(InvalidValue, match="no fit gives"):
        check_sound(bad)
    check_sound(fit)


def written_as(head: str) -> bytes:
    """The head of an array alone, as NumPy writes it."""
    text = head.encode()
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        written_as("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000000,), }"),
        array(np.full(N_DRAWS, "text")),
        array(np.full(N_DRAWS, 1j)),
    ],
    ids=["says it is huge", "text", "complex"],
)
def test_an_array_that_is_no_draws_is_refused_before_room_is_made_for_it(content):
    with pytest.raises(InvalidValue, match="no result of a refit"):
        from_bytes(changed(to_bytes(a_fit()), "mu.npy", content))


def test_words_that_are_nested_too_deep_and_members_written_another_way_are_refused():
    deep = changed(to_bytes(a_fit()), "about.json", b"[" * 200_000)
    with pytest.raises(InvalidValue, match="no result of a refit"):
        from_bytes(deep)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("about.json", "{}")
    locked = bytearray(out.getvalue())
    locked[6] |= 1  # says that a password is needed, in both heads
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InvalidValue, match="no result of a refit"):
        from_bytes(bytes(locked))
