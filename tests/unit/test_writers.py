from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import BLACK, Colour, ReadOptions
from lineart_cli.pages import InkedPage, Look, Metadata
from lineart_cli.pages.writers import tiff
from lineart_cli.pages.writers.profile import icc_profile

HEIGHT, WIDTH = 150, 70  # more rows than a strip has
BLUE, GREY = Colour(20, 60, 160), Colour(90, 90, 90)
LOSSLESS = ("png", "tiff", "webp", "bmp")
WITH_ALPHA = ("png", "tiff", "webp")
FORMATS = tuple(name for name, each in pages.OUTPUT_FORMATS.items() if not each.has_curves)


def ink(dtype: type = np.uint8) -> np.ndarray:
    """Blank rows, every level there is, and noise."""
    full = np.iinfo(dtype).max
    page = np.random.default_rng(0).integers(0, full + 1, (HEIGHT, WIDTH), dtype)
    page[:60] = 0
    page[60:70] = np.linspace(0, full, 10 * WIDTH).round().reshape(10, WIDTH)
    return page


def sketch(colour: bool = False) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3) if colour else (HEIGHT, WIDTH), np.uint8)


def inked(
    coverage: np.ndarray,
    dpi: tuple[float, float] | None = None,
    below: np.ndarray | None = None,
    metadata: Metadata | None = None,
) -> InkedPage:
    """A page that comes in bands of odd heights."""
    bands = np.split(coverage, sorted({1, len(coverage) // 3, len(coverage) // 2}))
    return InkedPage(bands, coverage.shape, 8 * coverage.itemsize, dpi, below, metadata or Metadata())


def write(
    folder: Path, file_format: str, page: InkedPage | None = None, colour: Colour = BLACK, transparent: bool = False
) -> Path:
    path = folder / f"a{pages.OUTPUT_FORMATS[file_format].suffix}"
    page = page or inked(ink(), (300, 300), sketch())
    pages.write_ink(path, page, file_format, Look(colour, transparent))
    return path


def rgba(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA")).astype(int)


def on_white(coverage: np.ndarray, colour: Colour) -> np.ndarray:
    """(H, W, 3) as a painting program shows it: encoded values mixed by opacity."""
    share = coverage[..., None] / 255
    return np.floor(255 * (1 - share) + np.array(colour) * share + 0.5).astype(int)


class TestPixels:
    @pytest.mark.parametrize("file_format", LOSSLESS)
    @pytest.mark.parametrize("colour", [BLACK, GREY, BLUE], ids=str)
    def test_ink_on_white(self, tmp_path: Path, file_format: str, colour: Colour) -> None:
        pixels = rgba(write(tmp_path, file_format, colour=colour))
        np.testing.assert_array_equal(pixels[..., :3], on_white(ink(), colour))
        assert (pixels[..., 3] == 255).all()

    def test_ink_on_white_as_jpeg(self, tmp_path: Path) -> None:
        square = np.zeros((64, 64), np.uint8)
        square[16:48, 16:48] = 255
        pixels = rgba(write(tmp_path, "jpeg", inked(square), BLUE))
        assert np.abs(pixels[..., :3] - on_white(square, BLUE)).max() < 25

    @pytest.mark.parametrize("file_format", WITH_ALPHA)
    @pytest.mark.parametrize("colour", [BLACK, GREY, BLUE], ids=str)
    def test_transparent_ink_has_its_colour_everywhere_and_coverage_as_opacity(
        self, tmp_path: Path, file_format: str, colour: Colour
    ) -> None:
        pixels = rgba(write(tmp_path, file_format, colour=colour, transparent=True))
        np.testing.assert_array_equal(pixels[..., 3], ink())
        assert (pixels[ink() > 0][:, :3] == colour).all()
        laid = np.floor(255 + (pixels[..., :3] - 255.0) * pixels[..., 3:] / 255 + 0.5)
        np.testing.assert_array_equal(laid, on_white(ink(), colour))

    @pytest.mark.parametrize("colour", [BLACK, BLUE], ids=str)
    @pytest.mark.parametrize("transparent", [False, True])
    def test_16_bits_keep_every_level(self, tmp_path: Path, colour: Colour, transparent: bool) -> None:
        deep = ink(np.uint16)
        page = inked(deep)
        png = imagecodecs.png_decode(write(tmp_path, "png", page, colour, transparent).read_bytes())
        tif = tifffile.imread(write(tmp_path, "tiff", page, colour, transparent))
        np.testing.assert_array_equal(png, tif)
        assert png.dtype == np.uint16
        samples = png.reshape(HEIGHT, WIDTH, -1)
        if transparent:
            np.testing.assert_array_equal(samples[..., -1], deep)
            assert (samples[..., 0] == colour.red * 257).all()
        else:
            expected = 65535 - deep * (1 - colour.red / 255)
            np.testing.assert_allclose(samples[..., 0], expected, atol=0.51)

    def test_pages_are_as_small_as_their_colours_allow(self, tmp_path: Path) -> None:
        for colour, transparent, mode in ((BLACK, False, "L"), (GREY, True, "LA"), (BLUE, False, "RGB")):
            with Image.open(write(tmp_path, "png", colour=colour, transparent=transparent)) as image:
                assert image.mode == mode

    def test_pages_of_one_pixel_and_of_one_strip(self, tmp_path: Path) -> None:
        for shape in ((1, 1), (64, 3), (65, 1)):
            small = np.full(shape, 100, np.uint8)
            for file_format in FORMATS:
                path = write(tmp_path, file_format, inked(small, None, small))
                if file_format in LOSSLESS:
                    assert rgba(path)[..., 0].tolist() == [[155] * shape[1]] * shape[0]


class TestTags:
    @pytest.mark.parametrize("file_format", ["png", "tiff", "webp", "bmp", "jpeg"])
    @pytest.mark.parametrize("dpi", [(72.0, 72.0), (300.0, 300.0), (599.0, 599.0), (203.2, 98.0)])
    def test_dpi_survives(self, tmp_path: Path, file_format: str, dpi: pages.Dpi) -> None:
        path = write(tmp_path, file_format, inked(ink(), dpi))
        found = pages.read_header(path, ReadOptions()).dpi
        assert found == (tuple(round(each) for each in dpi) if file_format == "jpeg" else pytest.approx(dpi, abs=0.02))
        if dpi[0] % 1 == 0:
            assert found == dpi

    @pytest.mark.parametrize("file_format", ["png", "tiff", "webp", "bmp"])
    def test_no_dpi_is_not_made_up(self, tmp_path: Path, file_format: str) -> None:
        path = write(tmp_path, file_format, inked(ink()))
        assert pages.read_header(path, ReadOptions()).dpi is None

    @pytest.mark.parametrize("file_format", ["png", "tiff", "jpeg", "psd"])
    @pytest.mark.parametrize("colour", [BLACK, BLUE], ids=str)
    def test_the_profile_fits_the_samples(self, tmp_path: Path, file_format: str, colour: Colour) -> None:
        with Image.open(write(tmp_path, file_format, colour=colour)) as image:
            assert image.info["icc_profile"] == icc_profile(len(image.getbands()))

    @pytest.mark.parametrize(("samples", "mode"), [(1, "L"), (3, "RGB")])
    def test_the_profile_means_srgb(self, samples: int, mode: str) -> None:
        data = icc_profile(samples)
        assert len(data) == struct.unpack(">I", data[:4])[0] < 1100
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], samples, 2)
        image = Image.fromarray(levels[..., 0] if samples == 1 else levels)
        shown = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        assert np.abs(np.asarray(shown, int) - levels).max() <= 1
        assert "sRGB" in ImageCms.getProfileDescription(profile)

    @pytest.mark.parametrize("file_format", FORMATS)
    def test_the_same_page_gives_the_same_bytes(self, tmp_path: Path, file_format: str) -> None:
        first = write(tmp_path, file_format).read_bytes()
        assert write(tmp_path, file_format).read_bytes() == first
        in_one = InkedPage([ink()], (HEIGHT, WIDTH), 8, (300, 300), sketch())
        assert write(tmp_path, file_format, in_one).read_bytes() == first


def as_kept() -> Metadata:
    """Of a page that was scanned upside down, by an author with an accent, with a maker's note and a thumbnail."""
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Åsa".encode()
    exif[ExifTags.Base.ImageDescription] = "A dog"
    exif[ExifTags.Base.Orientation] = 3
    exif[ExifTags.Base.XResolution] = 1234
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05", ExifTags.Base.MakerNote: b"x"}
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><y tiff:Orientation="3"/></x:xmpmeta>'
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=exif, xmp=xmp, comment="not kept")
    path = Path("scan.jpg")
    path.write_bytes(file.getvalue())
    return pages.read_metadata(path)


@pytest.mark.usefixtures("in_a_folder")
class TestMetadata:
    @pytest.fixture
    def in_a_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    @pytest.mark.parametrize("file_format", ["png", "tiff", "webp", "jpeg"])
    def test_it_travels(self, tmp_path: Path, file_format: str) -> None:
        path = write(tmp_path, file_format, inked(ink(), (300, 300), None, as_kept()))
        found = pages.read_metadata(path)
        assert dict(found.tags())[ExifTags.Base.Artist] == "Åsa".encode()
        assert found.texts() == {"Author": "Åsa", "Description": "A dog"}
        assert b'Orientation="1"' in found.xmp
        with Image.open(path) as image:
            exif = image.getexif()
            assert exif.get(ExifTags.Base.Orientation, 1) == 1
            assert exif.get(ExifTags.Base.XResolution, 300) == 300
            if file_format != "tiff":
                assert exif.get_ifd(ExifTags.IFD.Exif) == {ExifTags.Base.DateTimeOriginal: "2020:01:02 03:04:05"}
        assert pages.read_header(path, ReadOptions()).dpi == (300, 300)

    def test_png_has_it_as_text_too(self, tmp_path: Path) -> None:
        path = write(tmp_path, "png", inked(ink(), metadata=as_kept()))
        with Image.open(path) as image:
            assert image.info["Author"] == "Åsa"
        assert pages.read_metadata(path).texts() == {"Author": "Åsa", "Description": "A dog"}

    def test_psd_has_both_blocks(self, tmp_path: Path) -> None:
        kept = as_kept()
        data = write(tmp_path, "psd", inked(ink(), None, sketch(), kept)).read_bytes()
        assert kept.exif in data
        assert kept.xmp in data

    def test_texts_of_a_png_become_tags(self, tmp_path: Path) -> None:
        from PIL.PngImagePlugin import PngInfo

        texts = PngInfo()
        texts.add_itxt("Author", "Žižek")
        Image.new("L", (4, 4)).save(tmp_path / "in.png", pnginfo=texts)
        page = inked(ink(), metadata=pages.read_metadata(tmp_path / "in.png"))
        assert pages.read_metadata(write(tmp_path, "tiff", page)).texts() == {"Author": "Žižek"}

    def test_nothing_is_kept_of_what_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "in.png").write_text("no picture")
        assert pages.read_metadata(tmp_path / "in.png") == Metadata()

    def test_damaged_tags_are_left_out_without_a_word(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        import tifffile

        tifffile.imwrite(tmp_path / "in.tif", np.zeros((4, 4), np.uint8))
        with tifffile.TiffFile(tmp_path / "in.tif", mode="r+") as tiff:
            tiff.pages[0].tags["SamplesPerPixel"].overwrite(545)
        assert pages.read_metadata(tmp_path / "in.tif") == Metadata()
        assert not caplog.records


class TestPng:
    def test_dpi_is_rewritten_bit_for_bit(self, tmp_path: Path) -> None:
        for per_metre in (11811, 11812, 2835, 47244, 23622, 4000):
            Image.new("L", (1, 1)).save(tmp_path / "in.png", dpi=(per_metre * 0.0254, per_metre * 0.0254))
            chunk = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
            assert chunk in (tmp_path / "in.png").read_bytes()
            dpi = pages.read_header(tmp_path / "in.png", ReadOptions()).dpi
            data = write(tmp_path, "png", inked(ink(), dpi)).read_bytes()
            assert chunk + struct.pack(">I", zlib.crc32(chunk)) in data

    def test_other_decoders_agree(self, tmp_path: Path) -> None:
        for transparent in (False, True):
            path = write(tmp_path, "png", colour=BLUE, transparent=transparent)
            np.testing.assert_array_equal(imagecodecs.png_decode(path.read_bytes())[..., :3], rgba(path)[..., :3])


class TestTiff:
    def test_it_becomes_a_bigtiff_when_it_could_outgrow_4_gb(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert write(tmp_path, "tiff").read_bytes()[:4] == b"II*\0"
        monkeypatch.setattr(tiff, "_MOST_BYTES", 4 * HEIGHT * WIDTH - 1)
        assert write(tmp_path, "tiff", transparent=True).read_bytes()[:4] == b"II*\0"
        path = write(tmp_path, "tiff", colour=BLUE, transparent=True)
        assert path.read_bytes()[:4] == b"II+\0"
        np.testing.assert_array_equal(rgba(path)[..., 3], ink())

    def test_pages_of_different_sizes(self, tmp_path: Path) -> None:
        inks = [ink(), ink()[:50], ink()[:, :20]]
        with (tmp_path / "a.tif").open("w+b") as file:
            tiff.write_pages(file, (inked(each, (300, 300)) for each in inks), Look(), 30_000)
        with tifffile.TiffFile(tmp_path / "a.tif") as found:
            for page, expected in zip(found.pages, inks, strict=True):
                np.testing.assert_array_equal(page.asarray(), 255 - expected)
        assert pages.count_pages(tmp_path / "a.tif") == 3


def as_rgb(below: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.atleast_3d(below), (HEIGHT, WIDTH, 3))


def merged(below: np.ndarray, colour: Colour) -> np.ndarray:
    share = ink()[..., None] / 255
    return np.floor(np.atleast_3d(below) * (1 - share) + np.array(colour) * share + 0.5)


class TestOpenRaster:
    """See https://www.openraster.org/baseline/file-layout-spec.html."""

    @pytest.fixture(params=[False, True], ids=["grey", "colour"])
    def below(self, request: pytest.FixtureRequest) -> np.ndarray:
        return sketch(request.param)

    def archive(self, folder: Path, below: np.ndarray, colour: Colour = BLUE) -> Iterator[zipfile.ZipFile]:
        with zipfile.ZipFile(write(folder, "ora", inked(ink(), (300, 300), below), colour)) as archive:
            yield archive

    def picture(self, archive: zipfile.ZipFile, name: str) -> np.ndarray:
        with Image.open(archive.open(name)) as image:
            return np.asarray(image.convert("RGBA")).astype(int)

    def test_layout(self, tmp_path: Path, below: np.ndarray) -> None:
        for archive in self.archive(tmp_path, below):
            first = archive.infolist()[0]
            assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
            assert archive.read("mimetype") == b"image/openraster"
            assert archive.testzip() is None
            root = ElementTree.fromstring(archive.read("stack.xml"))
            assert root.attrib == {
                "version": "0.0.5",
                "w": str(WIDTH),
                "h": str(HEIGHT),
                "xres": "300",
                "yres": "300",
            }
            layers = root.findall("./stack/layer")
            assert [layer.get("name") for layer in layers] == ["ink", "sketch"]
            assert {layer.get("src") for layer in layers} <= set(archive.namelist())
        assert write(tmp_path, "ora").read_bytes()[30:54] == b"mimetypeimage/openraster"

    def test_pictures(self, tmp_path: Path, below: np.ndarray) -> None:
        for archive in self.archive(tmp_path, below):
            top, bottom = self.picture(archive, "data/ink.png"), self.picture(archive, "data/sketch.png")
            np.testing.assert_array_equal(top[..., 3], ink())
            assert (top[..., :3] == BLUE).all()
            np.testing.assert_array_equal(bottom[..., :3], as_rgb(below))
            np.testing.assert_array_equal(self.picture(archive, "mergedimage.png")[..., :3], merged(below, BLUE))

    def test_the_thumbnail_fits_in_256_px_and_shows_the_page(self, tmp_path: Path) -> None:
        tall = np.zeros((1024, 300), np.uint8)
        tall[:512] = 255
        with zipfile.ZipFile(write(tmp_path, "ora", inked(tall, None, np.full_like(tall, 200)))) as archive:
            small = self.picture(archive, "Thumbnails/thumbnail.png")
        assert small.shape[:2] == (256, 75)
        assert (small[:127, :, 0] == 0).all()
        assert (small[129:, :, 0] == 200).all()


class TestPsd:
    @pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
    def test_layers_and_merged_image(self, tmp_path: Path, colour: bool) -> None:
        below = sketch(colour)
        path = write(tmp_path, "psd", inked(ink(), (203.2, 98), below), BLUE)
        np.testing.assert_array_equal(rgba(path)[..., :3], merged(below, BLUE))
        with Image.open(path) as image:
            assert [(layer[0], layer[1], layer[2]) for layer in image.layers] == [
                ("sketch", "RGB", (0, 0, WIDTH, HEIGHT)),
                ("ink", "RGBA", (0, 0, WIDTH, HEIGHT)),
            ]
            image.seek(2)
            image.seek(1)  # the merged image counts as 1 until another layer was looked at
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), as_rgb(below))

    @pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
    def test_photoshop_s_view_of_it(self, tmp_path: Path, colour: bool) -> None:
        psd_tools = pytest.importorskip("psd_tools")
        below = sketch(colour)
        psd = psd_tools.PSDImage.open(write(tmp_path, "psd", inked(ink(), (203.2, 98), below), BLUE))
        assert [(layer.name, layer.visible, layer.opacity) for layer in psd] == [
            ("sketch", True, 255),
            ("ink", True, 255),
        ]
        assert psd.has_preview()
        np.testing.assert_array_equal(np.asarray(psd.topil(apply_icc=False).convert("RGB")), merged(below, BLUE))
        np.testing.assert_array_equal(np.asarray(psd[1].topil(apply_icc=False))[..., 3], ink())
        resolution = psd.image_resources.get_data(1005)
        assert resolution.horizontal / 65536 == pytest.approx(203.2, abs=1e-4)
        assert resolution.vertical / 65536 == 98
        assert psd.thumbnail().size == (WIDTH, HEIGHT)

    def test_layers_need_the_sketch(self, tmp_path: Path) -> None:
        for file_format in ("ora", "psd"):
            with pytest.raises(ValueError, match="need the sketch"):
                write(tmp_path, file_format, inked(ink()))


FULL_DISK = """
import resource, sys, warnings
from collections.abc import Iterator
from pathlib import Path
import numpy as np
from lineart_cli import pages
from lineart_cli.options import BLACK

resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
warnings.simplefilter("error")
ink = np.random.default_rng(0).integers(0, 256, (150, 70), np.uint8)
page = pages.InkedPage([ink], ink.shape, 8, (300, 300), ink)
try:
    pages.write_ink(Path(sys.argv[1]), page, sys.argv[2], pages.Look(BLACK, False))
except OSError as error:
    print(error)
"""


class TestTrouble:
    @pytest.mark.skipif(os.name == "nt", reason="has no such limits")
    @pytest.mark.parametrize("file_format", FORMATS)
    def test_a_full_disk_is_told(self, tmp_path: Path, file_format: str) -> None:
        """In a process whose files end at 4000 bytes."""
        command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "a"), file_format]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "File too large" in done.stdout

    def test_formats_know_what_they_can_hold(self, tmp_path: Path) -> None:
        with pytest.raises(
            PageError, match=r"20000 x 10 is more than webp can hold \(16383 a side\); use --format png"
        ):
            pages.check_size(tmp_path / "a.png", 20_000, 10, "webp")
        with pytest.raises(PageError, match=r"20000 x 20000 is more than psd can hold \(300,000,000 px\); .* ora"):
            pages.check_size(tmp_path / "a.png", 20_000, 20_000, "psd")
        pages.check_size(tmp_path / "a.png", 60_000, 10, "png")
