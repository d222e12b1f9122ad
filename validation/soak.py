"""The full counts: every test with `MYOTOME_SOAK=1`, then the long validations; may take hours.

    python validation/soak.py [TESTS ...]    (a part of the tests: neither coverage nor the long validations)

Run by `make soak`, beside a PostgreSQL of its own. Writes validation/results/soak-<date>.json: date, commit, the tree of
the code it covers, for each folder of tests how many ran, failed and how long they took, and the branches of the
examination's reasoning that no test took. Ends with 1 on a failure.
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
LONGER = (["-m", "validation.examination"], ["validation/check_recovery.py"], ["validation/validate_refit.py"])
"""What takes minutes and writes its own dated result. Timings are `benchmarks/`, by hand on a quiet machine."""

REASONING = "src/myotome/science/assessment"
REASONING_TESTS = (
    *(f"tests/unit/science/test_{name}.py" for name in ("agreement", "band", "examination_tables", "hands")),
    *(f"tests/unit/science/test_{name}.py" for name in ("proposals", "root_network", "root_prior", "turning")),
    *(f"tests/oracle/test_{name}.py" for name in ("evidence_bits", "information", "likeliest_set")),
    *(f"tests/oracle/test_{name}.py" for name in ("root_posterior", "three_palpations", "verification")),
    "tests/property/test_examination.py",
    "tests/spec/assessment",
)


def counts(junit: Path) -> dict[str, dict[str, Any]]:
    """Tests, failures and seconds by folder of tests, of a JUnit file."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"tests": 0, "failed": 0, "seconds": 0.0})
    for case in ElementTree.parse(junit).iter("testcase"):
        folder = ".".join(case.get("classname", "").split(".")[:2])
        row = found[folder]
        row["tests"] += 1
        row["failed"] += any(child.tag in {"failure", "error"} for child in case)
        row["seconds"] = round(row["seconds"] + float(case.get("time", 0)), 1)
    return dict(sorted(found.items()))


def branches_missed() -> int:
    """Branches and lines of the examination's reasoning that its tests do not take; there must be none."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"COVERAGE_FILE": f"{folder}/data"}
        run = [sys.executable, "-m", "coverage", "run", "--branch", f"--source={REASONING}", "-m", "pytest", "-q"]
        subprocess.run([*run, "-p", "no:xdist", *REASONING_TESTS], cwd=ROOT, env=env, check=False)
        report = [sys.executable, "-m", "coverage", "json", "-q", "-o", f"{folder}/report.json"]
        subprocess.run(report, cwd=ROOT, env=env, check=True)
        totals = json.loads(Path(folder, "report.json").read_text())["totals"]
    return int(totals["missing_lines"] + totals["missing_branches"])


def main() -> int:
    """Runs everything, or the tests that were named, and writes the result, good or bad."""
    named = sys.argv[1:]
    result = {**head(COVERED), "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", *(named or ["tests", "validation"]), f"--junitxml={junit}"]
        code = subprocess.run(command, cwd=ROOT, env=os.environ | {"MYOTOME_SOAK": "1"}, check=False).returncode
        result["folders"] = counts(junit) if junit.exists() else {}
    if named:
        result["tests"] = named
    else:
        result["branches_missed"] = branches_missed()
        done = {
            " ".join(one): subprocess.run([sys.executable, *one], cwd=ROOT, check=False).returncode for one in LONGER
        }
        result["validations"] = done
        code = code or result["branches_missed"] or any(done.values())
    name = f"soak-{result['date']}.json" if not named else f"soak-part-{result['date']}.json"
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / name).write_text(json.dumps(result, indent=1) + "\n")
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
