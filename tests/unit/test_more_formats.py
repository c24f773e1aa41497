"""AVIF, JPEG 2000, JPEG XL, GIF, TGA, PNM, SVG, and previews of .clip and Procreate; `files` are by other programs.

Those hold a gradient of 60 x 40 px from red at the top to blue, as ImageMagick draws it.
"""

from __future__ import annotations

import gzip
import io
import sqlite3
import tarfile
import zipfile
from pathlib import Path
from struct import pack
from typing import Literal

import imagecodecs
import numpy as np
import pytest
from PIL import ExifTags, Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import InkOptions
from lineart_cli.pages.readers import xcf

FILES = Path(__file__).parent / "files"
LUMA = np.array((0.2126, 0.7152, 0.0722))
RED_TO_BLUE = np.repeat(np.linspace(LUMA[0], LUMA[2], 40)[:, None], 60, 1)
SMOOTH = np.asarray(Image.linear_gradient("L").resize((80, 60)))
DEEP = np.linspace(0, 65535, 60 * 80).astype(np.uint16).reshape(60, 80)


def read(path: Path, **options: object) -> np.ndarray:
    return pages.read_grey(path, InkOptions(**options))  # type: ignore[arg-type]


def header(path: Path, **options: object) -> pages.Header:
    return pages.read_header(path, InkOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "bits", "tolerance"),
    [
        ("imagemagick.avif", 8, 0.02),
        ("imagemagick.gif", 8, 0.01),
        ("imagemagick.jp2", 8, 0.01),
        ("imagemagick16.ppm", 16, 1e-4),
        ("cjxl.jxl", 16, 1e-4),
        ("cjxl_of_jpeg.jxl", 8, 0.02),
    ],
)
def test_files_of_other_programs(name: str, bits: int, tolerance: float) -> None:
    found = header(FILES / name)
    assert (found.width, found.height, found.bits, found.notes) == (60, 40, bits, ())
    np.testing.assert_allclose(read(FILES / name), RED_TO_BLUE, atol=tolerance)


@pytest.mark.parametrize("name", ["imagemagick.avif", "imagemagick.gif", "imagemagick.jp2", "cjxl.jxl"])
@pytest.mark.parametrize("share", [0.4, 0.7])
def test_cut_off(tmp_path: Path, name: str, share: float) -> None:
    content = (FILES / name).read_bytes()
    (tmp_path / "a").write_bytes(content[: int(share * len(content))])
    with pytest.raises(PageError, match="cut off or damaged"):
        read(tmp_path / "a")


@pytest.mark.parametrize("name", ["GIF", "TGA", "PPM", "AVIF", "JPEG2000"])
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, name: str) -> None:
    Image.fromarray(SMOOTH).save(tmp_path / "a.txt", name)
    np.testing.assert_allclose(read(tmp_path / "a.txt"), SMOOTH / 255, atol=0.03)


@pytest.mark.parametrize("is_boxed", [True, False])
@pytest.mark.parametrize("colours", [1, 3])
def test_deep_jpeg_xl(tmp_path: Path, is_boxed: bool, colours: int) -> None:
    samples = DEEP if colours == 1 else np.dstack([DEEP] * 3)
    coded = imagecodecs.jpegxl_encode(samples, lossless=True, usecontainer=is_boxed)
    (tmp_path / "a.jxl").write_bytes(coded)
    np.testing.assert_allclose(read(tmp_path / "a.jxl"), DEEP / 65535, atol=1e-5)
    assert header(tmp_path / "a.jxl").bits == 16


@pytest.mark.parametrize(("level", "says"), [(np.nan, "no numbers"), (np.inf, "no numbers"), (255, "where 1 is white")])
def test_jpeg_xl_in_floating_point_without_levels_is_told(tmp_path: Path, level: float, says: str) -> None:
    samples = np.ones((40, 60), np.float32)
    samples[20] = 0.1
    (tmp_path / "a.jxl").write_bytes(imagecodecs.jpegxl_encode(samples, lossless=True))
    np.testing.assert_allclose(read(tmp_path / "a.jxl"), samples, atol=1e-5)
    samples[5, 5] = level
    (tmp_path / "b.jxl").write_bytes(imagecodecs.jpegxl_encode(samples, lossless=True))
    with pytest.raises(PageError, match=says):
        read(tmp_path / "b.jxl")


@pytest.mark.parametrize("colours", [1, 3])
def test_deep_jpeg_2000(tmp_path: Path, colours: int) -> None:
    samples = DEEP if colours == 1 else np.dstack([DEEP] * 3)
    (tmp_path / "a.jp2").write_bytes(imagecodecs.jpeg2k_encode(samples, level=0))
    np.testing.assert_allclose(read(tmp_path / "a.jp2"), DEEP / 65535, atol=1e-5)
    assert header(tmp_path / "a.jp2").bits == 16


def test_deep_avif(tmp_path: Path) -> None:
    samples = np.dstack([DEEP >> 6] * 3)
    (tmp_path / "a.avif").write_bytes(imagecodecs.avif_encode(samples, bitspersample=10, level=100))
    assert header(tmp_path / "a.avif").bits == 10
    grey = read(tmp_path / "a.avif")
    np.testing.assert_allclose(grey, DEEP / 65535, atol=0.01)
    assert len(np.unique(np.round(grey * 1023))) > 300


@pytest.mark.parametrize("white", [1023, 65535])
@pytest.mark.parametrize("colours", [1, 3])
def test_deep_pnm(tmp_path: Path, white: int, colours: int) -> None:
    levels = (DEEP.astype(int) * white // 65535).astype(">u2")
    samples = levels if colours == 1 else np.dstack([levels] * 3)
    head = f"P{5 if colours == 1 else 6}\n# made by hand\n80 60 {white}\n".encode()
    (tmp_path / "a.pnm").write_bytes(head + samples.astype(">u2").tobytes())
    np.testing.assert_allclose(read(tmp_path / "a.pnm"), levels / white, atol=1e-5)
    if colours == 1:
        letters = f"P2 80 60 {white} ".encode() + b" ".join(str(each).encode() for each in samples.ravel())
        (tmp_path / "letters.pnm").write_bytes(letters)
        np.testing.assert_allclose(read(tmp_path / "letters.pnm"), levels / white, atol=1e-4)
        assert header(tmp_path / "letters.pnm").bits == 16
    (tmp_path / "b.pnm").write_bytes(head + samples.astype(">u2").tobytes()[:-700])
    with pytest.raises(PageError, match="cut off or damaged"):
        read(tmp_path / "b.pnm")


def test_a_turned_avif_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(SMOOTH).convert("RGB").save(tmp_path / "a.avif", exif=exif, quality=95)
    np.testing.assert_allclose(read(tmp_path / "a.avif"), np.rot90(SMOOTH / 255, -1), atol=0.03)


def test_a_transparent_gif_lies_on_white(tmp_path: Path) -> None:
    clear = Image.new("P", (8, 8), 0)
    clear.putpalette([0, 0, 0, 255, 0, 0])
    clear.paste(1, (0, 0, 4, 8))
    clear.save(tmp_path / "a.gif", transparency=0)
    np.testing.assert_allclose(read(tmp_path / "a.gif")[0], [LUMA[0]] * 4 + [1] * 4, atol=0.01)


SVG = '<svg xmlns="http://www.w3.org/2000/svg" {}><path d="M20 50 L180 50" stroke="#000" stroke-width="20"/>{}</svg>'


class TestSvg:
    @pytest.mark.parametrize("dpi", [None, 100.0])
    def test_it_is_drawn_at_300_dpi_or_as_told(self, dpi: float | None) -> None:
        found = header(FILES / "inkscape.svg", dpi=dpi)
        scale = (dpi or 300) / 25.4
        assert (found.width, found.height) == (round(20 * scale), round(10 * scale))
        assert found.dpi == (dpi or 300, dpi or 300)
        grey = read(FILES / "inkscape.svg", dpi=dpi)
        middle = found.height // 2
        assert grey[middle, found.width // 2] == 0
        assert grey[middle, int(0.08 * found.width)] == 1
        assert grey[int(0.35 * found.height)].min() == 1

    @pytest.mark.parametrize(
        ("said", "size"),
        [
            ('width="96" height="48px" viewBox="0 0 200 100"', (300, 150)),
            ('width="1in" viewBox="0 0 200 100"', (300, 150)),
            ('height="36pt" viewBox="0 0 200 100"', (300, 150)),
            ('viewBox="0 0 200 100"', (625, 312)),
            ('width="100%" height="100%" viewBox="0,0,200,100"', (625, 312)),
            ('width="2.54cm" height="1.27cm"', (300, 150)),
        ],
    )
    def test_sizes(self, tmp_path: Path, said: str, size: tuple[int, int]) -> None:
        (tmp_path / "a.svg").write_text(SVG.format(said, ""))
        found = header(tmp_path / "a.svg")
        assert (found.width, found.height) == size
        assert read(tmp_path / "a.svg").shape == size[::-1]

    def test_compressed(self, tmp_path: Path) -> None:
        (tmp_path / "a.svgz").write_bytes(gzip.compress(SVG.format('viewBox="0 0 200 100"', "").encode()))
        assert read(tmp_path / "a.svgz").min() == 0

    @pytest.mark.parametrize("is_there", [True, False])
    def test_linked_pictures(self, tmp_path: Path, is_there: bool) -> None:
        if is_there:
            Image.new("L", (10, 10), 0).save(tmp_path / "scan.png")
        image = '<image href="scan.png" x="0" y="80" width="20" height="20"/>'
        (tmp_path / "a.svg").write_text(SVG.format('viewBox="0 0 200 100"', image))
        assert (read(tmp_path / "a.svg")[-20, 20] == 0) == is_there
        note = "links a picture 'scan.png' that is not there, and is left out"
        assert header(tmp_path / "a.svg").notes == (() if is_there else (note,))

    @pytest.mark.parametrize(
        ("content", "error"),
        [
            (SVG.format("", ""), "has no size"),
            (SVG.format('viewBox="0 0 200 100"', "<g>"), "cut off or damaged"),
            (SVG.format('width="90in" height="90in"', ""), "27000 x 27000 is over 100 megapixels"),
            ("<html><svg></svg></html>", "holds no readable image"),
        ],
    )
    def test_what_cannot_be_drawn(self, tmp_path: Path, content: str, error: str) -> None:
        (tmp_path / "a.svg").write_text(content)
        with pytest.raises(PageError, match=error):
            read(tmp_path / "a.svg", max_megapixels=100.0)

    @pytest.mark.parametrize("content", [b"a letter", b"\x00\xff\x80" * 900, b"<html></html>"])
    def test_compressed_files_that_are_no_drawings(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.gz").write_bytes(gzip.compress(content))
        with pytest.raises(PageError, match="holds no SVG drawing; give an SVG drawing"):
            read(tmp_path / "a.gz")


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w:"), ("a.cbt", "w:"), ("a.tar.gz", "w:gz")])
def test_tar_archives_are_told(tmp_path: Path, name: str, mode: Literal["w:", "w:gz"]) -> None:
    (tmp_path / "page.png").write_bytes(png())
    with tarfile.open(tmp_path / name, mode) as archive:
        archive.add(tmp_path / "page.png", "chapter 1/page.png")
    with pytest.raises(PageError, match="is a tar archive, which lineart does not read; unpack it, or pack it as CBZ"):
        read(tmp_path / name)


class TestXcf:
    def test_a_file_of_gimp(self) -> None:
        found = header(FILES / "gimp.xcf")
        assert (found.width, found.height, found.bits, found.notes) == (60, 40, 8, ())
        np.testing.assert_allclose(read(FILES / "gimp.xcf"), read(FILES / "gimp_xcf.png"), atol=0.04)

    def test_a_layer_of_it(self) -> None:
        expected = np.ones((40, 60))
        expected[7:17, 5:25] = 1 - 0.5 * (1 - np.array((10, 20, 30)) / 255 @ LUMA)
        np.testing.assert_allclose(read(FILES / "gimp.xcf", layer="sketch"), expected, atol=0.01)
        with pytest.raises(PageError, match=r"has no layer 'ink'; it has 'Sketch'"):
            read(FILES / "gimp.xcf", layer="ink")

    def test_layers_of_several_groups(self, tmp_path: Path) -> None:
        (tmp_path / "a.xcf").write_bytes(
            gimp(("left", None, 0), ("a", (0, 0), 8), ("right", None, 0), ("b", (1, 0), 40), ("paper", None, 56))
        )
        rows = read(tmp_path / "a.xcf").min(1)
        np.testing.assert_array_equal(np.flatnonzero(rows < 0.5), [8, 40, 56])
        rows = read(tmp_path / "a.xcf", layer="right").min(1)
        np.testing.assert_array_equal(np.flatnonzero(rows < 0.5), [40])

    def test_runs(self) -> None:
        packed = bytes([2, 7, 254, 1, 2, 127, 0, 3, 9, 128, 0, 2, 5, 6])
        assert xcf._from_runs(packed, 10, 1) == bytes([7, 7, 7, 1, 2, 9, 9, 9, 5, 6])

    @pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.6])
    def test_cut_off(self, tmp_path: Path, share: float) -> None:
        content = (FILES / "gimp.xcf").read_bytes()
        (tmp_path / "a.xcf").write_bytes(content[: int(share * len(content))])
        with pytest.raises(PageError, match="cut off or damaged"):
            read(tmp_path / "a.xcf")


def gimp(*layers: tuple[str, tuple[int, int] | None, int]) -> bytes:
    """An XCF of 64 x 64 px: of layers and groups the name, the path that GIMP writes in groups alone, the black row."""
    content = bytearray(b"gimp xcf v003\0" + pack(">IIIIIBII", 64, 64, 0, 17, 1, 0, 0, 0))
    table = len(content)
    content += bytes(4 * (len(layers) + 2))
    for number, (name, path, row) in enumerate(layers):
        content[table + 4 * number : table + 4 * number + 4] = pack(">I", len(content))
        content += pack(">IIII", 64, 64, 1, len(name) + 1) + name.encode() + b"\0"
        content += pack(">II", 29, 0) if path is None and not row else b""
        content += pack(">II", 30, 4 * len(path)) + pack(">II", *path) if path else b""
        content += bytes(8)
        content += pack(">II", len(content) + 8, 0)
        content += pack(">IIIII", 64, 64, 4, len(content) + 20, 0)
        content += pack(">IIII", 64, 64, len(content) + 16, 0)
        pixels = np.zeros((64, 64, 4), np.uint8)
        pixels[row, :, 3] = 255 * bool(row)
        content += pixels.tobytes()
    return bytes(content)


def png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(SMOOTH).save(buffer, "PNG", dpi=(72, 72))
    return buffer.getvalue()


def clip(path: Path, rows: list[bytes], table: str = "CanvasPreview") -> Path:
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE {table} (ImageData BLOB, ImageWidth INTEGER)")
    database.executemany(f"INSERT INTO {table} VALUES (?, 80)", [(row,) for row in rows])
    database.commit()
    chunks = [(b"CHNKHead", bytes(40)), (b"CHNKSQLi", database.serialize()), (b"CHNKFoot", b"")]
    database.close()
    body = b"".join(name + pack(">Q", len(data)) + data for name, data in chunks)
    path.write_bytes(b"CSFCHUNK" + pack(">QQ", 24 + len(body), 24) + body)
    return path


class TestPreviews:
    def test_clip_studio(self, tmp_path: Path) -> None:
        path = clip(tmp_path / "a.clip", [png()])
        np.testing.assert_allclose(read(path), SMOOTH / 255, atol=1e-6)
        assert header(path).notes == (
            "is inked from its preview of 80 x 60 px; for all of it, export it as PSD or PNG",
        )
        assert header(path).dpi is None

    def test_clip_studio_without_one(self, tmp_path: Path) -> None:
        for path in (clip(tmp_path / "a.clip", []), clip(tmp_path / "b.clip", [], table="Canvas")):
            with pytest.raises(PageError, match=r"has no preview.*; export it as PSD or PNG"):
                read(path)

    @pytest.mark.parametrize("length", [20, 500, 4000])
    def test_clip_studio_cut_off(self, tmp_path: Path, length: int) -> None:
        path = clip(tmp_path / "a.clip", [png()])
        path.write_bytes(path.read_bytes()[:length])
        with pytest.raises(PageError):
            read(path)

    def test_procreate(self, tmp_path: Path) -> None:
        path = tmp_path / "a.procreate"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("Document.archive", b"bplist00")
            archive.writestr("QuickLook/Thumbnail.png", png())
        np.testing.assert_allclose(read(path), SMOOTH / 255, atol=1e-6)
        (note,) = header(path).notes
        assert note.startswith("is inked from its preview of 80 x 60 px; for all of it, share it from Procreate")
