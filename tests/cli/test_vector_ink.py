"""`lineart ink --format svg` and its kin as they are typed, with a fake in place of the network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import command
from lineart_cli import app, pages
from lineart_cli.brushes.drawing.paint import Lines
from lineart_cli.brushes.style import Tool
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.tone import Tone
from lineart_cli.options import InkOptions
from lineart_cli.plan import PageSize, Plan
from lineart_cli.vector.drawing import drawn, traced


class Tracer:
    """An inker that takes what is black for the middle of lines."""

    inked = 0

    def drawing(
        self,
        page: Page,
        size: PageSize,
        plan: Plan,
        tool: Tool,
        faint: float,
        strokes: str,
        tolerance: float,
        tone: Tone,
    ) -> pages.Drawing:
        Tracer.inked += 1
        away = cv2.distanceTransform((page[:] > 128).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        lines = Lines(np.minimum(away, 12).astype(np.float16), np.ones((1, 1), np.float32))
        return drawn(traced(lines), tool, size, strokes, tolerance)


@pytest.fixture
def lineart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """The command, in a folder with a.png, a ring, and two.tif, two pages of it."""
    monkeypatch.chdir(tmp_path)
    ring = np.full((300, 200), 255, np.uint8)
    cv2.circle(ring, (100, 150), 60, (0,), 1)
    Image.fromarray(ring).save("a.png", dpi=(300, 300))
    Image.fromarray(ring).save("two.tif", save_all=True, append_images=[Image.fromarray(ring.T)], dpi=(300, 300))
    monkeypatch.setattr(app, "_open_inker", lambda *_: Tracer())
    Tracer.inked = 0

    def run(*arguments: str) -> tuple[int, str, str]:
        return command.lineart(*arguments), *capsys.readouterr()

    return run


@pytest.mark.parametrize("file_format", ["svg", "svgz", "pdf"])
def test_a_page_is_inked_once_and_its_curves_are_counted(
    lineart: Callable[..., tuple[int, str, str]], file_format: str
) -> None:
    code, out, _ = lineart("ink", "a.png", "-o", "ink", "--format", file_format, "--drawing", "7px", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["strokes"], told["output"]) == (1, f"ink/a.{file_format}")
    assert told["segments"] > 4
    _, _, err = lineart("ink", "a.png", "-o", "ink", "--format", file_format, "--drawing", "7px")
    assert err.startswith("0 inked, 1 skipped")
    assert Tracer.inked == 1


def test_another_tolerance_is_another_drawing_but_the_same_pixels(lineart: Callable[..., tuple[int, str, str]]) -> None:
    assert InkOptions(format="svg").settings()["tolerance"] == "0.04mm"
    assert "tolerance" not in InkOptions(format="png").settings()
    for tolerance, inked in (("0.5px", "1 inked"), ("2px", "1 inked"), ("2px", "0 inked")):
        _, _, err = lineart(
            "ink", "a.png", "-o", "ink", "--format", "svg", "--drawing", "7px", "--tolerance", tolerance
        )
        assert err.startswith(inked)


def test_a_drawing_that_was_edited_is_kept(lineart: Callable[..., tuple[int, str, str]]) -> None:
    lineart("ink", "a.png", "-o", "ink", "--format", "svg", "--drawing", "7px")
    drawing = Path("ink/a.svg")
    drawing.write_text(drawing.read_text("utf-8").replace("#000000", "#ff0000"), "utf-8")
    _, _, err = lineart("ink", "a.png", "-o", "ink", "--format", "svg", "--drawing", "7px", "--thickness", "5")
    assert "was changed after lineart inked it, and is kept" in err
    assert "#ff0000" in drawing.read_text("utf-8")


def test_pages_are_joined_into_one_pdf(lineart: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = lineart("ink", "two.tif", "-o", "ink", "--format", "pdf", "--join", "--drawing", "7px")
    assert code == 0, err
    assert pages.count_pages(Path("ink/two.pdf")) == 2
    code, _, err = lineart("ink", "two.tif", "-o", "ink", "--format", "svg", "--join")
    assert code == 2
    assert err == "lineart: --join with --format svg: use --format tiff, pdf, png, webp or gif\n"


@pytest.mark.parametrize("tolerance", ["0", "-1", "1e9", "wide", "nan", ""])
def test_a_tolerance_that_is_none_is_told_in_a_line(
    lineart: Callable[..., tuple[int, str, str]], tolerance: str
) -> None:
    code, _, err = lineart("ink", "a.png", "-o", "ink", "--format", "svg", f"--tolerance={tolerance}")
    assert code == 2
    assert err.startswith("lineart: --tolerance ")
    assert err.count("\n") == 1


def test_grain_that_curves_cannot_have_is_told(lineart: Callable[..., tuple[int, str, str]]) -> None:
    _, _, err = lineart("ink", "a.png", "-o", "ink", "--format", "svg", "--brush", "charcoal", "--drawing", "7px")
    assert "--brush charcoal: --format svg has the outline of its strokes, without their grain" in err


@pytest.mark.parametrize("file_format", ["svg", "svgz"])
def test_the_report_shows_the_drawing_itself(lineart: Callable[..., tuple[int, str, str]], file_format: str) -> None:
    lineart("ink", "a.png", "-o", "ink", "--format", file_format, "--drawing", "7px")
    assert lineart("report", "ink")[0] == 0
    assert "data:image/svg+xml;base64," in Path("ink/report.html").read_text("utf-8")
