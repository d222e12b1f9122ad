"""The body as an atlas plate, drawn on the server as SVG: `body_plate`, `region_plate`, `locator`.

Keys name parts on the patient's own sides: `part_key("gluteus_medius", "left")` is `"left:gluteus_medius"`,
`part_key("multifidus", "left", "L5")` is `"left:multifidus:L5"`, a region of pain is `"left:low_back"`. Pure Python: no
models, no clock. The classes are those of `frontend/styles/body.css`.
"""

from myotome.pages.plates.crops import CROPS, CUTS, crop_for
from myotome.pages.plates.drawing import anchor_of, body_plate, box_of, locator, region_plate
from myotome.pages.plates.marks import NeedleMark
from myotome.pages.plates.outlines import CREDIT
from myotome.pages.plates.shapes import drawn_as, part_key, shapes_of, split_key
from myotome.pages.plates.skin import areas_of, middle_of, skin_plate

__all__ = [
    "CREDIT",
    "CROPS",
    "CUTS",
    "NeedleMark",
    "anchor_of",
    "areas_of",
    "body_plate",
    "box_of",
    "crop_for",
    "drawn_as",
    "locator",
    "middle_of",
    "part_key",
    "region_plate",
    "shapes_of",
    "skin_plate",
    "split_key",
]
