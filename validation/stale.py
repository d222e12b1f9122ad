"""Names the results of long runs whose code has changed since: `python validation/stale.py [PATH ...]`. Never fails.

A result says which code it covers in `code` (path to tree of Git, as `trees` gives it). One without it is measured by
its `commit` over the pure floors; a commit that is not known here cannot vouch for anything. With paths, prints the
`date`, `commit` and `code` that a result of today over them carries.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VISIT_MODEL = (
    "src/myotome/knowledge/recovery",
    *(
        f"src/myotome/science/followup/{name}.py"
        for name in ("draws", "fitted", "forecast", "particles", "recovery", "simulation")
    ),
)
"""What a forecast of recovery is made of: the prior and the model, without the words and files around them."""
SAMPLER = (*VISIT_MODEL, *(f"src/myotome/refit/{name}.py" for name in ("likelihood", "priors", "sampler", "simulated")))
COVERED = ("src/myotome/vocabulary", "src/myotome/knowledge", "src/myotome/science", "src/myotome/clinic")


def trees(paths: Sequence[str], at: str = "HEAD") -> dict[str, str]:
    """Path to Git's hash of its content at a commit; empty where the commit or the path is unknown."""
    found = {}
    for path in paths:
        done = subprocess.run(
            ["git", "rev-parse", "--verify", "-q", f"{at}:{path}"],
            cwd=HERE,
            capture_output=True,
            text=True,
            check=False,
        )
        found[path] = done.stdout.strip()
    return found


def head(paths: Sequence[str]) -> dict[str, Any]:
    """What every result begins with: day (UTC), commit, and the trees of the code it covers."""
    ask = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(ask, cwd=HERE, capture_output=True, text=True, check=False).stdout.strip()
    return {"date": datetime.now(UTC).date().isoformat(), "commit": commit, "code": trees(paths)}


def stale() -> list[str]:
    """One line for each result that is older than its code."""
    lines = []
    for file in sorted((HERE / "results").glob("*.json")):
        result = json.loads(file.read_text())
        code = result.get("code") or trees(COVERED[:3], result.get("commit", ""))
        changed = [path for path, tree in trees(tuple(code)).items() if tree != code[path]]
        if changed:
            lines.append(
                f"stale: {file.relative_to(HERE.parent)} of {result.get('date')}: {', '.join(changed)} changed since"
            )
    return lines


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(head(sys.argv[1:]), indent=1))
    else:
        print(*stale(), sep="\n")
