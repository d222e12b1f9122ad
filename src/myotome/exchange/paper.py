"""Pages on paper: one HTML page to a tagged PDF (PDF/UA-1), its typefaces embedded, hanzi included.

The page brings its words; size, margins and typefaces are given here. Nothing is fetched: the only files it may name
are typefaces of the given folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from myotome.vocabulary.errors import MyotomeError

FACES = {
    "Atkinson Next": (
        "atkinson-hyperlegible-next-latin-wght-normal",
        "atkinson-hyperlegible-next-latin-ext-wght-normal",
    ),
    "Newsreader": ("newsreader-latin-wght-normal",),
    "Points Hanzi": ("noto-sans-sc-points",),
}
"""Family to its files, as the front end builds them; pinyin needs the extended Latin, the names of points the hanzi."""

STYLE = """
@page { size: A4; margin: 16mm 15mm 18mm; @bottom-left { content: string(foot); font: 8.5pt "Atkinson Next"; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8.5pt "Atkinson Next"; } }
html { font: 10pt/1.4 "Atkinson Next", "Latin Ext", "Points Hanzi", "Noto Sans CJK SC", sans-serif; color: #000; }
h1 { font: 500 18pt/1.2 "Newsreader", serif; margin: 0 0 4pt; } h2 { font: 500 13pt/1.2 "Newsreader", serif; }
.who { border-bottom: 1pt solid #000; padding-bottom: 6pt; margin-bottom: 10pt; string-set: foot content(text); }
.who b { font: 500 14pt/1.2 "Newsreader", serif; }
table { width: 100%; border-collapse: collapse; margin: 6pt 0; } th { text-align: left; font-weight: 600; }
th, td { padding: 3pt 8pt 3pt 0; border-top: .5pt solid #999; vertical-align: top; } thead { display: table-header-group; }
.then-now { display: flex; gap: 10mm; } figure { margin: 4pt 0; white-space: nowrap; } figcaption { font-size: 10.5pt; }
.dense { font-size: 8.5pt; line-height: 1.2; } .dense th, .dense td { padding: 1.2pt 8pt 1.2pt 0; }
tr { break-inside: avoid; } .hint { color: #333; font-size: 9pt; }
"""


class PaperMissing(MyotomeError):
    """This machine lacks the library that draws PDF."""

    slug = "paper-missing"
    http_status = 503


def pdf_of(html: str, *, faces: Path) -> bytes:
    """The page as a tagged PDF; `faces` is the folder with the typefaces (`.woff2`).

    Raises:
        PaperMissing: Pango is not on this machine; the page itself can still be printed by the browser.

    Check: tests/exchange/test_paper.py
    """
    try:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except OSError as fault:
        raise PaperMissing(
            "This machine cannot make a PDF yet: Debian's libpango-1.0-0 and libpangoft2-1.0-0 are missing. "
            "Print the page from the browser meanwhile."
        ) from fault
    folder = faces.resolve().as_uri() + "/"

    class OnlyFaces(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith(folder):
                raise ValueError("a page on paper fetches nothing but its typefaces")
            return super().fetch(url, headers)

    fonts, fetcher = FontConfiguration(), OnlyFaces(allowed_protocols={"file"})
    style = CSS(string=_font_faces(faces) + STYLE, font_config=fonts, url_fetcher=fetcher)
    page = HTML(string=html, url_fetcher=fetcher)
    return bytes(page.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1"))


def _font_faces(faces: Path) -> str:
    rules = []
    for family, files in FACES.items():
        for number, name in enumerate(files):
            shown = family if number == 0 else "Latin Ext"
            url = (faces / f"{name}.woff2").resolve().as_uri()
            rules.append(f'@font-face {{ font-family: "{shown}"; src: url("{url}"); }}')
    return "\n".join(rules)
