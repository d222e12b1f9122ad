"""The parts of the house on one sheet in every layout: axe finds nothing, light and dark, at three widths."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template import engines

from myotome.clinic.planning.queries import PatientCaution
from myotome.pages.plates import NeedleMark
from myotome.vocabulary.courses import CautionLevel
from tests.browser import photograph
from tests.factories import AT

PARTS = Path(__file__).parent / "parts" / "sheet.html"
STATES = {
    "left:multifidus:L5": 3,
    "left:multifidus:L4": 2,
    "left:gluteus_medius": 3,
    "right:gluteus_medius": 0,
    "left:piriformis": 2,
    "left:quadratus_lumborum": 0,
    "left:semitendinosus": 1,
}


ON_APIXABAN = PatientCaution(
    level=CautionLevel.ASK,
    code="anticoagulant",
    fact="anticoagulant",
    sentence="Deep sites may bleed.",
    detail="apixaban",
    scope="all",
    where=(),
    noted_on=AT,
    source="judgement",
    short="apixaban",
)


def drawn(layout: str, theme: str) -> str:
    template = engines["django"].from_string(PARTS.read_text())
    return template.render(
        {
            "layout": f"website/{layout}.html",
            "theme": theme,
            "states": STATES,
            "selected": ["left:gluteus_medius"],
            "details": {"left:gluteus_medius": "shortened 3"},
            "needles": [NeedleMark(1, "left:multifidus:L5", "out"), NeedleMark(9, "left:gluteus_medius", "in")],
            "roots": [
                {"root": "L5", "side": "left", "p": 0.83, "low": 0.71, "high": 0.9},
                {"root": "L4", "side": "left", "p": 0.29, "low": 0.2, "high": 0.4},
                {"root": "L5", "side": "right", "p": 0.16, "low": None, "high": None},
                {"root": "S1", "side": "right", "p": 0.07, "low": None, "high": None},
            ],
            "regions": ["left:low_back"],
            "patient": {"full_name": "Hannah Lindqvist", "age": 58},
            "cautions": [ON_APIXABAN],
            "LANGUAGE_CODE": "en",
        }
    )


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("layout", "width"), [("phone", 390), ("clinical", 820), ("desk", 1440)])
def test_axe_finds_nothing_on_the_parts(page, axe, sheet, layout, width, theme):
    page.set_viewport_size({"width": width, "height": 1180})
    faults = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    sheet(page, drawn(layout, theme))
    photograph(page, f"parts-{layout}-{width}-{theme}", full_page=True)
    assert axe(page) == []
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_touching_the_plate_ticks_the_list_and_the_list_engraves_the_plate(page, sheet):
    sheet(page, drawn("phone", "light"))
    buttock = page.locator('[data-key="left:buttock"]').first
    box = page.locator('input[value="left:buttock"]')
    buttock.locator("path").first.dispatch_event("click")
    assert box.is_checked()
    assert "chosen" in buttock.get_attribute("class")
    box.uncheck()
    assert "chosen" not in buttock.get_attribute("class")


@pytest.mark.browser
def test_every_act_is_at_least_44_px_to_touch(page, sheet):
    sheet(page, drawn("clinical", "light"))
    sizes = page.eval_on_selector_all(
        "main button, main .choice, main .scale label",
        "all => all.map(e => [e.textContent.trim(), e.getBoundingClientRect().height])",
    )
    assert sizes
    assert [row for row in sizes if row[1] < 44] == []
