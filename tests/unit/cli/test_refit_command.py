"""`myotome refit`: refusals that name the way out, and a clear sentence where the extra is missing."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from importlib.util import find_spec

import pytest

from myotome.cli import main
from myotome.cli.refit import saying_it_is_alive
from myotome.refit.result import basis_of, to_bytes
from myotome.science.followup.answer import forecast_answer
from tests.fits import a_fit

COURSE = {"age": 45, "visits": [{"day": 0, "nrs": 7}, {"day": 7, "nrs": 5}]}


def asked(tmp_path, capsys, content, *more) -> tuple[int, str]:
    file = tmp_path / "courses.json"
    file.write_text(json.dumps(content))
    code = main(["refit", str(file), *more])
    return code, capsys.readouterr().err


def test_courses_of_a_file_need_a_place_for_the_result(tmp_path, capsys):
    code, said = asked(tmp_path, capsys, {"courses": [COURSE]})
    assert code == 2
    assert "--output" in said


def test_a_file_and_a_clinic_are_not_both_read(tmp_path, capsys):
    code, said = asked(tmp_path, capsys, {"courses": [COURSE]}, "--clinic", "alder", "--output", "x")
    assert code == 2
    assert "--clinic" in said


@pytest.mark.parametrize("content", [{}, {"courses": 3}, {"courses": [1]}])
def test_a_file_without_courses_is_refused(tmp_path, capsys, content):
    code, said = asked(tmp_path, capsys, content, "--output", str(tmp_path / "r"))
    assert code == 1
    assert "courses" in said


def test_a_result_is_never_written_over(tmp_path, capsys):
    there = tmp_path / "r"
    there.write_text("mine")
    code, said = asked(tmp_path, capsys, {"courses": [COURSE]}, "--output", str(there))
    assert code == 1
    assert "exists" in said
    assert there.read_text() == "mine"


def test_without_the_extra_it_says_how_to_add_it_and_with_it_that_courses_are_few(tmp_path, capsys):
    code, said = asked(tmp_path, capsys, {"courses": [COURSE] * 3}, "--output", str(tmp_path / "r"))
    assert code == 1
    assert ("too few" if find_spec("numpyro") else "pip install 'myotome[refit]'") in said
    assert not (tmp_path / "r").exists()


def test_nothing_that_the_command_line_loads_first_loads_a_sampler():
    code = "import sys, myotome.cli.entry as e; e.parser(); print(sorted({'jax', 'numpyro'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_refit_says_that_it_is_alive_until_it_ends_and_a_beat_that_fails_stops_nothing():
    said, enough = [], threading.Event()

    def say() -> None:
        said.append(1)
        if len(said) == 1:
            raise OSError("the database is away")
        enough.set()

    with saying_it_is_alive(say, every_s=0.001):
        assert enough.wait(20)
    assert "alive" not in {thread.name for thread in threading.enumerate()}


@pytest.fixture
def result(tmp_path):
    def written(**more):
        file = tmp_path / "result.zip"
        file.write_bytes(to_bytes(a_fit(**more)))
        return str(file)

    return written


@pytest.fixture
def course(tmp_path):
    file = tmp_path / "course.json"
    file.write_text(json.dumps(COURSE))
    return str(file)


def test_a_forecast_rests_on_the_result_that_is_named(course, result, capsys):
    assert main(["forecast", course, "--json"]) == 0
    before = json.loads(capsys.readouterr().out)
    assert main(["forecast", course, "--fit", result(share=0.9), "--json"]) == 0
    after = json.loads(capsys.readouterr().out)
    assert (before["basis"]["kind"], after["basis"]["kind"], after["basis"]["n"]) == ("prior", "fitted", 412)
    assert after["basis"]["version"].endswith(f"/{a_fit(share=0.9).version}")
    assert after["p_no_meaningful_change"] > before["p_no_meaningful_change"] + 0.1
    assert after["other_spacings"]["14"] != before["other_spacings"]["14"]
    assert after == {**after, **forecast_answer(COURSE, basis_of(a_fit(share=0.9)))}


def test_no_forecast_rests_on_a_result_that_did_not_pass_or_is_none(course, result, capsys):
    for fit, words in (
        (result(passed=False), "did not pass its checks (effective)"),
        (course, "no result of a refit"),
        ("nowhere.zip", "there is no file nowhere.zip"),
    ):
        assert main(["forecast", course, "--fit", fit]) == 1
        said = capsys.readouterr()
        assert words in said.err
        assert said.out == ""
