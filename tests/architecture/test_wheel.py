"""The wheel alone is a working Myotome: built front end inside, no Node, no checkout."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_front_end_and_nothing_of_the_workshop(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"myotome/website/static/built/site.css", "myotome/website/static/built/site.js"} <= set(names)
    assert any(name.startswith("myotome/knowledge/") and name.endswith(".csv") for name in names)
    assert not [name for name in names if re.search(r"(^|/)(tests|node_modules|frontend|\.venv|var)/", name)]
    package = {name for name in names if not name.startswith("myotome-")}
    assert all(name.startswith("myotome/") for name in package)


def test_the_wheel_starts_a_demo_without_node(wheel, tmp_path):
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    packages = next(home.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # What the wheel depends on comes from the environment of the tests, without its editable myotome.
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"PATH": str(home / "bin"), "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    demo = subprocess.Popen(
        [home / "bin" / "python", "-m", "myotome", "demo", "--patients", "5", "--port", str(port)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = []
        for line in demo.stdout:
            lines.append(line.strip())
            if line.strip() == f"http://127.0.0.1:{port}/":
                break
        assert lines, demo.stderr.read()
        assert lines[-1] == f"http://127.0.0.1:{port}/", demo.stderr.read()
        page = urllib.request.urlopen(lines[-1], timeout=10).read().decode()
        styles = re.search(r'href="(/static/built/site\.[0-9a-f]{12}\.css)"', page)
        assert styles, page[:600]
        answer = urllib.request.urlopen(f"http://127.0.0.1:{port}{styles.group(1)}", timeout=10)
        assert "immutable" in answer.headers["Cache-Control"]
        assert len(answer.read()) > 10_000
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(30)
    assert demo.returncode == 0
    assert (
        str(packages)
        in subprocess.run(
            [home / "bin" / "python", "-c", "import myotome; print(myotome.__file__)"],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    assert os.path.isdir(tmp_path / "var" / "demo")
