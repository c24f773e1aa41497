from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import ReadOptions

LUMA = np.array((0.2126, 0.7152, 0.0722))
HEIGHT, WIDTH = 70, 90
Y, X = np.mgrid[:HEIGHT, :WIDTH]
GREY = ((2 * X + Y) % 256).astype(np.uint8)
RGB = np.dstack([GREY, 255 - GREY, (X * 255 // WIDTH).astype(np.uint8)])
COVERAGE = ((3 * Y) % 256).astype(np.uint8)[..., None]
CMYK = np.dstack([RGB, GREY // 2])
OF_RGB = RGB @ LUMA / 255
OF_CMYK = ((1 - CMYK[..., :3] / 255) * (1 - CMYK[..., 3:] / 255)) @ LUMA


def deep(samples: np.ndarray) -> np.ndarray:
    """The same light in 16 bits."""
    return samples.astype(np.uint16) * 257


def on_white(grey: np.ndarray) -> np.ndarray:
    return 1 - (1 - grey) * COVERAGE[..., 0] / 255


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.tif"


def read(path: Path, page: int = 0) -> np.ndarray:
    return pages.read_grey(path, ReadOptions(), page)


def header(path: Path, page: int = 0) -> pages.Header:
    return pages.read_header(path, ReadOptions(), page)


def check(path: Path, samples: np.ndarray, grey: np.ndarray, tolerance: float = 1e-6, **settings: Any) -> None:
    """Written by tifffile and read by us, `samples` become `grey`."""
    tifffile.imwrite(path, samples, **settings)
    np.testing.assert_allclose(read(path), grey, atol=tolerance)


class TestCompressions:
    @pytest.mark.parametrize("tile", [None, (32, 48)])
    @pytest.mark.parametrize(
        ("compression", "predictor"),
        [(None, None), ("lzw", None), ("lzw", 2), ("zlib", None), ("zlib", 2), ("zstd", None), ("packbits", None)],
    )
    def test_lossless(
        self, path: Path, compression: str | None, predictor: int | None, tile: tuple[int, int] | None
    ) -> None:
        settings = {"compression": compression, "predictor": predictor, "tile": tile}
        check(path, GREY, GREY / 255, **settings)
        check(path, deep(RGB), OF_RGB, photometric="rgb", **settings)

    @pytest.mark.parametrize("tile", [None, (32, 48)])
    @pytest.mark.parametrize("compression", ["jpeg", "webp", "jpeg2000", "jpegxl"])
    def test_of_pictures(self, path: Path, compression: str, tile: tuple[int, int] | None) -> None:
        smooth = np.dstack([X * 2, Y * 3, 100 + X]).astype(np.uint8)
        check(path, smooth, smooth @ LUMA / 255, 0.03, compression=compression, tile=tile, photometric="rgb")

    def test_jpeg_with_halved_colours(self, path: Path) -> None:
        smooth = np.dstack([X * 2, Y * 3, 100 + X]).astype(np.uint8)
        Image.fromarray(smooth).save(path, compression="jpeg", quality=95)
        np.testing.assert_allclose(read(path), smooth @ LUMA / 255, atol=0.02)

    @pytest.mark.parametrize("compression", ["group4", "group3", "tiff_ccitt", "tiff_lzw", "packbits"])
    def test_one_bit_as_scanners_and_faxes_write_it(self, path: Path, compression: str) -> None:
        bits = np.random.default_rng(1).random((HEIGHT, WIDTH)) > 0.7
        Image.fromarray(bits).save(path, compression=compression)
        np.testing.assert_array_equal(read(path), bits)
        assert (header(path).bits, header(path).is_grey) == (1, True)


class TestSamples:
    def test_bigtiff_and_either_byte_order(self, path: Path) -> None:
        check(path, deep(RGB), OF_RGB, bigtiff=True, photometric="rgb")
        check(path, deep(RGB), OF_RGB, byteorder=">", photometric="rgb")

    @pytest.mark.parametrize("tile", [None, (32, 48)])
    def test_colours_in_planes(self, path: Path, tile: tuple[int, int] | None) -> None:
        planes = np.moveaxis(deep(RGB), -1, 0)
        settings = {"photometric": "rgb", "planarconfig": "separate", "compression": "zlib", "predictor": 2}
        check(path, planes, OF_RGB, tile=tile, **settings)

    @pytest.mark.parametrize("planes", ["contig", "separate"])
    @pytest.mark.parametrize("widen", [np.asarray, deep])
    @pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
    def test_counted_from_white_with_coverage(self, path: Path, planes: str, widen: Any, kind: str) -> None:
        dark, coverage = 255 - GREY[..., None], COVERAGE
        if kind == "assocalpha":
            dark = np.rint(dark * (coverage / 255)).astype(np.uint8)
        samples = widen(np.dstack([dark, coverage]))
        expected = GREY / 255 if kind == "unspecified" else on_white(GREY / 255)
        stored = np.moveaxis(samples, -1, 0) if planes == "separate" else samples
        check(path, stored, expected, 0.003, photometric="miniswhite", extrasamples=[kind], planarconfig=planes)

    def test_a_palette_with_coverage(self, path: Path) -> None:
        palette = np.random.default_rng(0).integers(0, 65536, (3, 256), np.uint16)
        samples = np.dstack([GREY, COVERAGE])
        colours = (320, 3, 768, palette.ravel().tolist(), True)
        tifffile.imwrite(path, samples, photometric="minisblack", extrasamples=["unassalpha"], extratags=[colours])
        with tifffile.TiffFile(path, mode="r+b") as tiff:
            tiff.pages[0].tags["PhotometricInterpretation"].overwrite(3)
        np.testing.assert_allclose(read(path), on_white(palette.T[GREY] @ LUMA / 65535), atol=1e-4)

    @pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
    def test_counted_from_black_or_white(self, path: Path, photometric: str) -> None:
        for samples, light in ((GREY, GREY / 255), (deep(GREY), GREY / 255), (GREY > 99, GREY > 99)):
            grey = light.astype(float) if photometric == "minisblack" else 1.0 - light
            check(path, samples, grey, photometric=photometric)

    @pytest.mark.parametrize("bits", [2, 4, 12])
    def test_odd_bits(self, path: Path, bits: int) -> None:
        samples = (GREY.astype(np.uint16) * 16 >> (12 - bits)).astype(np.uint8 if bits < 8 else np.uint16)
        check(path, samples, samples / (2**bits - 1), bitspersample=bits)
        assert header(path).bits == bits

    def test_palette(self, path: Path) -> None:
        palette = np.random.default_rng(0).integers(0, 65536, (3, 256), np.uint16)
        check(path, GREY, palette.T[GREY] @ LUMA / 65535, photometric="palette", colormap=palette)

    def test_cmyk(self, path: Path) -> None:
        check(path, CMYK, OF_CMYK, photometric="separated")
        check(path, deep(CMYK), OF_CMYK, photometric="separated", compression="lzw")
        with_coverage = np.dstack([CMYK, COVERAGE])
        check(path, with_coverage, on_white(OF_CMYK), photometric="separated", extrasamples=["unassalpha"])
        check(path, with_coverage, OF_CMYK, photometric="separated", extrasamples=["unspecified"])

    def test_coverage(self, path: Path) -> None:
        straight = np.dstack([RGB, COVERAGE])
        check(path, straight, on_white(OF_RGB), photometric="rgb", extrasamples=["unassalpha"])
        multiplied = np.dstack([np.rint(RGB * (COVERAGE / 255)).astype(np.uint8), COVERAGE])
        check(path, multiplied, on_white(OF_RGB), 0.003, photometric="rgb", extrasamples=["assocalpha"])
        settings = {"photometric": "minisblack", "planarconfig": "contig"}
        check(path, np.dstack([GREY, COVERAGE]), on_white(GREY / 255), extrasamples=["unassalpha"], **settings)
        lighter = np.full((4, 4, 2), (200, 128), np.uint8)
        check(path, lighter, np.ones((4, 4)), extrasamples=["assocalpha"], **settings)

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_floating_point_counts_from_0_to_1(self, path: Path, dtype: type) -> None:
        check(path, (GREY / 255).astype(dtype), GREY / 255, 5e-4)
        check(path, (1.2 * GREY / 255).astype(dtype), np.minimum(1.2 * GREY / 255, 1), 1e-3)

    def test_floating_point_with_a_white_of_its_own(self, path: Path) -> None:
        check(path, GREY.astype(np.float32), GREY / 255, extratags=[(341, "f", 1, 255.0, True)])

    @pytest.mark.parametrize(
        ("level", "says"), [(np.nan, "no numbers"), (np.inf, "no numbers"), (255, "where 1 is white")]
    )
    def test_floating_point_without_sense(self, path: Path, level: float, says: str) -> None:
        samples = GREY / np.float32(255)
        samples[3, 3] = level
        tifffile.imwrite(path, samples)
        with pytest.raises(PageError, match=says):
            read(path)

    @pytest.mark.parametrize("dtype", [np.int16, np.complex64])
    def test_numbers_that_are_no_light(self, path: Path, dtype: type) -> None:
        tifffile.imwrite(path, GREY.astype(dtype))
        with pytest.raises(
            PageError, match="has samples with a sign, or complex ones; save it with 8 or 16 bits without a sign"
        ):
            read(path)

    @pytest.mark.parametrize("kind", ["cielab", "ycbcr"])
    def test_colours_that_are_no_light(self, path: Path, kind: str) -> None:
        tifffile.imwrite(path, RGB, photometric=kind)
        with pytest.raises(PageError, match=f"has colours of the kind {kind.upper()}; save it as grey, RGB or CMYK"):
            read(path)


class TestDeepRamps:
    """A ramp through all 65536 levels keeps them, whichever way it comes."""

    RAMP = np.arange(65536, dtype=np.uint16).reshape(256, 256)

    @pytest.mark.parametrize("suffix", [".tif", ".png"])
    @pytest.mark.parametrize("colours", [False, True])
    def test_all_levels_survive(self, tmp_path: Path, suffix: str, colours: bool) -> None:
        import imagecodecs

        samples = np.dstack([self.RAMP] * 3) if colours else self.RAMP
        path = tmp_path / f"a{suffix}"
        if suffix == ".tif":
            tifffile.imwrite(path, samples, photometric="rgb" if colours else "minisblack", compression="zlib")
        else:
            path.write_bytes(imagecodecs.png_encode(samples))
        grey = read(path)
        assert len(np.unique(grey)) > 65000
        np.testing.assert_allclose(grey, self.RAMP / 65535, atol=2e-7)
        assert header(path).bits == 16

    @pytest.mark.parametrize("channels", [2, 4])
    def test_with_coverage(self, tmp_path: Path, channels: int) -> None:
        import imagecodecs

        samples = np.dstack([*[self.RAMP] * (channels - 1), np.full_like(self.RAMP, 65535)])
        (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(samples))
        assert len(np.unique(read(tmp_path / "a.png"))) > 65000


class TestPages:
    def test_each_page_is_read(self, path: Path) -> None:
        with tifffile.TiffWriter(path) as file:
            file.write(GREY, resolution=(300, 300), resolutionunit="INCH")
            file.write(RGB[:50], photometric="rgb", resolution=(200, 100), resolutionunit="CENTIMETER")
        assert pages.count_pages(path) == 2
        np.testing.assert_allclose(read(path, 1), OF_RGB[:50], atol=1e-6)
        assert header(path, 0) == pages.Header(WIDTH, HEIGHT, (300, 300), 2, 8, True)
        assert header(path, 1) == pages.Header(WIDTH, 50, (508, 254), 2, 8, False)

    def test_thumbnails_and_masks_are_no_pages(self, path: Path) -> None:
        with tifffile.TiffWriter(path) as file:
            file.write(GREY[::8, ::8], subfiletype=1)
            file.write(GREY, subfiletype=2)
            file.write(GREY > 9, subfiletype=4)
            file.write(GREY[::2, ::2], subfiletype=3)
        assert pages.count_pages(path) == 1
        np.testing.assert_allclose(read(path), GREY / 255, atol=1e-6)

    def test_layers_below_a_page_are_no_pages(self, path: Path) -> None:
        with tifffile.TiffWriter(path) as file:
            file.write(GREY, subifds=1)
            file.write(GREY[::2, ::2])
        assert pages.count_pages(path) == 1

    def test_a_page_cut_off_leaves_the_others(self, path: Path) -> None:
        with tifffile.TiffWriter(path) as file:
            for _ in range(3):
                file.write(GREY, compression="zlib")
        with tifffile.TiffFile(path) as file:
            place = file.pages[1].dataoffsets[0]
        content = bytearray(path.read_bytes())
        content[place : place + 40] = bytes(40)
        path.write_bytes(content)
        with pytest.raises(PageError, match=r"a\.tif page 2: "):
            read(path, 1)
        np.testing.assert_allclose(read(path, 2), GREY / 255, atol=1e-6)

    @pytest.mark.parametrize("settings", [{}, {"compression": "jpeg"}, {"compression": "lzw"}, {"tile": (32, 48)}])
    @pytest.mark.parametrize("share", [0.5, 0.98])
    def test_cut_off(self, path: Path, settings: dict[str, Any], share: float) -> None:
        with tifffile.TiffWriter(path) as file:  # the description comes first, the samples last
            file.write(GREY, **settings)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        with pytest.raises(PageError, match="cut off"):
            read(path)

    def test_a_lying_size_is_refused_before_anything_is_decoded(self, path: Path) -> None:
        tifffile.imwrite(path, GREY, compression="zlib")
        with tifffile.TiffFile(path, mode="r+b") as file:
            for name in ("ImageWidth", "ImageLength"):
                file.pages[0].tags[name].overwrite(60_000)
        with pytest.raises(PageError, match="60000 x 60000 is over 1200 megapixels"):
            read(path)

    def test_a_lying_tile_is_refused(self, path: Path) -> None:
        tifffile.imwrite(path, GREY, compression="zlib", tile=(32, 48))
        with tifffile.TiffFile(path, mode="r+b") as file:
            for name in ("TileWidth", "TileLength"):
                file.pages[0].tags[name].overwrite(32_000)
        with pytest.raises(PageError, match="has tiles of 32000 x 32000"):
            read(path)
