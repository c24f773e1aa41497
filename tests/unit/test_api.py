"""lineart as a Python library: arrays in, arrays out, and quick to import."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lineart_cli
from command import lineart
from lineart_cli import ArgumentError, EngineError, Inker, LineartError, PageError, ink_page
from lineart_cli.model import catalogue
from lineart_cli.model.card import ModelCard
from lineart_cli.serve import Studio

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    """The model is one of random weights."""
    monkeypatch.setattr(catalogue, "find", lambda _: card)


def sketch() -> np.ndarray:
    """(120, 150) uint8 with some strokes."""
    page = np.full((120, 150), 255, np.uint8)
    page[30:33, 20:130] = page[20:100, 70:73] = 40
    return page


def test_importing_loads_nothing_else() -> None:
    code = "import lineart_cli, sys; print(sorted({'numpy', 'typer', 'lineart_cli.api'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert {"Inker", "ink_page", "LineartError"} <= {*dir(lineart_cli)}
    with pytest.raises(AttributeError, match="no attribute 'inkpage'"):
        lineart_cli.inkpage  # noqa: B018


@pytest.mark.usefixtures("_tiny")
def test_threads_that_share_an_inker_wait_for_each_other() -> None:
    with Inker(thickness=5) as inker, ThreadPoolExecutor(4) as threads:
        alone = [inker.ink(each) for each in (sketch(), sketch()[::-1])]
        together = list(threads.map(inker.ink, [sketch(), sketch()[::-1]] * 4))
    for number, ink in enumerate(together):
        np.testing.assert_array_equal(ink, alone[number % 2])


@pytest.mark.usefixtures("_tiny")
def test_ink_is_that_of_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(sketch()).save("sketch.png", dpi=(300, 300))
    assert lineart("ink", "sketch.png", "-o", "out", "-t", "5", "--brush", "charcoal", "--faint", "0.2") == 0
    with Image.open("out/sketch.png") as image:
        of_command = 255 - np.asarray(image)
    ink = ink_page(sketch(), 300, thickness=5, brush="charcoal", faint=0.2)
    assert ink.dtype == np.uint8
    assert of_command.min() < of_command.max()
    np.testing.assert_array_equal(ink, of_command)


@pytest.mark.usefixtures("_tiny")
def test_a_sketch_may_be_of_any_type_and_channels() -> None:
    grey = sketch()
    with Inker(bits=16, dpi=300) as inker:
        ink = inker.ink(grey)
        assert (ink.shape, ink.dtype) == (grey.shape, np.uint16)
        alike = [
            grey[..., None],
            np.repeat(grey[..., None], 3, 2),
            np.asfortranarray(grey),
            np.dstack([np.zeros_like(grey)] * 3 + [255 - grey]),
            grey.astype(">u2") * 257,
            grey / 255,
        ]
        for each in alike:
            np.testing.assert_allclose(inker.ink(each), ink, atol=600)
        np.testing.assert_array_equal(inker.ink(grey, 300), ink)
        assert inker.ink(grey > 128).shape == grey.shape


@pytest.mark.usefixtures("_tiny")
def test_what_is_wrong_is_told_by_its_name() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"thicknes": 3}, "thicknes 3: no option for arrays; there are "),
        ({"faint": 3}, "faint 3: not a number from 0.02 to 0.9"),
        ({"output": "out"}, "output out: no option for arrays"),
        ({"thickness": [2, 3]}, "thickness, brush several: give one of each"),
        ({"drop_colour": ["blue", "sky"]}, "drop_colour ['blue', 'sky']: unknown; choose from "),
        ({"faint": True}, "faint True: not a number"),
        ({"keep_colour": "red"}, "keep_colour red: is about files, and no option for arrays"),
    ]
    for options, says in wrong:
        with pytest.raises(ArgumentError) as caught:
            Inker(**options)
        assert str(caught.value).startswith(says)
    with Inker(max_megapixels=1) as inker:
        for array in (np.zeros(5), np.zeros((5, 5, 2)), np.zeros((0, 5)), np.zeros((5, 5), np.int64), np.array("x")):
            with pytest.raises(ArgumentError, match=r"^sketch of "):
                inker.ink(array)
        for sample in (255, -1):
            with pytest.raises(ArgumentError, match=rf"^sketch with a sample of {sample}: floating point is from 0, "):
                inker.ink(np.array([[0.5, sample]]))
        for value in (np.inf, -np.inf, np.nan):
            with pytest.raises(ArgumentError, match=r"^sketch with samples that are NaN or infinite: give numbers"):
                inker.ink(np.array([[0.5, value]]))
        with pytest.raises(ArgumentError, match=r"^dpi 3: "):
            inker.ink(sketch(), 3)
        with pytest.raises(PageError, match=r"^sketch: .*megapixels"):
            inker.ink(np.zeros((1001, 1000), np.uint8))


@pytest.mark.usefixtures("_tiny")
def test_errors_name_parameters_and_no_options_of_the_command_line() -> None:
    with Inker(max_memory="1MB", tile=512) as inker, pytest.raises(ArgumentError) as caught:
        inker.ink(np.full((1500, 1500), 255, np.uint8))
    assert re.fullmatch(r"max_memory 1MB: a page .* give max_memory \d+MB, or a smaller tile", str(caught.value))
    for options, says in [
        ({"device": "moon"}, "device moon: "),
        ({"precision": "int8", "device": "CPU"}, "precision int8: .*; use precision f32"),
        ({"brush": "none_such"}, "brush none_such: unknown"),
    ]:
        with pytest.raises(ArgumentError, match=f"^{says}") as caught, Inker(**options) as inker:
            inker.ink(sketch())
        assert "--" not in str(caught.value)
    with Inker(max_megapixels=1) as inker, pytest.raises(PageError, match=r"or raise max_megapixels$"):
        inker.ink(np.zeros((1001, 1000), np.uint8))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            EngineError("--backend openvino: failed; try a smaller --tile"),
            "backend openvino: failed; try a smaller tile",
        ),
        (ArgumentError("ulimit -v", 5, "give ulimit -v 9 --pages 3"), "ulimit -v 5: give ulimit -v 9 --pages 3"),
    ],
)
@pytest.mark.usefixtures("_tiny")
def test_errors_of_the_engine_name_parameters(monkeypatch: pytest.MonkeyPatch, error: LineartError, says: str) -> None:
    monkeypatch.setattr(Studio, "ink", lambda *_: (_ for _ in ()).throw(error))
    with Inker() as inker, pytest.raises(type(error), match=f"^{says}$"):
        inker.ink(sketch())


@pytest.mark.usefixtures("_tiny")
def test_several_are_a_list_and_what_is_closed_inks_no_more() -> None:
    coloured = np.repeat(sketch()[..., None], 3, 2)
    coloured[30:33, 20:130] = 60, 60, 250
    plain, *dropped = (
        ink_page(coloured, 300, thickness=[5], brush="charcoal", faint=0.2, drop_colour=each)
        for each in ([], ["blue", "red"], "blue,red")
    )
    np.testing.assert_array_equal(*dropped)
    assert (plain != dropped[0]).any()
    with Inker(drop_colour=None) as inker:
        pass
    inker.close()
    with pytest.raises(ArgumentError, match=r"^Inker closed: make another one"):
        inker.ink(coloured)


@pytest.mark.slow
def test_the_example_runs(tmp_path: Path) -> None:
    with Image.open(EXAMPLES / "pepper.png") as page:
        page.crop((100, 100, 300, 260)).save(tmp_path / "sketch.png", dpi=(72, 72))
    example = runpy.run_path(str(EXAMPLES / "ink_on_sketch.py"))
    example["main"](str(tmp_path / "sketch.png"), str(tmp_path / "inked.png"))
    with Image.open(tmp_path / "inked.png") as inked:
        pixels = np.asarray(inked).astype(int)
    assert pixels.shape == (160, 200, 3)
    is_blue = pixels[..., 2] - pixels[..., 0] > 60
    assert 0.01 < is_blue.mean() < 0.5
    assert issubclass(PageError, LineartError)
