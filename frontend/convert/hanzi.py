"""Makes frontend/fonts/noto-sans-sc-points.woff2: the hanzi of the acupoint names and nothing else.

`python frontend/convert/hanzi.py` wants Debian's fonts-noto-cjk (SIL Open Font License 1.1; its text lies beside the
font). Run it again when a point's name changes; tests/unit/test_hanzi.py says when that is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

ROOT = Path(__file__).parents[2]
SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
TARGET = ROOT / "frontend" / "fonts" / "noto-sans-sc-points.woff2"
FAMILY = "Noto Sans CJK SC"
sys.path.insert(0, str(ROOT / "src"))


def main() -> None:
    """Writes the subset and says how large it is."""
    from myotome.knowledge.acupoints import acupoints

    wanted = {char for point in acupoints().values() for char in point.hanzi}
    fonts = TTCollection(SOURCE)
    font = next(font for font in fonts if font["name"].getDebugName(1) == FAMILY)
    options = subset.Options(flavor="woff2", layout_features=[], name_IDs=[0, 1, 2, 5, 13, 14], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(char) for char in wanted])
    subsetter.subset(font)
    subset.save_font(font, TARGET, options)
    print(f"{len(wanted)} characters, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
