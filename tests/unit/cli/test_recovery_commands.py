"""`validate-recovery`, `simulate` and `forecast` at the shell: answers, tables, and one line for a mistake."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from myotome.cli import main
from myotome.cli.answering import say_json


@pytest.fixture
def trial(tmp_path):
    rng = np.random.default_rng(3)
    for name in ("a", "b"):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "pain_0", "pain_8", "age", "arm"])
            for k in range(60):
                first = rng.uniform(4, 9)
                last = max(0.0, first * rng.choice([0.3, 0.9]) + rng.normal() * 0.5)
                rows.writerow(
                    [k, f"{first:.1f}", f"{min(last, 10):.1f}" if k else "", "" if k % 9 == 0 else 30 + k, "x"]
                )
    return tmp_path


def arguments(folder, *more: str) -> list[str]:
    files = ["--train", str(folder / "a.csv"), "--test", str(folder / "b.csv")]
    return ["validate-recovery", *files, "--outcome", "pain_8", "--baseline", "pain_0", "--scale", "0:10", *more]


def test_the_answer_is_json_or_a_table(trial, capsys):
    assert main(arguments(trial, "--covariates", "age", "--arm", "arm", "--json")) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["n"] == 59
    assert set(answer["baselines"]) == {"no_change", "mean_change", "proportional", "sqrt_linear"}
    assert main(arguments(trial)) == 0
    table = capsys.readouterr().out
    assert "fitted to 59 people, held against 59 others" in table
    assert "recovery model" in table


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--covariates", "weight"], 1, "no column 'weight'"),
        (["--scale", "10"], 2, "--scale is MIN:MAX"),
        (["--scale", "0:inf"], 2, "--scale is MIN:MAX"),
        (["--scale=-1e308:1e308"], 2, "--scale is MIN:MAX"),
        (["--update", "pain_8"], 1, "pain_8 is asked for twice"),
        (["--scale", "0:5"], 1, "outside 0 to 5"),
        (["--train", "nowhere.csv"], 1, "there is no file nowhere.csv"),
    ],
)
def test_a_mistake_is_one_line(trial, capsys, more, code, words):
    assert main(arguments(trial, *more)) == code
    said = capsys.readouterr()
    assert words in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert said.out == ""


def test_a_scale_may_begin_below_zero(trial, capsys):
    for file in ("a.csv", "b.csv"):
        rows = (trial / file).read_text().splitlines()
        (trial / file).write_text("\n".join([rows[0], *(_five_lower(row) for row in rows[1:])]))
    figures = []
    for scale in (["--scale", "-5:5"], ["--scale=-5:5"], ["--scale", "-5.0:5e0"]):
        assert main([*arguments(trial, "--json")[:-3], *scale, "--json"]) == 0
        figures.append(json.loads(capsys.readouterr().out))
    assert figures[0] == figures[1] == figures[2]
    assert figures[0]["n"] == 59


def _five_lower(row: str) -> str:
    who, *scores, age, arm = row.split(",")
    return ",".join([who, *(f"{float(score) - 5:.1f}" if score else "" for score in scores), age, arm])


def test_what_is_no_number_is_said_with_its_file_and_line(trial, capsys):
    rows = (trial / "b.csv").read_text().splitlines()
    (trial / "b.csv").write_text("\n".join([*rows[:7], rows[7].replace(rows[7].split(",")[1], "seven")]))
    assert main(arguments(trial)) == 1
    assert "test, line 8: pain_0 holds 'seven', which is no number; an empty cell is missing" in capsys.readouterr().err


def test_a_table_that_is_no_table_is_refused(trial, capsys):
    (trial / "a.csv").write_text("pain_0,pain_8\n7,3,9\n")
    assert main(arguments(trial)) == 1
    assert "not as many cells" in capsys.readouterr().err


def test_simulate_compares_policies_in_a_table_with_a_picture(tmp_path, capsys):
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"patients": 500, "price": 95}))
    assert main(["simulate", str(plan)]) == 0
    said = capsys.readouterr().out
    assert "500 simulated courses, scenario A" in said
    for words in ("weekly, review at 4", "Recovered is two scores in a row", "recovered", "treatments", "####"):
        assert words in said
    assert main(["simulate", str(plan), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["policies"]) == 4


def test_forecast_reads_the_course_and_refuses_a_wrong_one(tmp_path, capsys):
    file = tmp_path / "course.json"
    file.write_text(json.dumps({"condition": "low_back_pain", "visits": [{"day": 0, "nrs": 7}]}))
    assert main(["forecast", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["basis"]["definition"] == "latent-1"
    file.write_text(json.dumps({"visits": [{"day": 0, "nrs": 70}]}))
    assert main(["forecast", str(file)]) == 1
    assert "nrs is 0 to 10" in capsys.readouterr().err


def test_nothing_but_zeros_is_refused_until_they_are_said_to_be_real(tmp_path, capsys):
    file = tmp_path / "course.json"
    visits = [{"day": 7 * k, "nrs": 0} for k in range(5)]
    file.write_text(json.dumps({"visits": visits}))
    assert main(["forecast", str(file), "--json"]) == 1
    said = capsys.readouterr()
    assert "every score is 0" in said.err
    assert "--zero-is-real" in said.err
    assert said.out == ""
    assert main(["forecast", str(file), "--json", "--zero-is-real"]) == 0
    assert json.loads(capsys.readouterr().out)["treatments_left"]["q90"] == 0
    file.write_text(json.dumps({"visits": visits[:1]}))
    assert main(["forecast", str(file), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["treatments_left"]["q10"] < 10
    assert answer["treatments_left"]["q90"] is None


def test_a_last_zero_is_wide_until_it_is_said_to_be_real(tmp_path, capsys):
    file = tmp_path / "course.json"
    file.write_text(json.dumps({"visits": [{"day": 0, "nrs": 8}, {"day": 7, "nrs": 0}]}))
    found = []
    for more in ([], ["--zero-is-real"]):
        assert main(["forecast", str(file), "--json", *more]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0]["treatments_left"]["q90"] > 3 > found[1]["treatments_left"]["q90"]
    assert found[0]["other_spacings"]["14"] != found[1]["other_spacings"]["14"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"age": 1%s}' % ("0" * 390), "age is 0 to 120."),
        ('{"age": 1%s}' % ("0" * 5000), "a number has 5001 digits"),
        ('{"age": 1e999}', "age is 0 to 120."),
        ('{"visits": [{"day": 0, "nrs": 1%s}]}' % ("0" * 390), "nrs is 0 to 10."),
    ],
    ids=["long", "too long", "infinite", "score"],
)  # fmt: skip
def test_a_number_beyond_all_numbers_is_one_line(tmp_path, capsys, text, words):
    file = tmp_path / "course.json"
    file.write_text(text)
    assert main(["forecast", str(file)]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1
    assert "set_int_max" not in said


def test_what_is_no_number_is_never_said_as_json(capsys):
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            say_json({"crps": value})
    assert capsys.readouterr().out == ""


def test_what_is_not_reached_is_said_in_words_and_null_in_json(tmp_path, capsys):
    file = tmp_path / "course.json"
    file.write_text(json.dumps({"duration_weeks": 1500, "age": 70, "visits": [{"day": 0, "nrs": 8}]}))
    assert main(["forecast", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["treatments_left"]["q90"] is None
    assert main(["forecast", str(file)]) == 0
    text = capsys.readouterr().out
    assert "  q90: not on this plan" in text
    assert "None" not in text
