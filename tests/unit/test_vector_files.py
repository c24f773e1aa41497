"""Curves on disk: SVG, read by an XML parser and drawn by resvg, and PDF, drawn by PDFium."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
import pypdfium2
import pytest
import resvg_py
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lineart_cli import pages
from lineart_cli.options import BLACK, Colour
from lineart_cli.pages import CENTRES, OUTLINES, Drawing, InkedPage, Layer, Look, Metadata, Shape
from lineart_cli.pages.writers.drawing import numbers, steps

SVG = "{http://www.w3.org/2000/svg}"
LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"
SHAPE = (200, 300)
NAVY = Colour(0, 0, 128)


def polygon(*corners: tuple[float, float]) -> np.ndarray:
    """Straight curves around a filled shape, or along a stroke whose first corner comes again at the end."""
    points = np.array(corners, float)
    return np.stack([points[:-1] + share * np.diff(points, axis=0) for share in (0, 1 / 3, 2 / 3, 1)], 1)


OUTER = polygon((50, 20), (250, 20), (250, 180), (50, 180), (50, 20))
HOLE = polygon((100, 60), (100, 140), (200, 140), (200, 60), (100, 60))
LINE = polygon((10, 190), (290, 190))


def drawing(title: str = "", **more: object) -> Drawing:
    filled, stroke = Shape([OUTER, HOLE]), Shape([LINE], 4.0)
    layers = [Layer(OUTLINES, [filled]), Layer(CENTRES, [stroke], is_seen=False)]
    return Drawing(layers, 300, 0.5, title, **more)  # type: ignore[arg-type]


def page(made: Drawing, metadata: Metadata | None = None) -> InkedPage:
    return InkedPage((), SHAPE, metadata=metadata or Metadata(), drawn=[made])


def written(folder: Path, made: Drawing, file_format: str = "svg", look: Look | None = None) -> Path:
    path = folder / f"a.{file_format}"
    pages.write_ink(path, page(made), file_format, look or Look())
    return path


def by_resvg(path: Path) -> np.ndarray:
    """(H, W, 4) as resvg draws it."""
    png = resvg_py.svg_to_bytes(svg_path=str(path), dpi=300, width=SHAPE[1], height=SHAPE[0])
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))


def by_pdfium(path: Path, number: int = 0) -> np.ndarray:
    """(H, W, 3) as PDFium draws it."""
    with pypdfium2.PdfDocument(path) as document:
        return np.asarray(document[number].render(scale=300 / 72).to_pil().convert("RGB"))


def elements(root: Element, name: str) -> list[Element]:
    return list(root.iter(SVG + name))


class TestSvg:
    def test_the_page_is_right_in_mm_and_px(self, tmp_path: Path) -> None:
        root = ElementTree.parse(written(tmp_path, drawing())).getroot()
        assert root.get("viewBox") == "0 0 300 200"
        assert root.get("width") == "25.4mm"
        assert root.get("height") == "16.9333mm"

    def test_it_is_drawn_as_it_should_be(self, tmp_path: Path) -> None:
        shown = by_resvg(written(tmp_path, drawing(), look=Look(NAVY)))
        assert shown[100, 75].tolist() == [0, 0, 128, 255]
        assert shown[100, 150, 3] == 0
        assert shown[5, 5, 3] == 0
        assert shown[190, 100, 3] == 0  # on the hidden layer

    def test_layers_have_names_and_one_may_be_hidden(self, tmp_path: Path) -> None:
        top, *layers = elements(ElementTree.parse(written(tmp_path, drawing("Vera"))).getroot(), "g")
        assert top.get(LABEL) == "Vera"
        assert [layer.get(LABEL) for layer in layers] == [OUTLINES, CENTRES]
        assert [layer.get("style") for layer in layers] == [None, "display:none"]

    def test_what_is_filled_and_what_is_stroked(self, tmp_path: Path) -> None:
        filled, stroke = elements(ElementTree.parse(written(tmp_path, drawing())).getroot(), "path")
        assert filled.get("stroke") is None
        assert (filled.get("d") or "").count("z") == 2
        assert (stroke.get("fill"), stroke.get("stroke-width")) == ("none", "4")
        assert "z" not in (stroke.get("d") or "")

    @pytest.mark.parametrize("title", ["A & B <c>", "\x00\x1b[0m bell\x07", "naïve “quotes” 'here' \"there\"", "鳥"])
    def test_any_name_is_a_title(self, tmp_path: Path, title: str) -> None:
        root = ElementTree.parse(written(tmp_path, drawing(title, settings={"layer": title, "tile": None}))).getroot()
        (found,) = elements(root, "title")
        assert found.text == "".join(each for each in title if each.isprintable())

    def test_settings_and_what_is_kept_are_told(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[315] = "Ada"
        made = drawing("a", settings={"thickness": "3px", "tile": None})
        pages.write_ink(tmp_path / "a.svg", page(made, Metadata(exif.tobytes()[6:])), "svg", Look())
        text = (tmp_path / "a.svg").read_text("utf-8")
        assert "<dc:source>lineart: thickness=3px</dc:source>" in text
        assert "<dc:creator>Ada</dc:creator>" in text

    def test_packed_it_is_the_same(self, tmp_path: Path) -> None:
        plain, packed = written(tmp_path, drawing()), written(tmp_path, drawing(), "svgz")
        assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
        assert pages.is_whole(plain)
        assert pages.is_whole(packed)
        for path in (plain, packed):
            path.write_bytes(path.read_bytes()[:-20])
            assert not pages.is_whole(path)


class TestNumbers:
    @given(value=st.floats(-1e5, 1e5), decimals=st.integers(0, 4))
    def test_they_are_short_and_right(self, value: float, decimals: int) -> None:
        (text,) = numbers([value], decimals)
        assert float(text) == pytest.approx(value, abs=0.51 * 10.0**-decimals)
        assert re.fullmatch(r"-?(\d+|\d*\.\d*[1-9])", text)

    @given(seed=st.integers(0, 10**6), decimals=st.integers(0, 3))
    def test_rounding_errors_do_not_add_up(self, seed: int, decimals: int) -> None:
        control = np.random.default_rng(seed).uniform(0, 1000, (60, 4, 2))
        control[1:, 0] = control[:-1, 3]
        made = steps(control, decimals)
        ends = made.start + np.cumsum(made.control[:, 2], 0)
        np.testing.assert_allclose(ends, control[:, 3], atol=0.51 * 10.0**-decimals)


class TestPdf:
    def test_it_is_as_large_and_looks_as_the_svg(self, tmp_path: Path) -> None:
        look = Look(NAVY)
        path = written(tmp_path, drawing("Vera"), "pdf", look)
        with pypdfium2.PdfDocument(path) as document:
            assert document[0].get_size() == pytest.approx((72, 48))
            assert document.get_metadata_dict()["Title"] == "Vera"
        svg = by_resvg(written(tmp_path, drawing(), look=look)).astype(int)
        on_white = 255 - svg[..., 3:] * (255 - svg[..., :3]) // 255
        assert np.abs(by_pdfium(path) - on_white).mean() < 1

    def test_pages_are_joined(self, tmp_path: Path) -> None:
        lower = Drawing([Layer(CENTRES, [Shape([LINE], 4.0)])], 300, 0.5, "other")
        pages.write_joined(tmp_path / "a.pdf", [page(drawing("one")), page(lower)], "pdf", Look(BLACK), 0)
        with pypdfium2.PdfDocument(tmp_path / "a.pdf") as document:
            assert len(document) == 2
        assert by_pdfium(tmp_path / "a.pdf", 0)[[100, 190], 75, 0].tolist() == [0, 255]
        assert by_pdfium(tmp_path / "a.pdf", 1)[[100, 190], 75, 0].tolist() == [255, 0]

    def test_a_page_without_lines_is_a_page(self, tmp_path: Path) -> None:
        path = written(tmp_path, Drawing([Layer(OUTLINES, [])], 300, 0.5), "pdf")
        assert (by_pdfium(path) == 255).all()

    def test_formats_of_one_page_are_not_joined(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="svg holds one page"):
            pages.write_joined(tmp_path / "a.svg", [], "svg", Look(), 0)
