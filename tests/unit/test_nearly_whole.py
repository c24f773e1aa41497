"""Pictures that are whole in files that are not, and what two resolution tags of one file mean."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from struct import pack, unpack

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import InkOptions

SMOOTH = np.asarray(Image.linear_gradient("L").rotate(30).resize((300, 200)))


def saved(name: str, **settings: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(SMOOTH).save(buffer, name, **settings)
    return buffer.getvalue()


def read(path: Path) -> np.ndarray:
    return pages.read_grey(path, InkOptions())


def header(path: Path) -> pages.Header:
    return pages.read_header(path, InkOptions())


@pytest.mark.parametrize("progressive", [False, True])
class TestJpegWithoutEnd:
    def test_the_mark_alone_is_not_missed_and_that_is_told(self, tmp_path: Path, progressive: bool) -> None:
        content = saved("JPEG", progressive=progressive)
        (tmp_path / "whole.jpg").write_bytes(content)
        (tmp_path / "a.jpg").write_bytes(content[:-2])
        np.testing.assert_array_equal(read(tmp_path / "a.jpg"), read(tmp_path / "whole.jpg"))
        assert header(tmp_path / "a.jpg").notes == ("lacks the mark of its end; it is inked if its picture is whole",)
        assert header(tmp_path / "whole.jpg").notes == ()

    @pytest.mark.parametrize("missing", [6, 40, 400, 1500])
    def test_what_lacks_more_is_damaged(self, tmp_path: Path, progressive: bool, missing: int) -> None:
        (tmp_path / "a.jpg").write_bytes(saved("JPEG", progressive=progressive)[:-missing])
        with pytest.raises(PageError, match=r"a\.jpg: is cut off or damaged"):
            read(tmp_path / "a.jpg")

    def test_so_is_one_that_has_an_end_where_its_last_rows_should_be(self, tmp_path: Path, progressive: bool) -> None:
        (tmp_path / "a.jpg").write_bytes(saved("JPEG", progressive=progressive)[:-400] + bytes(20))
        with pytest.raises(PageError, match=r"a\.jpg: is cut off or damaged"):
            read(tmp_path / "a.jpg")


@pytest.mark.parametrize("seed", range(5))
def test_a_film_behind_a_jpeg_as_phones_add_it_is_no_matter(tmp_path: Path, seed: int) -> None:
    film = np.random.default_rng(seed).integers(0, 256, 1_000_000, np.uint8).tobytes()
    (tmp_path / "a.jpg").write_bytes(saved("JPEG") + b"\0\0\0\x18ftypmp42" + film)
    (tmp_path / "alone.jpg").write_bytes(saved("JPEG"))
    assert header(tmp_path / "a.jpg").notes == ()
    np.testing.assert_array_equal(read(tmp_path / "a.jpg"), read(tmp_path / "alone.jpg"))


def test_a_progressive_jpeg_that_lacks_its_last_scans_is_damaged(tmp_path: Path) -> None:
    content = saved("JPEG", progressive=True)
    last = content.rfind(b"\xff\xda")
    (tmp_path / "a.jpg").write_bytes(content[: content.rfind(b"\xff\xc4", 0, last)])
    with pytest.raises(PageError, match="part of the picture is missing"):
        read(tmp_path / "a.jpg")


def chunk(kind: bytes, data: bytes, is_right: bool) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data) ^ (not is_right))


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iCCP", b"pHYs", b"prVt"])
def test_a_png_chunk_that_the_picture_does_not_need_may_be_damaged(tmp_path: Path, kind: bytes) -> None:
    content = saved("PNG")
    at = content.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(content[:at] + chunk(kind, bytes(9), is_right=False) + content[at:])
    np.testing.assert_allclose(read(tmp_path / "a.png"), SMOOTH / 255, atol=1e-6)
    (note,) = header(tmp_path / "a.png").notes
    assert note == f"what it says in {kind.decode()} is damaged, and left out; its picture is whole"
    assert header(tmp_path / "a.png").dpi is None


@pytest.mark.parametrize("kind", [b"tRNS", b"PLTE"])
def test_but_one_that_tells_what_its_pixels_mean_may_not(tmp_path: Path, kind: bytes) -> None:
    content = saved("PNG")
    at = content.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(content[:at] + chunk(kind, bytes(6), is_right=False) + content[at:])
    with pytest.raises(PageError, match=r"damaged \(a checksum is wrong\)"):
        header(tmp_path / "a.png")


def exif(dpi: float, unit: int = 2) -> Image.Exif:
    tags = Image.Exif()
    tags[ExifTags.Base.XResolution] = tags[ExifTags.Base.YResolution] = dpi
    tags[ExifTags.Base.ResolutionUnit] = unit
    return tags


@pytest.mark.parametrize(
    ("own", "in_exif", "told"),
    [(72, 300, 300), (96, 600, 600), (300, 72, 300), (300, 600, 300), (72, 72, 72), (None, 240, 240)],
)
@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_a_screen_s_dpi_give_way_to_exif(
    tmp_path: Path, name: str, own: float | None, in_exif: float, told: float
) -> None:
    settings = {"dpi": (own, own)} if own else {}
    (tmp_path / "a").write_bytes(saved(name, exif=exif(in_exif), **settings))
    assert header(tmp_path / "a").dpi == (told, told)


@pytest.mark.parametrize("name", ["JPEG", "WEBP"])
def test_exif_may_count_in_centimetres(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").write_bytes(saved(name, exif=exif(100, unit=3)))
    assert header(tmp_path / "a").dpi == (254, 254)


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_exif_may_have_another_resolution_across(tmp_path: Path, name: str) -> None:
    tags = exif(204)
    tags[ExifTags.Base.YResolution] = 98
    (tmp_path / "a").write_bytes(saved(name, exif=tags))
    assert header(tmp_path / "a").dpi == (204, 98)


@pytest.mark.parametrize("unit", [0, None])
def test_a_jpeg_that_tells_no_dpi_has_none(tmp_path: Path, unit: int | None) -> None:
    tags = Image.Exif()
    tags[ExifTags.Base.Artist] = "A"  # of a picture with EXIF and no resolution, Pillow says 72 dpi
    content = saved("JPEG", exif=tags)
    if unit is None:  # nor has it a JFIF segment
        (length,) = unpack(">H", content[4:6])
        content = content[:2] + content[4 + length :]
    (tmp_path / "a.jpg").write_bytes(content)
    assert header(tmp_path / "a.jpg").dpi is None


@pytest.mark.parametrize("dpi", [4_294_967_295, 70_000, 0.001])
def test_dpi_that_no_ink_could_be_written_with_are_none(tmp_path: Path, dpi: float) -> None:
    tifffile.imwrite(tmp_path / "a.tif", SMOOTH, resolution=(dpi, dpi))
    assert header(tmp_path / "a.tif").dpi is None


def test_photoshop_s_dpi_count_where_a_jpeg_has_no_others(tmp_path: Path) -> None:
    resolution = pack(">IHHIHH", 350 << 16, 1, 1, 350 << 16, 1, 1)
    resource = b"8BIM" + pack(">H", 1005) + b"\0\0" + pack(">I", len(resolution)) + resolution
    segment = b"Photoshop 3.0\0" + resource
    content = saved("JPEG", dpi=(72, 72))
    at = content.index(b"\xff\xdb")
    (tmp_path / "a.jpg").write_bytes(content[:at] + b"\xff\xed" + pack(">H", len(segment) + 2) + segment + content[at:])
    assert header(tmp_path / "a.jpg").dpi == (350, 350)
