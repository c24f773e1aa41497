"""Pixels as painting programs hold them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import DESATURATE_MODES, InkOptions
from lineart_cli.pages.readers.raw import SAMPLES, first_line

SHAPE = (37, 53)


def colours() -> np.ndarray:
    """RGBA noise, smooth enough to compare."""
    return np.random.default_rng(3).integers(0, 256, (*SHAPE, 4), np.uint8)


def write(path: Path, samples: np.ndarray, channels: str, sample: str, **more: float | bool) -> Path:
    height, width = samples.shape[:2]
    content = np.ascontiguousarray(samples.astype(SAMPLES[sample])).tobytes()
    path.write_bytes(first_line(width, height, channels, sample, **more) + content)
    return path


def grey(path: Path) -> np.ndarray:
    return pages.read_grey(path, InkOptions())


def test_krita_s_pixels_read_as_the_png_of_them_does(tmp_path: Path) -> None:
    rgba = colours()
    Image.fromarray(rgba).save(tmp_path / "a.png")
    raw = write(tmp_path / "a", rgba[..., [2, 1, 0, 3]], "bgra", "u8", dpi=300.0)
    np.testing.assert_array_equal(grey(raw), grey(tmp_path / "a.png"))
    header = pages.read_header(raw, InkOptions())
    assert (header.width, header.height, header.dpi, header.bits) == (53, 37, (300.0, 300.0), 8)


@pytest.mark.parametrize("sample", ["u16", "f16", "f32"])
def test_depths_agree(tmp_path: Path, sample: str) -> None:
    rgba = colours()
    reference = grey(write(tmp_path / "a", rgba, "rgba", "u8"))
    deep = rgba * np.float64(257 if sample == "u16" else 1 / 255)
    np.testing.assert_allclose(grey(write(tmp_path / "b", deep, "rgba", sample)), reference, atol=2e-3)


@pytest.mark.parametrize("mode", DESATURATE_MODES)
@pytest.mark.parametrize(("sample", "highest"), [("u8", 255), ("u16", 65535)])
def test_opaque_greys_in_colour_are_kept_bit_for_bit_also_beside_a_colour(
    tmp_path: Path, mode: str, sample: str, highest: int
) -> None:
    greys = np.arange(highest + 1).reshape(-1, 256)
    bgra = np.dstack([greys] * 3 + [np.full_like(greys, highest)])
    options = InkOptions.parse({"desaturate": mode})
    plain = np.concatenate(list(pages.read_strips(write(tmp_path / "a", bgra, "bgra", sample), options)))
    np.testing.assert_array_equal(plain, greys)
    beside = np.concatenate([bgra, np.broadcast_to([0, 0, highest, highest], bgra.shape)], 1)
    mixed = np.concatenate(list(pages.read_strips(write(tmp_path / "b", beside, "bgra", sample), options)))
    np.testing.assert_array_equal(mixed[:, :256], greys)


def test_grey_and_cmyk(tmp_path: Path) -> None:
    grey_alpha = np.dstack([np.full(SHAPE, 100), np.full(SHAPE, 255)])
    assert grey(write(tmp_path / "a", grey_alpha, "ya", "u8")) == pytest.approx(100 / 255, abs=0.002)
    black_ink = np.zeros((*SHAPE, 5))
    black_ink[..., 3], black_ink[..., 4] = 51, 255
    assert grey(write(tmp_path / "b", black_ink, "cmyka", "u8")) == pytest.approx(0.8, abs=0.003)
    assert pages.read_header(tmp_path / "a", InkOptions()).is_grey


def test_linear_light_is_encoded_and_opacity_thins(tmp_path: Path) -> None:
    light = np.full((*SHAPE, 1), 0.2140)
    assert grey(write(tmp_path / "a", light, "y", "f32", linear=True)) == pytest.approx(0.5, abs=0.002)
    black = np.zeros((*SHAPE, 1))
    assert grey(write(tmp_path / "b", black, "y", "u8", opacity=0.25)) == pytest.approx(0.75, abs=0.003)


def test_what_is_beyond_black_and_white_is_these(tmp_path: Path) -> None:
    samples = np.array([[[-1.0], [0.0], [1.0], [2.0]]])
    np.testing.assert_allclose(grey(write(tmp_path / "a", samples, "y", "f32")), [[0, 0, 1, 1]], atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("sample", ["f16", "f32"])
def test_what_is_no_number_is_refused(tmp_path: Path, value: float, sample: str) -> None:
    samples = np.array([[[0.5, 1.0], [0.5, value]]])
    with pytest.raises(PageError, match=r"has samples that are no numbers \(NaN or infinite\); write numbers, from 0"):
        grey(write(tmp_path / "a", samples, "ya", sample))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"LINEARTPX1 {}\n", "channels are to be"),
        (b"LINEARTPX1 [1]\n", "no JSON object"),
        (b"LINEARTPX1 nonsense\n", "no JSON follows"),
        (b"LINEARTPX1 " + b"[" * 4000 + b"\n", "no JSON follows"),
        (b"LINEARTPX1 " + b"x" * 9000, "a line feed within 4096 bytes"),
        (first_line(2, 2, "rgq", "u8"), "channels are to be"),
        (first_line(2, 2, "rgbaa", "u8"), "channels are to be"),
        (first_line(2, 2, "", "u8"), "channels are to be"),
        (first_line(2, 2, "rgb", "u32"), "sample is to be one of u8, u16, f16, f32"),
        (first_line(2, 2, "y", "u8", opacity=3.0), "opacity is to be a number from 0 to 1"),
        (first_line(2, 2, "y", "u8", dpi=0), "dpi is to be a number above 0"),
        (
            first_line(2, 2, "y", "u8", dpi=1).replace(b'"dpi": 1', b'"dpi": 1' + b"0" * 400),
            "dpi is to be a number above 0",
        ),
        (first_line(2, 2, "y", "u8", linear=1), "linear is to be true or false"),
        (first_line(2, 3, "y", "u8"), "fewer rows"),
        (first_line(2, 1, "y", "u8"), "has 2 bytes after its rows"),
        (first_line(0, 0, "y", "u8"), "width is to be a whole number of px"),
        (first_line(10**6, 10**6, "y", "u8"), "megapixels|fewer rows"),
        (b'LINEARTPX1 {"width": 2.5, "height": 2, "channels": "y", "sample": "u8"}\n', "width is to be"),
        (b'LINEARTPX1 {"width": 2, "height": 2, "channels": "y", "sample": "u8", "dpi": NaN}\n', "dpi is to be"),
    ],
)
def test_a_first_line_that_cannot_be_is_refused(tmp_path: Path, line: bytes, said: str) -> None:
    (tmp_path / "a").write_bytes(line + bytes(4))
    with pytest.raises(PageError, match=said) as caught:
        grey(tmp_path / "a")
    assert "\n" not in str(caught.value)
    assert "raw.py" not in str(caught.value)


def test_a_first_line_has_finite_numbers() -> None:
    with pytest.raises(ValueError, match="finite"):
        first_line(1, 1, "y", "u8", dpi=float("nan"))
