from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import ReadOptions
from lineart_cli.pages import picture
from pictures import png_chunk

LUMA = (0.2126, 0.7152, 0.0722)
SIZE = (6, 4)  # width, height


def ramp(channels: int = 1, dtype: type = np.uint8) -> np.ndarray:
    """(4, 6[, channels]) values over the whole range of `dtype`, different in every sample."""
    count = SIZE[0] * SIZE[1] * channels
    values = np.linspace(0, np.iinfo(dtype).max, count).astype(dtype)
    return values.reshape((SIZE[1], SIZE[0], channels) if channels > 1 else (SIZE[1], SIZE[0]))


def png(width: int, height: int, depth: int, colour: int, raw: bytes, extra: bytes = b"") -> bytes:
    """A PNG file by hand: Pillow writes no 16-bit colour and no zero-pixel pages."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + png_chunk(b"IDAT", zlib.compress(raw)) + png_chunk(b"IEND", b"")


def png16(samples: np.ndarray, colour: int) -> bytes:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    return png(samples.shape[1], samples.shape[0], 16, colour, rows)


def save(path: Path, image: Image.Image, **settings: object) -> Path:
    image.save(path, **settings)
    return path


def read(path: Path, mode: str = "luma709") -> np.ndarray:
    return pages.read_grey(path, ReadOptions(desaturate=mode))


def header(path: Path, max_megapixels: float = 100) -> pages.Header:
    return pages.read_header(path, ReadOptions(max_megapixels=max_megapixels))


class TestRead:
    @pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".bmp"])
    def test_rgb_becomes_luma_on_encoded_values(self, tmp_path: Path, suffix: str) -> None:
        rgb = ramp(3)
        path = save(tmp_path / f"a{suffix}", Image.fromarray(rgb), **({"lossless": True} if suffix == ".webp" else {}))
        grey = read(path)
        assert grey.dtype == np.float32
        np.testing.assert_allclose(grey, rgb @ np.array(LUMA) / 255, atol=1e-6)

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
    def test_grey_is_exact(self, tmp_path: Path, suffix: str) -> None:
        path = save(tmp_path / f"a{suffix}", Image.fromarray(ramp()))
        np.testing.assert_array_equal(read(path), ramp().astype(np.float32) / np.float32(255))

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
    def test_one_bit(self, tmp_path: Path, suffix: str) -> None:
        bits = ramp() > 100
        np.testing.assert_array_equal(read(save(tmp_path / f"a{suffix}", Image.fromarray(bits))), bits)

    def test_jpeg(self, tmp_path: Path) -> None:
        flat = Image.new("RGB", (32, 32), (200, 100, 50))
        expected = np.dot((200, 100, 50), LUMA) / 255
        assert read(save(tmp_path / "a.jpg", flat, quality=95)) == pytest.approx(expected, abs=0.01)

    def test_other_modes_of_desaturation_reach_the_page(self, tmp_path: Path) -> None:
        path = save(tmp_path / "a.png", Image.new("RGB", SIZE, (40, 80, 200)))
        assert read(path, "max") == pytest.approx(200 / 255)
        assert read(path, "min") == pytest.approx(40 / 255)

    def test_large_pages_are_read_in_blocks_without_seams(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rgb = np.random.default_rng(0).integers(0, 256, (50, 7, 3), np.uint8)
        path = save(tmp_path / "a.png", Image.fromarray(rgb))
        whole = read(path)
        monkeypatch.setattr(picture, "BLOCK_PIXELS", 7 * 3)
        np.testing.assert_array_equal(read(path), whole)

    def test_transparency_is_laid_on_white_before_luma(self, tmp_path: Path) -> None:
        rgba = ramp(4)
        alpha = rgba[..., 3:] / 255
        expected = (rgba[..., :3] / 255 * alpha + 1 - alpha) @ np.array(LUMA)
        np.testing.assert_allclose(read(save(tmp_path / "a.png", Image.fromarray(rgba))), expected, atol=1e-6)

    def test_grey_with_alpha(self, tmp_path: Path) -> None:
        la = ramp(2)
        alpha = la[..., 1] / 255
        image = Image.merge("LA", [Image.fromarray(la[..., 0].copy()), Image.fromarray(la[..., 1].copy())])
        np.testing.assert_allclose(
            read(save(tmp_path / "a.png", image)), la[..., 0] / 255 * alpha + 1 - alpha, atol=1e-6
        )

    def test_palette_with_a_transparent_colour(self, tmp_path: Path) -> None:
        image = Image.new("P", SIZE, 1)
        image.putpalette([255, 0, 0, 0, 0, 255, 0, 0, 0])
        image.putpixel((0, 0), 2)
        image.putpixel((1, 0), 0)
        grey = read(save(tmp_path / "a.png", image, transparency=2))
        assert grey[0, 0] == 1
        assert grey[0, 1] == pytest.approx(LUMA[0])
        assert grey[3, 3] == pytest.approx(LUMA[2])

    def test_grey_with_a_transparent_level(self, tmp_path: Path) -> None:
        image = Image.fromarray(ramp())
        grey = read(save(tmp_path / "a.png", image, transparency=0))
        assert grey[0, 0] == 1
        np.testing.assert_allclose(grey.ravel()[1:], ramp().ravel()[1:] / 255, atol=1e-6)

    @pytest.mark.parametrize("suffix", [".tif", ".jpg"])
    def test_cmyk_black_is_black_and_paper_is_white(self, tmp_path: Path, suffix: str) -> None:
        image = Image.new("CMYK", (32, 16), (0, 0, 0, 0))
        image.paste((0, 0, 0, 255), (16, 0, 32, 16))
        grey = read(save(tmp_path / f"a{suffix}", image))
        assert grey[:, :16] == pytest.approx(1, abs=0.01)
        assert grey[:, 16:] == pytest.approx(0, abs=0.01)

    def test_16_bit_grey_keeps_every_level(self, tmp_path: Path) -> None:
        grey = ramp(dtype=np.uint16)
        for suffix in (".png", ".tif"):
            path = save(tmp_path / f"a{suffix}", Image.fromarray(grey))
            np.testing.assert_allclose(read(path), grey / 65535, atol=1e-6)

    def test_16_bit_grey_counted_from_white(self, tmp_path: Path) -> None:
        grey = ramp(dtype=np.uint16)
        path = save(tmp_path / "a.tif", Image.fromarray(grey), tiffinfo={262: 0})
        np.testing.assert_allclose(read(path), 1 - grey / 65535, atol=1e-6)

    def test_16_bit_rgb_png_is_neither_clipped_nor_wrapped(self, tmp_path: Path) -> None:
        rgb = ramp(3, np.uint16)
        path = tmp_path / "a.png"
        path.write_bytes(png16(rgb, colour=2))
        np.testing.assert_allclose(read(path), rgb @ np.array(LUMA) / 65535, atol=1 / 255)

    def test_16_bit_rgba_png_is_laid_on_white(self, tmp_path: Path) -> None:
        rgba = ramp(4, np.uint16)
        alpha = rgba[..., 3:] / 65535
        path = tmp_path / "a.png"
        path.write_bytes(png16(rgba, colour=6))
        np.testing.assert_allclose(
            read(path), (rgba[..., :3] / 65535 * alpha + 1 - alpha) @ np.array(LUMA), atol=2 / 255
        )

    def test_what_libpng_thinks_of_a_16_bit_png_is_not_printed(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        whole, path = png16(ramp(3, np.uint16), colour=2), tmp_path / "a.png"
        with_bad_profile = png_chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile"))
        path.write_bytes(whole[:33] + with_bad_profile + whole[33:])
        assert read(path).shape == (4, 6)
        end = whole.index(b"IDAT") - 4
        stream = bytearray(zlib.compress(b"".join(b"\0" + bytes(36) for _ in range(4))))
        stream[-1] ^= 1  # of the checksum of all samples
        path.write_bytes(whole[:end] + png_chunk(b"IDAT", bytes(stream)) + png_chunk(b"IEND", b""))
        with pytest.raises(PageError, match=r"is cut off or damaged .*incorrect data check"):
            read(path)
        assert capfd.readouterr().err == ""

    @pytest.mark.parametrize("compress", [False, True])
    def test_16_bit_rgb_tiff(self, tmp_path: Path, compress: bool) -> None:
        import cv2

        rgb = ramp(3, np.uint16)
        settings = [cv2.IMWRITE_TIFF_COMPRESSION, 5 if compress else 1]
        assert cv2.imwrite(str(tmp_path / "a.tif"), rgb[..., ::-1], settings)
        np.testing.assert_allclose(read(tmp_path / "a.tif"), rgb @ np.array(LUMA) / 65535, atol=1 / 255)

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_every_orientation_is_turned_upright(self, tmp_path: Path, suffix: str, orientation: int) -> None:
        grey = np.full((24, 32), 255, np.uint8)
        grey[:8, :16] = 0
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        image = Image.fromarray(grey).convert("RGB")
        path = save(tmp_path / f"a{suffix}", image, exif=exif)
        plain = Image.fromarray(grey)
        plain.getexif()[ExifTags.Base.Orientation] = orientation
        expected = np.asarray(ImageOps.exif_transpose(plain), np.float32) / 255
        np.testing.assert_allclose(read(path), expected, atol=0.1)
        found = header(path, 100)
        assert (found.height, found.width) == expected.shape


class TestHeader:
    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
    @pytest.mark.parametrize("dpi", [72, 150, 300, 400, 600, 1200])
    def test_dpi_is_read_as_it_was_meant(self, tmp_path: Path, suffix: str, dpi: int) -> None:
        path = save(tmp_path / f"a{suffix}", Image.new("L", SIZE), dpi=(dpi, dpi))
        assert header(path, 100).dpi == (dpi, dpi)

    def test_no_dpi(self, tmp_path: Path) -> None:
        assert header(save(tmp_path / "a.png", Image.new("L", SIZE)), 100).dpi is None

    def test_turned_pages_swap_their_dpi(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        path = save(tmp_path / "a.png", Image.new("L", SIZE), dpi=(200, 100), exif=exif)
        assert header(path, 100).dpi == pytest.approx((100, 200), abs=0.02)

    def test_limit_is_checked_before_decoding(self, tmp_path: Path) -> None:
        path = tmp_path / "wide.png"
        path.write_bytes(png(60_000, 60_000, 8, 0, b""))
        with pytest.raises(PageError, match=r"wide\.png: 60000 x 60000 is over 1200 megapixels; .*--max-megapixels"):
            header(path, 1200)

    @pytest.mark.parametrize(
        ("name", "settings", "held"),
        [
            ("a.png", {}, 0),
            ("a.tif", {}, 0),
            ("a.tif", {"compression": "tiff_lzw", "strip_size": 3 * SIZE[0] * 2}, 3 * SIZE[0] * 2),
            ("a.jpg", {}, 4 * SIZE[0] * SIZE[1]),
        ],
    )
    def test_it_tells_what_reading_takes_beside_a_few_rows(
        self, tmp_path: Path, name: str, settings: dict[str, object], held: int
    ) -> None:
        assert header(save(tmp_path / name, Image.new("RGB", SIZE), **settings)).held == held

    def test_a_very_wide_page_is_read(self, tmp_path: Path) -> None:
        path = save(tmp_path / "wide.png", Image.new("L", (60_000, 3), 77))
        assert header(path, 1200).width == 60_000
        assert read(path) == pytest.approx(77 / 255)

    def test_frames_of_a_tiff_are_counted(self, tmp_path: Path) -> None:
        image = Image.new("L", SIZE)
        path = save(tmp_path / "a.tif", image, save_all=True, append_images=[image, image])
        assert header(path, 100).pages == 3


class TestWorkingDpi:
    def page(self, width: int, height: int, dpi: pages.Dpi | None) -> pages.Header:
        return pages.Header(width, height, dpi, 1)

    def test_the_option_wins(self) -> None:
        assert pages.working_dpi(self.page(2480, 3508, (600, 600)), 300) == (300, "option")

    def test_the_tag_comes_next(self) -> None:
        assert pages.working_dpi(self.page(2480, 3508, (600.0, 600.0)), None) == (600, "file")

    def test_of_two_values_the_finer_one_counts(self) -> None:
        assert pages.working_dpi(self.page(1728, 1100, (204, 98)), None)[0] == 204
        assert pages.working_dpi(self.page(1728, 4400, (204, 391)), None)[0] == 391

    def test_two_that_are_nearly_the_same_give_their_mean(self) -> None:
        assert pages.working_dpi(self.page(1728, 1100, (200, 202)), None)[0] == pytest.approx(201, abs=0.01)

    @pytest.mark.parametrize(
        ("dpi", "told", "expected"),
        [
            ((204, 98), 1.0, (2290, 1728)),
            ((98, 204), 1.0, (1100, 3597)),
            ((300, 300), 1.0, (1100, 1728)),
            ((300, 302), 1.0, (1100, 1728)),
            ((300, 1), 1.0, (1100, 1728)),
            ((300, 60), 1.0, (1100, 1728)),
            (None, 2.0, (2200, 1728)),
            (None, 0.5, (1100, 3456)),
            (None, 9.0, (1100, 1728)),
        ],
    )
    def test_square_pixels(self, dpi: tuple[float, float] | None, told: float, expected: tuple[int, int]) -> None:
        page = pages.Header(1728, 1100, dpi, told_aspect=told)
        assert page.square_shape == expected
        turned = pages.Header(1728, 1100, dpi, told_aspect=told, orientation=6)
        assert turned.stored_square_shape == expected[::-1]

    def test_the_dpi_that_are_written_keep_their_ratio(self) -> None:
        assert self.page(1728, 1100, (204, 98)).written_dpi(None) == (204, 98)
        assert self.page(1728, 1100, (200, 100)).written_dpi(300) == (300, 150)
        assert self.page(1728, 1100, (100, 200)).written_dpi(300) == (150, 300)
        assert self.page(1728, 1100, None).written_dpi(300) == (300, 300)

    @pytest.mark.parametrize("tag", [None, (72.0, 72.0), (96.0, 96.0), (1.0, 1.0), (0.5, 0.5), (99999.0, 99999.0)])
    def test_a4_by_size_where_the_tag_cannot_be_meant(self, tag: pages.Dpi | None) -> None:
        dpi, where = pages.working_dpi(self.page(2480, 3508, tag), None)
        assert (round(dpi), where) == (300, "size")

    def test_a_small_page_at_screen_dpi_is_believed(self) -> None:
        assert pages.working_dpi(self.page(794, 1123, (96.0, 96.0)), None) == (96, "file")

    @pytest.mark.parametrize(("side", "expected"), [(100, 72), (60_000, 1200)])
    def test_guesses_stay_sensible(self, side: int, expected: float) -> None:
        assert pages.working_dpi(self.page(side, 10, None), None) == (expected, "size")


class TestBadFiles:
    def failing(self, path: Path) -> str:
        with pytest.raises(PageError) as caught:
            header(path, 100) and read(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        assert "; " in message
        return message

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").touch()
        assert "empty" in self.failing(tmp_path / "a.png")

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp"])
    @pytest.mark.parametrize("part", [0.001, 0.3, 0.9])
    def test_truncated(self, tmp_path: Path, suffix: str, part: float) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8)
        path = save(tmp_path / f"a{suffix}", Image.fromarray(noise))
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * part)])
        assert "readable" in (message := self.failing(path)) or "cut off" in message

    def test_no_image(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_text("a shopping list\n" * 100)
        assert "no readable image" in self.failing(tmp_path / "a.png")

    @pytest.mark.parametrize("size", [(0, 4), (4, 0), (0, 0)])
    def test_no_pixels(self, tmp_path: Path, size: tuple[int, int]) -> None:
        (tmp_path / "a.png").write_bytes(png(*size, 8, 0, b"\0" * size[1]))
        self.failing(tmp_path / "a.png")

    def test_a_folder_named_like_an_image(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").mkdir()
        assert "is a folder" in self.failing(tmp_path / "a.png")

    def test_vanished(self, tmp_path: Path) -> None:
        assert "not there" in self.failing(tmp_path / "gone.png")

    def test_a_pipe_does_not_hang(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.png")
        assert "no ordinary file" in self.failing(tmp_path / "a.png")

    def test_forbidden(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = save(tmp_path / "a.png", Image.new("L", SIZE))

        def forbidden(*_: object, **__: object) -> io.BytesIO:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", forbidden)
        assert "may not be read" in self.failing(path)

    def test_vector_files_are_not_handed_to_other_programs(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n")
        assert "no readable image" in self.failing(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("suffix", "mode", "settings", "px_bytes"),
    [
        (".png", "RGB", {}, 0),
        (".jpg", "L", {}, 1),
        (".jpg", "RGB", {}, 4),
        (".jpg", "CMYK", {}, 4),
        (".webp", "RGB", {"lossless": False}, 4),
        (".webp", "RGBA", {"lossless": True}, 8),
        (".webp", "RGB", {"lossless": True, "icc_profile": b"profile"}, 8),
        (".bmp", "RGB", {}, 4),
    ],
)
def test_a_header_tells_what_decoding_takes(
    tmp_path: Path, suffix: str, mode: str, settings: dict[str, object], px_bytes: int
) -> None:
    path = save(tmp_path / f"a{suffix}", Image.new(mode, (40, 30)), **settings)
    assert pages.read_header(path, ReadOptions()).held == px_bytes * 40 * 30


def test_a_webp_that_is_cut_off_says_so(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = save(tmp_path / "a.webp", Image.fromarray(noise), lossless=True)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(PageError, match="cut off or damaged"):
        pages.read_grey(path, ReadOptions())
