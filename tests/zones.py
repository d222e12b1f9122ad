"""The tests' Vancouver: standard time in winter and summer time in summer, as it was until 2025.

British Columbia keeps summer time from 2026 on, in zone data that know of it. The clinic of the tests is there, in November
2026, at nights on which the clock changes too: so its zone is written down here, from that of Los Angeles, whose rules are
those that Vancouver had. Every other zone is the one that came along. The processes that a test starts see the same.
"""

from __future__ import annotations

import os
import zoneinfo
from importlib.resources import files
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "build" / "tests" / "zones"


def put_in_place() -> None:
    """Makes the zone, and has this process and its children go by it."""
    rules = files("tzdata.zoneinfo").joinpath("America", "Los_Angeles").read_bytes()
    zone = FOLDER / "America" / "Vancouver"
    zone.parent.mkdir(parents=True, exist_ok=True)
    mine = zone.with_name(f".{os.getpid()}")
    mine.write_bytes(rules)
    mine.replace(zone)
    os.environ["PYTHONTZPATH"] = str(FOLDER)
    zoneinfo.reset_tzpath(to=[str(FOLDER)])
    zoneinfo.ZoneInfo.clear_cache()
