"""The full counts: every test with `MYOTOME_SOAK=1`, then the long validations; may take hours.

    python validation/soak.py [TESTS ...]    (a part of the tests: neither coverage nor the long validations)

Run by `make soak`, beside a PostgreSQL of its own. Writes validation/results/soak-<date>.json: date, commit, the tree of
the code it covers, and for each folder of tests how many ran, failed and how long they took. The validations, the
branches of the examination's reasoning among them, write their own. Ends with 1 on a failure.
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
        done = {
            " ".join(one): subprocess.run([sys.executable, *one], cwd=ROOT, check=False).returncode for one in LONGER
        }
        result["validations"] = done
        code = code or any(done.values())
    name = f"soak-{result['date']}.json" if not named else f"soak-part-{result['date']}.json"
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / name).write_text(json.dumps(result, indent=1) + "\n")
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
