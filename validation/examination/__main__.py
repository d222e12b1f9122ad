"""`python -m validation.examination [--patients N] [--seed S]`: both reports, written to `validation/results/`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from myotome.knowledge import KNOWLEDGE_VERSION
from myotome.science.assessment.answer import ENGINE_VERSION
from myotome.vocabulary.anatomy import ExamRegion
from validation.examination.reports import calibration, information_reached
from validation.stale import head

COVERED = ("src/myotome/science/assessment", "src/myotome/knowledge/signs", "src/myotome/knowledge/muscles")
RESULTS = Path(__file__).parents[1] / "results"


def main() -> None:
    """Runs both reports for both regions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=2000, help="patients of information reached")
    parser.add_argument("--calibrate", type=int, default=50_000, help="patients of calibration")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    versions = {"knowledge_version": KNOWLEDGE_VERSION, "engine_version": ENGINE_VERSION, "seed": asked.seed}
    begun = head(COVERED) | versions
    for name, report, n in (
        ("information-reached", information_reached, asked.patients),
        ("calibration", calibration, asked.calibrate),
    ):
        regions = [report(region, n, asked.seed) for region in ExamRegion]
        if report is information_reached:
            regions += [report(region, n, asked.seed, with_diffuse=False) for region in ExamRegion]
        path = RESULTS / f"examination-{name}-{begun['date']}.json"
        path.write_text(json.dumps(begun | {"regions": regions}, indent=1) + "\n", encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
