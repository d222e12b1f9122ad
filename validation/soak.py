"""The full counts: every test with `MYOTOME_SOAK=1`, then the long validations; may take hours.

Run by `make soak`, beside a PostgreSQL of its own. Writes validation/results/soak-<date>.json: date, commit, the tree of
the code it covers, and for each folder of tests how many ran, failed and how long they took. Ends with 1 on a failure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from stale import COVERED, trees

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


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


def main() -> int:
    """Runs everything and writes the result, good or bad."""
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "tests", f"--junitxml={junit}"]
        code = subprocess.run(command, cwd=ROOT, env=os.environ | {"MYOTOME_SOAK": "1"}, check=False).returncode
        found = counts(junit) if junit.exists() else {}
    longer: dict[str, int] = {}
    for script in sorted(HERE.glob("validate_*.py")):
        longer[script.name] = subprocess.run([sys.executable, script], cwd=ROOT, check=False).returncode
    now = datetime.now(UTC)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    result = {
        "date": f"{now:%Y-%m-%d}",
        "commit": commit.stdout.strip(),
        "code": trees(COVERED),
        "load": os.getloadavg()[0],
        "folders": found,
        "validations": longer,
    }
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / f"soak-{now:%Y-%m-%d}.json").write_text(json.dumps(result, indent=1) + "\n")
    return 1 if code or any(longer.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
