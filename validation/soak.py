"""The full counts: every test with `MYOTOME_SOAK=1`, then the long validations; may take hours.

    python validation/soak.py [TESTS ...]    (a part of the tests: neither coverage nor the long validations)

Run by `make soak`, beside a PostgreSQL of its own: what touches rows runs on it first, then everything on SQLite. Tests
that are named run on both. Writes validation/results/soak-<date>.json: date, commit, the tree of the code it covers, and
for each database and file of tests how many ran, failed and how long they took. The validations, the branches of the
examination's reasoning among them, write their own. Ends with 1 on a failure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from stale import COVERED, head

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LONGER = (
    ["validation/reasoning_coverage.py"],
    ["-m", "validation.examination"],
    ["validation/check_recovery.py"],
    ["validation/validate_refit.py"],
)
"""What takes minutes and writes its own dated result. Timings are `benchmarks/`, by hand on a quiet machine."""


def counts(junit: Path, depth: int) -> dict[str, dict[str, Any]]:
    """Tests, failures and seconds by folder of tests (`depth` 2) or by file, of a JUnit file."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"tests": 0, "failed": 0, "seconds": 0.0})
    for case in ElementTree.parse(junit).iter("testcase"):
        row = found[".".join(case.get("classname", "").split(".")[:depth])]
        row["tests"] += 1
        row["failed"] += any(child.tag in {"failure", "error"} for child in case)
        row["seconds"] = round(row["seconds"] + float(case.get("time", 0)), 1)
    return dict(sorted(found.items()))


def tested(tests: list[str], database_url: str, depth: int) -> tuple[int, dict[str, dict[str, Any]]]:
    """Pytest's exit code and counts for these tests on one database; embedded SQLite without an address."""
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", *tests, f"--junitxml={junit}"]
        environment = os.environ | {"MYOTOME_SOAK": "1"} | ({"DATABASE_URL": database_url} if database_url else {})
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        return code, counts(junit, depth) if junit.exists() else {}


def main() -> int:
    """Runs everything, or the tests that were named, and writes the result, good or bad."""
    named = sys.argv[1:]
    result = {**head(COVERED), "load": os.getloadavg()[0]}
    depth = 5 if named else 2
    code, result["postgresql"] = tested(
        named or ["tests/clinic", "tests/spec"], os.environ["MYOTOME_TEST_POSTGRES"], depth
    )
    second, result["sqlite"] = tested(named or ["tests", "validation"], "", depth)
    code = code or second
    if not named:
        done = {
            " ".join(one): subprocess.run([sys.executable, *one], cwd=ROOT, check=False).returncode for one in LONGER
        }
        result["validations"] = done
        code = code or any(done.values())
    name = f"soak-part-{result['date']}.json" if named else f"soak-{result['date']}.json"
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / name).write_text(json.dumps(result, indent=1) + "\n")
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
