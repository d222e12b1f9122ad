"""A mistake at the shell is one line and an exit code; nothing is changed and no traceback is shown."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from myotome.cli import main
from myotome.cli.answering import mapping_from
from myotome.cli.entry import told
from myotome.cli.mistakes import Mistake

SRC = Path(__file__).parents[3] / "src"


def shell(*arguments: str | bytes, data: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MYOTOME_", "DJANGO_"))}
    environment.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "myotome", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment | {"PYTHONPATH": str(SRC), "MYOTOME_DATA_DIR": str(data)},
        check=False,
        timeout=60,
    )


def says_one_line(done: subprocess.CompletedProcess[str], *, code: int, words: str) -> None:
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_python_m_myotome_is_myotome(tmp_path):
    done = shell("--version", data=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("myotome ")


@pytest.mark.parametrize("arguments", [[], ["fly"], ["demo", "--patients", "none"], ["serve", "--port", "99999"]])
def test_a_wrong_command_line_ends_with_2(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("table", ["muscles", "acupoints", "signs", "conditions"])
def test_tables_answer_in_json_and_in_columns(capsys, table):
    assert main([table, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len({row["id"] for row in rows}) == len(rows) > 10
    assert main([table]) == 0
    assert rows[-1]["id"] in capsys.readouterr().out


def test_a_pipe_that_closes_early_is_no_fault(tmp_path):
    line = f"{sys.executable} -m myotome muscles --json | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}"
    environment = os.environ | {"PYTHONPATH": str(SRC)}
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["segments", "forecast"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "holds a list"),
        ("7", "holds a number"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path, capsys, command, text, words):
    file = tmp_path / "asked.json"
    file.write_text(text)
    assert main([command, str(file)]) == 1
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1


def test_a_file_in_another_encoding_is_told(tmp_path):
    file = tmp_path / "asked.json"
    file.write_bytes('{"a": "é"}'.encode("utf-16"))
    with pytest.raises(Mistake, match="not UTF-8"):
        mapping_from(str(file))


def test_a_shorthand_line_is_answered_in_needles(capsys):
    assert main(["needles", "B LI4 ST36 20 .25x40 deqi retain 20m", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["site"], row["side"]) for row in rows] == [
        ("LI4", "left"),
        ("LI4", "right"),
        ("ST36", "left"),
        ("ST36", "right"),
    ]
    assert {row["depth_mm"] for row in rows} == {20}
    assert main(["needles", "L mlt-L5 40"]) == 1
    assert "characters 3 to 8: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "findings: an examination has a list of findings"),
        ('{"finding": []}', "finding: there is no such name; did you mean 'findings'?"),
        ('{"findings": [], "regions": "back_leg"}', "regions: there is no such name; did you mean 'region'?"),
        (
            '{"findings": [{"muscel": "soleus", "side": "left", "sign": "tender", "grade": 1}]}',
            "findings[0].muscel: there is no such name; did you mean 'muscle'?",
        ),
        ('{"findings": 3}', "findings: `findings` is a list."),
        ('{"findings": [3]}', "findings[0]: A finding is an object."),
    ],
)
def test_a_name_that_is_nearly_right_is_not_passed_over(tmp_path, capsys, text, words):
    file = tmp_path / "asked.json"
    file.write_text(text)
    assert main(["segments", str(file), "--json"]) == 1
    assert words in capsys.readouterr().err


def test_other_names_are_the_files_own(tmp_path, capsys):
    file = tmp_path / "asked.json"
    file.write_text('{"id": "series 4", "findings": [], "region": null, "expected": ["L5"]}')
    assert main(["segments", str(file), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["roots"]) == 60


@pytest.mark.parametrize("command", ["segments", "forecast"])
def test_a_missing_file_is_told(capsys, tmp_path, command):
    assert main([command, str(tmp_path / "nowhere.json")]) == 1
    assert "there is no file" in capsys.readouterr().err
    assert main([command, str(tmp_path)]) == 1
    assert "is not a file" in capsys.readouterr().err


def test_an_argument_that_is_not_utf8_is_told(tmp_path):
    says_one_line(shell("export", b"\xff\xfe", data=tmp_path), code=2, words="argument 2 is not valid UTF-8")


def test_a_missing_database_is_told_and_not_made(tmp_path):
    says_one_line(shell("export", "1", data=tmp_path), code=1, words="migrate")
    assert not (tmp_path / "patient-1.zip").exists()


def test_an_address_of_another_kind_of_database_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SRC), "MYOTOME_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "myotome", "check"],
        env=environment | {"DATABASE_URL": "mysql://x"},
        capture_output=True,
        text=True,
        check=False,
    )
    says_one_line(done, code=1, words="postgresql://")


def test_plain_http_does_not_leave_this_machine(tmp_path):
    says_one_line(shell("serve", "--host", "0.0.0.0", data=tmp_path), code=2, words="myotome certificate")


def test_a_certificate_and_a_strange_key_are_refused(tmp_path):
    for name in ("one", "two"):
        assert shell("certificate", "--host", "clinic.local", data=tmp_path / name).returncode == 0
    files = ("--certificate", str(tmp_path / "one/tls/server.crt"), "--key", str(tmp_path / "two/tls/server.key"))
    says_one_line(shell("serve", *files, data=tmp_path), code=1, words="not a certificate and its own key")
    says_one_line(shell("serve", *files[:2], data=tmp_path), code=2, words="go together")


def test_ctrl_c_ends_without_a_word(tmp_path):
    page = subprocess.Popen(
        [sys.executable, "-m", "myotome", "segments", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(SRC), "PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )
    try:
        import time

        deadline = time.monotonic() + 20
        while "pipe_read" not in _waits_for(page.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        page.send_signal(signal.SIGINT)
        out, err = page.communicate(timeout=20)
    finally:
        page.kill()
    assert (page.returncode, out, err) == (130, b"", b"")


def _waits_for(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/wchan").read_text() or "pipe_read"
    except OSError:
        return ""


def test_a_fault_of_ours_is_named_without_its_words():
    try:
        raise RuntimeError("Hannah Lindqvist, born 1968")
    except RuntimeError as error:
        sentence, code = told(error)
    assert code == 70
    assert "RuntimeError at test_command_line.py" in sentence
    assert "Lindqvist" not in sentence
