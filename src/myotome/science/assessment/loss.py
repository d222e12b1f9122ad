"""Loss of function is another matter than shortening: it sends the examiner back to screening, not to the needle.

A reflex that is absent or reduced, strength that barely meets gravity, or skin that has gone numb may mean that a nerve
no longer conducts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from myotome.knowledge.signs import parameters, signs
from myotome.vocabulary.findings import FindingKind


def is_loss(finding: Mapping[str, Any]) -> bool:
    """True for a finding (in the shape of `myotome segments`) that means "re-screen, do not just needle".

    Reflex 0 or 1, strength 3 or less, a sign of the skin that its table calls a loss of conduction.

    Source: clinic belief
    Check: tests/spec/assessment/test_roots_to_consider.py
    """
    if finding.get("dermatome"):
        return finding.get("present") is True and finding.get("sign") in _numb()
    if finding.get("reflex"):
        return bool(finding["grade"] <= parameters().rescreen_reflex)
    return finding.get("sign") == "weak" and bool(finding["grade"] <= parameters().rescreen_mrc)


@cache
def _numb() -> frozenset[str]:
    return frozenset(row.code for row in signs().values() if row.kind is FindingKind.SKIN and row.conduction_loss)
