"""Which lines and branches of the examination's reasoning its tests take: there must be none that they do not.

    python validation/reasoning_coverage.py

About a minute; a part of `make soak`. Writes validation/results/reasoning-coverage-<date>.json: date, commit, the tree
of the code, statements and branches in all, what of them no test took, by file, and that the tests passed. Ends with 1
where anything was missed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from stale import head

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
REASONING = "src/myotome/science/assessment"
REASONING_TESTS = (
    *(f"tests/unit/science/test_{name}.py" for name in ("agreement", "band", "examination_tables", "hands")),
    *(f"tests/unit/science/test_{name}.py" for name in ("proposals", "root_network", "root_prior", "turning")),
    *(f"tests/oracle/test_{name}.py" for name in ("evidence_bits", "information", "likeliest_set")),
    *(f"tests/oracle/test_{name}.py" for name in ("root_posterior", "three_palpations", "verification")),
    "tests/property/test_examination.py",
    "tests/spec/assessment",
)


def coverage_of_reasoning() -> dict[str, Any]:
    """The counts of one run of its tests; `missed` is the sum of lines and branches that they did not take."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"COVERAGE_FILE": f"{folder}/data"}
        run = [sys.executable, "-m", "coverage", "run", "--branch", f"--source={REASONING}", "-m", "pytest", "-q"]
        done = subprocess.run([*run, "-p", "no:xdist", *REASONING_TESTS], cwd=ROOT, env=env, check=False)
        report = [sys.executable, "-m", "coverage", "json", "-q", "-o", f"{folder}/report.json"]
        subprocess.run(report, cwd=ROOT, env=env, check=True)
        told = json.loads(Path(folder, "report.json").read_text())
    files = {name: row["summary"] for name, row in told["files"].items() if row["summary"]["num_statements"]}
    totals = told["totals"]
    return {
        "tests_passed": done.returncode == 0,
        "statements": totals["num_statements"],
        "branches": totals["num_branches"],
        "excluded_lines": totals["excluded_lines"],
        "missed": _missed(totals),
        "missed_by_file": {name: _missed(row) for name, row in files.items()},
    }


def _missed(summary: dict[str, Any]) -> int:
    return int(summary["missing_lines"] + summary["missing_branches"])


def main() -> int:
    """Measures, writes the result, good or bad, and says it in a line."""
    result = {**head((REASONING,)), **coverage_of_reasoning()}
    (HERE / "results").mkdir(exist_ok=True)
    file = HERE / "results" / f"reasoning-coverage-{result['date']}.json"
    file.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{result['statements']} statements, {result['branches']} branches, {result['missed']} missed: {file.name}")
    return 1 if result["missed"] or not result["tests_passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
