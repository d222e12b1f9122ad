"""The band named "if our assumptions are off": how far the answer moves when six parameters are moved.

Each parameter goes to the lowest and the highest value a careful reader would still accept, one at a time. The changes
of a root's log odds are combined as the root of their squares, up and down apart, and scaled by a factor that was set
by simulation. It is not a confidence interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from myotome.science.assessment.evidence import log2_odds

if TYPE_CHECKING:
    from jaxtyping import Float


def band(
    p: Float[np.ndarray, "side root"], moved: Sequence[Float[np.ndarray, "side root"]], scale: float
) -> tuple[Float[np.ndarray, "side root"], Float[np.ndarray, "side root"]]:
    """Low and high of every root; `moved` holds its probability under each changed assumption. Always low <= p <= high.

    Source: judgement (scale held 89 to 93 of 100 bins in simulation)
    Check: tests/unit/science/test_band.py
    """
    here = log2_odds(p)
    change = np.stack([log2_odds(one) - here for one in moved]) if moved else np.zeros((1, *p.shape))
    up = scale * np.sqrt(np.sum(np.maximum(change, 0) ** 2, axis=0))
    down = scale * np.sqrt(np.sum(np.minimum(change, 0) ** 2, axis=0))
    low, high = 1 / (1 + np.exp2(-(here - down))), 1 / (1 + np.exp2(-(here + up)))
    return np.minimum(low, p), np.maximum(high, p)
