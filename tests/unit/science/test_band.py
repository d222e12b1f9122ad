"""The band "if our assumptions are off"."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.science.assessment.answer import off_assumptions
from myotome.science.assessment.band import band
from myotome.science.assessment.tables import assumptions


def test_changes_up_and_down_are_combined_apart_as_the_root_of_their_squares() -> None:
    p = np.array([[0.5]])
    odds = lambda x: np.array([[2.0**x / (1 + 2.0**x)]])  # noqa: E731
    low, high = band(p, [odds(3), odds(-1), odds(4)], 0.5)
    assert high.item() == pytest.approx(odds(2.5).item())
    assert low.item() == pytest.approx(odds(-0.5).item())


def test_without_changes_the_band_is_the_point() -> None:
    p = np.array([[0.2, 0.0, 1.0]])
    low, high = band(p, [], 0.6)
    assert (low <= p).all()
    assert (high >= p).all()
    np.testing.assert_allclose(low, p, atol=1e-12)


def test_six_parameters_are_moved_one_at_a_time_to_both_ends() -> None:
    nominal = assumptions()
    changed = [
        [name for name in nominal.__slots__ if getattr(one, name) != getattr(nominal, name)]
        for one in off_assumptions()
    ]
    assert all(len(names) == 1 for names in changed)
    assert sorted({names[0] for names in changed}) == [
        "lam",
        "leak",
        "prior_odds",
        "rho",
        "sign_shift",
        "variant_rate",
    ]
    assert len(changed) == 12
