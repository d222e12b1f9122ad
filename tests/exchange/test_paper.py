"""A page on paper: tagged, its typefaces inside, pinyin and hanzi to be read and copied, nothing fetched."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from myotome.exchange import paper
from myotome.exchange.paper import PaperMissing, pdf_of
from myotome.knowledge.acupoints import acupoints

FACES = Path(__file__).parents[2] / "src" / "myotome" / "website" / "static" / "built"
PAGE = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Visit 2</title></head><body>{}</body></html>'


def read(tool: str, pdf: bytes, tmp_path: Path, *options: str) -> str:
    file = tmp_path / "page.pdf"
    file.write_bytes(pdf)
    out = ["-"] if tool == "pdftotext" else []
    return subprocess.run([tool, *options, file, *out], capture_output=True, text=True, check=True).stdout


def test_every_point_is_read_from_paper_by_its_pinyin_and_hanzi(tmp_path):
    names = [f"{point.id} {point.pinyin} {point.hanzi}" for point in acupoints().values()]
    pdf = pdf_of(PAGE.format("".join(f"<p>{name}</p>" for name in names)), faces=FACES)
    lines = {line.strip() for line in read("pdftotext", pdf, tmp_path).splitlines()}
    assert [name for name in names if name not in lines] == []
    fonts = read("pdffonts", pdf, tmp_path).splitlines()[2:]
    assert len(fonts) >= 2
    assert all(line.split()[-5] == "yes" for line in fonts), "every typeface lies in the file"
    assert any("Noto" in line or "Points" in line for line in fonts)
    assert "Tagged:          yes" in read("pdfinfo", pdf, tmp_path)


def test_a_page_on_paper_fetches_nothing(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("not for paper")
    body = f'<p>here</p><img alt="" src="{secret.as_uri()}"><link rel="attachment" href="{secret.as_uri()}">'
    pdf = pdf_of(PAGE.format(body), faces=FACES)
    assert "not for paper" not in read("pdftotext", pdf, tmp_path)
    assert b"not for paper" not in pdf
    assert "secret" not in read("pdfdetach", pdf, tmp_path, "-list")


def test_without_pango_the_way_out_is_named(monkeypatch):
    import builtins

    there = builtins.__import__

    def without(name, *rest, **more):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return there(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PaperMissing, match="from the browser"):
        paper.pdf_of("<p>", faces=FACES)
