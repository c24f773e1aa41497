"""PDF files, and the HEIC photos of phones."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import ReadOptions
from lineart_cli.pages.readers import pdf as reader

WIDTH, HEIGHT = 120, 80
LUMA = np.array((0.2126, 0.7152, 0.0722))
IMAGE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def read(path: Path, page: int = 0, **options: object) -> np.ndarray:
    return pages.read_grey(path, ReadOptions(**options), page)  # type: ignore[arg-type]


def header(path: Path, page: int = 0, **options: object) -> pages.Header:
    return pages.read_header(path, ReadOptions(**options), page)  # type: ignore[arg-type]


def picture(samples: np.ndarray, more: str = "") -> bytes:
    """A PDF image object with plain samples, 8 or 16 bits, grey or RGB."""
    height, width = samples.shape[:2]
    space = "/DeviceRGB" if samples.ndim == 3 else "/DeviceGray"
    data = zlib.compress(samples.astype(samples.dtype.newbyteorder(">")).tobytes())
    head = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace {space} {more}"
    return (
        f"<< {head} /BitsPerComponent {8 * samples.itemsize} /Filter /FlateDecode /Length {len(data)} >>".encode()
        + (b"\nstream\n" + data + b"\nendstream")
    )


def pdf(path: Path, content: str, *images: bytes, box: str = "0 0 60 40", more: str = "") -> Path:
    """A PDF file of one page, 60 x 40 points: `content` draws on it, `images` are /I0, /I1, ..., /F is a font."""
    stream = content.encode()
    names = " ".join(f"/I{number} {number + 6} 0 R" for number in range(len(images)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R {more} "
        f"/Resources << /XObject << {names} >> /Font << /F 5 0 R >> >> >>".encode(),
        f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *images,
    ]
    file, places = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(file))
        file += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    xref = len(file)
    file += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    file += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    file += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n".encode()
    path.write_bytes(file)
    return path


FULL = "q 60 0 0 40 0 0 cm /I0 Do Q"


class TestScans:
    def test_the_pixels_of_the_scan_at_its_resolution(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", FULL, picture(IMAGE))
        np.testing.assert_allclose(read(path), IMAGE @ LUMA / 255, atol=1e-6)
        assert header(path) == pages.Header(WIDTH, HEIGHT, (144, 144), 1, 8, False)

    @pytest.mark.parametrize("colours", [True, False])
    def test_16_bits_are_kept(self, tmp_path: Path, colours: bool) -> None:
        deep = np.random.default_rng(1).integers(0, 65536, (HEIGHT, WIDTH, 3), np.uint16)
        path = pdf(tmp_path / "a.pdf", FULL, picture(deep if colours else deep[..., 0]))
        np.testing.assert_allclose(read(path), (deep @ LUMA if colours else deep[..., 0]) / 65535, atol=1e-6)
        assert (header(path).bits, header(path).is_grey) == (16, not colours)

    def test_16_bits_that_are_inverted(self, tmp_path: Path) -> None:
        deep = np.random.default_rng(1).integers(0, 65536, (HEIGHT, WIDTH), np.uint16)
        path = pdf(tmp_path / "a.pdf", FULL, picture(deep, "/Decode [1 0]"))
        np.testing.assert_allclose(read(path), 1 - deep / 65535, atol=1 / 255)

    @pytest.mark.parametrize(("mode", "dpi"), [("L", 300), ("1", 600), ("RGB", 150)])
    def test_pages_as_scanners_write_them(self, tmp_path: Path, mode: str, dpi: int) -> None:
        smooth = Image.linear_gradient("L").resize((300, 200)).convert(mode)
        smooth.save(tmp_path / "a.pdf", resolution=dpi, save_all=True, append_images=[smooth.rotate(180)])
        found = header(tmp_path / "a.pdf", 1)
        assert found.dpi is not None
        assert (found.width, found.height, found.pages) == (300, 200, 2)
        assert found.dpi == pytest.approx((dpi, dpi), abs=0.1)
        expected = np.asarray(smooth.convert("L"), np.float32) / 255
        np.testing.assert_allclose(read(tmp_path / "a.pdf"), expected, atol=0.03)
        np.testing.assert_allclose(read(tmp_path / "a.pdf", 1), expected[::-1, ::-1], atol=0.03)

    @pytest.mark.parametrize(("turn", "times"), [(90, -1), (180, 2), (270, 1)])
    def test_a_turned_page_is_upright(self, tmp_path: Path, turn: int, times: int) -> None:
        path = pdf(
            tmp_path / "a.pdf", "q 60 0 0 20 0 0 cm /I0 Do Q", picture(IMAGE), box="0 0 60 20", more=f"/Rotate {turn}"
        )
        np.testing.assert_allclose(read(path), np.rot90(IMAGE @ LUMA / 255, times), atol=1e-6)
        assert header(path).dpi == ((144, 288) if turn == 180 else (288, 144))

    def test_text_that_only_searching_finds_changes_nothing(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", f"{FULL} BT 3 Tr /F 20 Tf 5 5 Td (read by machine) Tj ET", picture(IMAGE))
        np.testing.assert_allclose(read(path), IMAGE @ LUMA / 255, atol=1e-6)


MASK = (np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) // 20 % 2 * 255).astype(np.uint8)
BLACK = np.zeros((HEIGHT, WIDTH), np.uint8)
INK_ANNOTATION = (
    "/Annots [<< /Type /Annot /Subtype /{kind} /Rect [10 10 50 30] /C [0 0 0] /F {flags} "
    "/QuadPoints [10 30 50 30 10 10 50 10] /InkList [[10 20 50 20]] /BS << /W 8 >> >>]"
)


class TestAsAViewerShowsIt:
    """A page is just its scan only where nothing else is on it, and nothing of the scan is hidden."""

    def test_a_soft_mask(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", FULL, picture(BLACK, "/SMask 7 0 R"), picture(MASK))
        np.testing.assert_allclose(read(path), 1 - MASK / 255, atol=0.03)
        assert header(path).dpi == (144, 144)

    def test_an_explicit_mask(self, tmp_path: Path) -> None:
        stencil = picture(MASK, "/ImageMask true").replace(b"/BitsPerComponent 8", b"/BitsPerComponent 1")
        packed = zlib.compress(np.packbits(MASK > 0, axis=1).tobytes())
        head, _, _ = stencil.partition(b"/Length")
        head = head.replace(b"/ColorSpace /DeviceGray", b"")
        stencil = head + f"/Length {len(packed)} >>\nstream\n".encode() + packed + b"\nendstream"
        path = pdf(tmp_path / "a.pdf", FULL, picture(BLACK, "/Mask 7 0 R"), stencil)
        np.testing.assert_allclose(read(path), MASK / 255, atol=0.03)  # 1 masks out

    def test_a_colour_key(self, tmp_path: Path) -> None:
        drawn = np.where(MASK > 0, 10, 200).astype(np.uint8)
        path = pdf(tmp_path / "a.pdf", FULL, picture(drawn, "/Mask [5 15]"))
        np.testing.assert_allclose(read(path), np.where(MASK > 0, 1, 200 / 255), atol=0.03)

    @pytest.mark.parametrize("kind", ["Ink", "Square", "Highlight"])
    def test_an_annotation(self, tmp_path: Path, kind: str) -> None:
        annotation = INK_ANNOTATION.format(kind=kind, flags=4)
        path = pdf(tmp_path / "a.pdf", FULL, picture(255 - BLACK), more=annotation)
        assert read(path).min() < 0.1

    @pytest.mark.parametrize(("kind", "flags"), [("Ink", 2), ("Ink", 32), ("Link", 4)])
    def test_an_annotation_that_is_not_seen_leaves_the_scan_as_it_is(
        self, tmp_path: Path, kind: str, flags: int
    ) -> None:
        path = pdf(tmp_path / "a.pdf", FULL, picture(IMAGE), more=INK_ANNOTATION.format(kind=kind, flags=flags))
        np.testing.assert_allclose(read(path), IMAGE @ LUMA / 255, atol=1e-6)

    @pytest.mark.parametrize("is_on", [True, False])
    @pytest.mark.parametrize("by_image", [True, False])
    def test_a_layer_that_is_switched_off(self, tmp_path: Path, is_on: bool, by_image: bool) -> None:
        group = b"<< /Type /OCG /Name (sketch) >>"
        content = FULL if by_image else f"/OC /L BDC {FULL} EMC"
        path = pdf(tmp_path / "a.pdf", content, picture(BLACK, "/OC 7 0 R" if by_image else ""), group)
        state = "" if is_on else "/OFF [7 0 R]"
        body = path.read_bytes()
        catalog = f"/OCProperties << /OCGs [7 0 R] /D << {state} >> >> ".encode()
        body = body.replace(b"/Type /Catalog ", b"/Type /Catalog " + catalog)
        path.write_bytes(body.replace(b"/Font <<", b"/Properties << /L 7 0 R >> /Font <<"))
        assert read(path).mean() == pytest.approx(0 if is_on else 1, abs=0.02)

    def test_a_clip(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", f"0 0 30 40 re W n {FULL}", picture(BLACK))
        grey = read(path)
        assert grey[:, :55].max() == 0
        assert grey[:, 65:].min() == 1

    def test_a_clip_of_the_page_s_size_leaves_the_scan_as_it_is(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", f"0 0 60 40 re W n {FULL}", picture(IMAGE))
        np.testing.assert_allclose(read(path), IMAGE @ LUMA / 255, atol=1e-6)

    @pytest.mark.parametrize("more", ["", " 0 0 m 1 1 l S"])
    def test_the_unit_of_its_lengths(self, tmp_path: Path, more: str) -> None:
        path = pdf(tmp_path / "a.pdf", FULL + more, picture(IMAGE), more="/UserUnit 2")
        found = header(path)
        assert found.dpi == pytest.approx((72, 72))
        assert (found.width, found.height) == (WIDTH, HEIGHT)

    def test_a_drawn_page_is_as_large_as_its_unit_says(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", "15 10 30 20 re f", more="/UserUnit 2")
        assert read(path, dpi=150.0).shape == (167, 250)
        assert header(path, dpi=150.0).dpi == (150, 150)


class TestDrawnPages:
    def test_lines_and_text_are_drawn_at_300_dpi_or_as_told(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", "0 0 1 rg 15 10 30 20 re f")
        grey = read(path)
        assert grey.shape == (167, 250)
        assert grey[83, 125] == pytest.approx(LUMA[2], abs=0.003)
        assert grey[5, 5] == 1
        assert header(path).dpi == (300, 300)
        assert read(path, dpi=150.0).shape == (84, 125)

    def test_a_scan_with_writing_on_it_is_drawn_at_the_scan_s_resolution(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", f"{FULL} 15 10 30 20 re f", picture(IMAGE))
        grey = read(path)
        assert grey.shape == (HEIGHT, WIDTH)
        assert grey[40, 60] == 0
        np.testing.assert_allclose(grey[:15], (IMAGE @ LUMA / 255)[:15], atol=0.01)

    def test_a_scan_in_strips_is_put_together(self, tmp_path: Path) -> None:
        strips = "q 60 0 0 20 0 20 cm /I0 Do Q q 60 0 0 20 0 0 cm /I1 Do Q"
        path = pdf(tmp_path / "a.pdf", strips, picture(IMAGE[:40]), picture(IMAGE[40:]))
        np.testing.assert_allclose(read(path), IMAGE @ LUMA / 255, atol=0.01)

    @pytest.mark.parametrize("content", ["q 30 0 0 20 0 0 cm /I0 Do Q", "q 60 0 0 -40 0 40 cm /I0 Do Q"])
    def test_an_image_that_is_small_or_mirrored_is_drawn(self, tmp_path: Path, content: str) -> None:
        path = pdf(tmp_path / "a.pdf", content, picture(IMAGE))
        expected = (IMAGE @ LUMA / 255)[::-1]
        if "30" in content:
            assert read(path).shape == (2 * HEIGHT, 2 * WIDTH)
            np.testing.assert_allclose(read(path)[HEIGHT:, :WIDTH], expected[::-1], atol=0.01)
        else:
            np.testing.assert_allclose(read(path), expected, atol=0.01)

    def test_a_stencil_is_drawn_in_its_colour(self, tmp_path: Path) -> None:
        bits = IMAGE[..., 0] > 99
        data = np.packbits(bits, axis=1).tobytes()
        head = f"<< /Type /XObject /Subtype /Image /ImageMask true /Width {WIDTH} /Height {HEIGHT} "
        stencil = f"{head} /BitsPerComponent 1 /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"
        path = pdf(tmp_path / "a.pdf", f"1 0 0 rg {FULL}", stencil)
        np.testing.assert_allclose(read(path), np.where(bits, 1, LUMA[0]), atol=0.01)


class TestBadFiles:
    def failing(self, path: Path, **options: object) -> str:
        with pytest.raises(PageError) as caught:
            read(path, **options)
        return str(caught.value)

    def test_a_huge_image_on_a_small_page(self, tmp_path: Path) -> None:
        lie = picture(IMAGE).replace(b"/Width 120 /Height 80", b"/Width 60000 /Height 60000")
        path = pdf(tmp_path / "a.pdf", f"{FULL} 0 0 1 1 re f", lie)
        assert "60000 x 60000 is over 1200 megapixels" in self.failing(path)

    def test_a_huge_page(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", "0 0 1 1 re f", box="0 0 14400 14400")
        assert "60000 x 60000 is over 1200 megapixels" in self.failing(path)

    def test_a_lying_image(self, tmp_path: Path) -> None:
        lie = picture(IMAGE).replace(b"/Width 120 /Height 80", b"/Width 1200 /Height 800")
        path = pdf(tmp_path / "a.pdf", FULL, lie)
        grey = read(path)  # PDF readers show what there is
        assert np.isfinite(grey).all()

    def test_encrypted(self, tmp_path: Path) -> None:
        path = pdf(tmp_path / "a.pdf", FULL, picture(IMAGE))
        locked = b"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"
        path.write_bytes(path.read_bytes().replace(b"/Root 1 0 R", b"/Root 1 0 R /ID [<00> <00>] /Encrypt " + locked))
        assert self.failing(path) == f"{path}: is encrypted; save it without a password"

    @pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
    def test_cut_off(self, tmp_path: Path, share: float) -> None:
        path = pdf(tmp_path / "a.pdf", FULL, picture(IMAGE))
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(PageError):
            read(path)

    def test_a_page_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(PageError, match=r"has no page 2 \(any more\)"):
            read(pdf(tmp_path / "a.pdf", FULL, picture(IMAGE)), 1)

    def test_one_that_hangs_keeps_no_others_waiting_for_long(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = pdf(tmp_path / "a.pdf", FULL, picture(IMAGE))
        monkeypatch.setattr(reader, "_PATIENCE", 0.1)
        with reader._pdfium(), pytest.raises(PageError, match="waits for another PDF page, which hangs; run again"):
            read(path)
        read(path)

    def test_two_threads_at_once(self, tmp_path: Path) -> None:
        from concurrent.futures import ThreadPoolExecutor

        path = pdf(tmp_path / "a.pdf", f"{FULL} 15 10 30 20 re f", picture(IMAGE))
        with ThreadPoolExecutor(4) as pool:
            greys = list(pool.map(lambda _: read(path), range(40)))
        assert all(np.array_equal(grey, greys[0]) for grey in greys)


class TestHeif:
    def save(self, path: Path, samples: np.ndarray, mode: str, **more: object) -> Path:
        import pillow_heif

        with path.open("wb") as file:
            pillow_heif.encode(mode, samples.shape[1::-1], samples.tobytes(), file, quality=-1, **more)
        return path

    def smooth(self, dtype: type) -> np.ndarray:
        ramp = np.linspace(0, np.iinfo(dtype).max, 4096).astype(dtype)
        return np.ascontiguousarray(np.dstack([ramp.reshape(64, 64)] * 3))

    @pytest.mark.parametrize(
        ("mode", "dtype", "bits", "levels"), [("RGB", np.uint8, 8, 250), ("RGB;16", np.uint16, 10, 1000)]
    )
    def test_a_photo(self, tmp_path: Path, mode: str, dtype: type, bits: int, levels: int) -> None:
        exif = Image.Exif()
        exif[282], exif[283], exif[296] = 300, 300, 2
        path = self.save(tmp_path / "a.heic", self.smooth(dtype), mode, chroma=444, exif=exif.tobytes())
        grey = read(path)
        np.testing.assert_allclose(grey, self.smooth(dtype)[..., 0] / np.iinfo(dtype).max, atol=0.02)
        assert len(np.unique(np.round(grey * 1023))) >= levels
        assert header(path) == pages.Header(64, 64, (300, 300), 1, bits, False)

    def test_a_turned_photo_is_upright(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[274] = 6
        samples = self.smooth(np.uint8)[:32]
        path = self.save(tmp_path / "a.heic", np.ascontiguousarray(samples), "RGB", chroma=444, exif=exif.tobytes())
        assert (header(path).width, header(path).height) == (32, 64)
        np.testing.assert_allclose(read(path), np.rot90(samples[..., 0] / 255, -1), atol=0.02)

    @pytest.mark.parametrize("share", [0.3, 0.9])
    def test_cut_off(self, tmp_path: Path, share: float) -> None:
        path = self.save(tmp_path / "a.heic", self.smooth(np.uint8), "RGB")
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(PageError, match="cut off or damaged"):
            read(path)

    def test_the_limit(self, tmp_path: Path) -> None:
        path = self.save(tmp_path / "a.heic", np.zeros((1100, 1000, 3), np.uint8), "RGB")
        with pytest.raises(PageError, match="1000 x 1100 is over 1 megapixels"):
            read(path, max_megapixels=1.0)
