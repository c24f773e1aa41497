"""KRA and ORA files, made by hand."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import ReadOptions
from pictures import LUMA, grey_of, noise, without_merged

WIDTH, HEIGHT = 150, 100
drawing = partial(noise, (HEIGHT, WIDTH))
KRITA_DOCTYPE = "<!DOCTYPE DOC PUBLIC '-//KDE//DTD krita 2.0//EN' 'http://www.calligra.org/DTD/krita-2.0.dtd'>"


def read(path: Path, layer: str | None = None, **options: object) -> np.ndarray:
    return pages.read_grey(path, ReadOptions(layer=layer, **options))  # type: ignore[arg-type]


def header(path: Path, layer: str | None = None, **options: object) -> pages.Header:
    return pages.read_header(path, ReadOptions(layer=layer, **options))  # type: ignore[arg-type]


def png(samples: np.ndarray) -> bytes:
    return bytes(imagecodecs.png_encode(samples))


def zipped(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def ora(path: Path, stack: str, **layers: np.ndarray) -> Path:
    xml = f'<image version="0.0.3" w="{WIDTH}" h="{HEIGHT}" xres="600" yres="300"><stack>{stack}</stack></image>'
    members = {"mimetype": b"image/openraster", "stack.xml": xml.encode(), "mergedimage.png": png(drawing(1))}
    return zipped(path, members | {f"data/{name}.png": png(samples) for name, samples in layers.items()})


def tiles(samples: np.ndarray, packed: bool = True, left: int = 0, top: int = 0) -> bytes:
    """A layer of Krita's: tiles of 64 px a side; a page's edge is filled up with zeros."""
    height, width, channels = samples.shape
    size = channels * samples.itemsize
    found = []
    for y in range(0, height, 64):
        for x in range(0, width, 64):
            tile = np.zeros((64, 64, channels), samples.dtype)
            part = samples[y : y + 64, x : x + 64]
            tile[: part.shape[0], : part.shape[1]] = part
            planes = tile.reshape(64 * 64, -1).view(np.uint8).reshape(64 * 64, size).T
            data = b"\1" + imagecodecs.lzf_encode(planes.tobytes()) if packed else b"\0" + tile.tobytes()
            found.append(f"{x + left},{y + top},LZF,{len(data)}\n".encode() + data)
    head = f"VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE {size}\nDATA {len(found)}\n"
    return head.encode() + b"".join(found)


def krita_layer(name: str, file: str, space: str = "RGBA", **more: object) -> str:
    attributes = {"nodetype": "paintlayer", "opacity": 255, "visible": 1, "x": 0, "y": 0} | more
    text = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    return f'<layer name="{name}" filename="{file}" colorspacename="{space}" {text}/>'


def kra(path: Path, layers: str, **contents: bytes) -> Path:
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{KRITA_DOCTYPE}\n<DOC xmlns="http://www.calligra.org/DTD/krita">'
        f'<IMAGE width="{WIDTH}" height="{HEIGHT}" x-res="400" y-res="400" name="a page"><layers>{layers}</layers>'
        "</IMAGE></DOC>"
    )
    members = {"mimetype": b"application/x-krita", "maindoc.xml": xml.encode(), "mergedimage.png": png(drawing(1))}
    return zipped(path, members | {f"a page/layers/{name}": content for name, content in contents.items()})


def bgra(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.dstack([rgb[..., ::-1], alpha])


def opaque(rgb: np.ndarray) -> np.ndarray:
    return np.full(rgb.shape[:2], np.iinfo(rgb.dtype).max, rgb.dtype)


class TestOpenRaster:
    def test_the_merged_picture(self, tmp_path: Path) -> None:
        path = ora(tmp_path / "a.ora", "")
        np.testing.assert_allclose(read(path), grey_of(drawing(1)), atol=1e-6)
        assert header(path) == pages.Header(WIDTH, HEIGHT, (600, 300), 1, 8, False)

    def test_a_merged_picture_of_16_bits_keeps_them(self, tmp_path: Path) -> None:
        rgb = drawing(2, np.uint16)
        path = zipped(tmp_path / "a.ora", {"stack.xml": b"<image><stack/></image>", "mergedimage.png": png(rgb)})
        np.testing.assert_allclose(read(path), grey_of(rgb), atol=1e-6)
        assert header(path).bits == 16

    def test_a_layer_lies_where_it_should_as_opaque_as_it_should(self, tmp_path: Path) -> None:
        small = drawing(2)[:30, :40]
        path = ora(
            tmp_path / "a.ora",
            '<layer name="Ink" src="data/ink.png"/>'
            '<layer name="Sketch" src="data/sketch.png" x="-5" y="80" opacity="0.5" visibility="hidden"/>',
            ink=drawing(3),
            sketch=small,
        )
        expected = np.ones((HEIGHT, WIDTH))
        expected[80:100, :35] = 0.5 + 0.5 * grey_of(small)[:20, 5:]
        np.testing.assert_allclose(read(path, "sketch"), expected, atol=1e-6)
        assert header(path, "SKETCH").dpi == (600, 300)

    def test_a_group_is_its_visible_layers(self, tmp_path: Path) -> None:
        half = np.dstack([drawing(2), np.full((HEIGHT, WIDTH), 128, np.uint8)])
        path = ora(
            tmp_path / "a.ora",
            '<stack name="Rough" x="10" opacity="0.5"><layer name="over" src="data/over.png" y="7"/>'
            '<layer name="gone" src="data/gone.png" visibility="hidden"/>'
            '<stack><layer name="under" src="data/under.png"/></stack></stack>',
            over=half,
            gone=drawing(3),
            under=drawing(4),
        )
        group, coverage = grey_of(drawing(4)), 128 / 255
        group[7:] = group[7:] * (1 - coverage) + coverage * grey_of(drawing(2))[:-7]
        expected = np.ones((HEIGHT, WIDTH))
        expected[:, 10:] = 0.5 + 0.5 * group[:, :-10]
        np.testing.assert_allclose(read(path, "Rough"), expected, atol=1e-6)

    def test_an_unknown_layer_lists_what_there_is_nearest_first(self, tmp_path: Path) -> None:
        layers = "".join(f'<layer name="{name}" src="data/a.png"/>' for name in ("Paper", "Colours", "Sketch 2"))
        path = ora(tmp_path / "a.ora", layers, a=drawing(1))
        with pytest.raises(PageError, match=r"a\.ora: has no layer 'sketch'; it has 'Sketch 2', .*'Paper'"):
            read(path, "sketch")

    def test_of_two_layers_the_one_written_just_so(self, tmp_path: Path) -> None:
        layers = '<layer name="INK" src="data/a.png"/><layer name="ink" src="data/b.png"/>'
        path = ora(tmp_path / "a.ora", layers, a=drawing(1), b=drawing(2))
        np.testing.assert_allclose(read(path, "ink"), grey_of(drawing(2)), atol=1e-6)
        np.testing.assert_allclose(read(path, "Ink"), grey_of(drawing(1)), atol=1e-6)


class TestKrita:
    def test_the_merged_picture(self, tmp_path: Path) -> None:
        path = kra(tmp_path / "a.kra", "")
        np.testing.assert_allclose(read(path), grey_of(drawing(1)), atol=1e-6)
        assert header(path) == pages.Header(WIDTH, HEIGHT, (400, 400), 1, 8, False)

    @pytest.mark.parametrize("packed", [True, False])
    @pytest.mark.parametrize(("dtype", "space"), [(np.uint8, "RGBA"), (np.uint16, "RGBA16")])
    def test_a_paint_layer(self, tmp_path: Path, packed: bool, dtype: type, space: str) -> None:
        rgb = drawing(2, dtype)
        content = tiles(bgra(rgb, opaque(rgb)), packed)
        path = kra(tmp_path / "a.kra", krita_layer("Sketch", "layer2", space), layer2=content)
        np.testing.assert_allclose(read(path, "sketch"), grey_of(rgb), atol=1e-6)
        assert header(path, "sketch").bits == 8 * np.dtype(dtype).itemsize

    def test_a_grey_layer_with_place_and_opacity(self, tmp_path: Path) -> None:
        grey = drawing(2)[..., 0]
        content = tiles(np.dstack([grey, drawing(3)[..., 0]]), left=-64, top=64)
        path = kra(tmp_path / "a.kra", krita_layer("a", "layer2", "GRAYA", x=3, y=-2, opacity=51), layer2=content)
        expected = np.ones((HEIGHT, WIDTH))
        coverage = 0.2 * drawing(3)[:38, 61:, 0] / 255
        expected[62:, : WIDTH - 61] = 1 - coverage + coverage * grey[:38, 61:] / 255
        np.testing.assert_allclose(read(path, "a"), expected, atol=1e-6)
        assert header(path, "a").is_grey

    def test_the_default_pixel_is_wherever_there_is_no_tile(self, tmp_path: Path) -> None:
        rgb = drawing(2)[:64, :64]
        contents = {"layer2": tiles(bgra(rgb, opaque(rgb))), "layer2.defaultpixel": bytes([0, 0, 255, 255])}
        path = kra(tmp_path / "a.kra", krita_layer("a", "layer2", x=5), **contents)
        expected = np.full((HEIGHT, WIDTH), LUMA[0])
        expected[:64, 5:69] = grey_of(rgb)
        np.testing.assert_allclose(read(path, "a"), expected, atol=1e-6)

    def test_a_group_is_its_visible_paint_layers(self, tmp_path: Path) -> None:
        half = np.full((HEIGHT, WIDTH), 128, np.uint8)
        group = (
            '<layer name="g" nodetype="grouplayer" opacity="255"><layers>'
            + krita_layer("over", "layer2")
            + krita_layer("gone", "layer3", visible=0)
            + krita_layer("filter", "layer5", nodetype="adjustmentlayer")
            + krita_layer("under", "layer4")
            + "</layers></layer>"
        )
        contents = {f"layer{n}": tiles(bgra(drawing(n), half if n == 2 else opaque(drawing(n)))) for n in (2, 3, 4)}
        path = kra(tmp_path / "a.kra", group, **contents)
        coverage = 128 / 255
        expected = grey_of(drawing(4)) * (1 - coverage) + coverage * grey_of(drawing(2))
        np.testing.assert_allclose(read(path, "G"), expected, atol=1e-6)
        np.testing.assert_allclose(read(path, "gone"), grey_of(drawing(3)), atol=1e-6)
        with pytest.raises(PageError, match="has no paint in the layer 'filter'; name a paint layer"):
            read(path, "filter")

    def test_a_layer_in_an_unknown_space_is_refused(self, tmp_path: Path) -> None:
        path = kra(tmp_path / "a.kra", krita_layer("a", "layer2", "RGBAF32"), layer2=b"")
        with pytest.raises(PageError, match="has a layer 'a' of the kind RGBAF32; convert it"):
            read(path, "a")

    def test_tiles_that_cannot_be(self, tmp_path: Path) -> None:
        content = tiles(bgra(drawing(2), opaque(drawing(2)))).replace(b"TILEWIDTH 64", b"TILEWIDTH 1")
        with pytest.raises(PageError, match="has tiles of 1 x 64 px of 4 bytes"):
            read(kra(tmp_path / "a.kra", krita_layer("a", "layer2"), layer2=content), "a")

    @pytest.mark.parametrize("cut", [20, 70, 5000])
    def test_a_damaged_layer(self, tmp_path: Path, cut: int) -> None:
        rgb = drawing(2)
        content = tiles(bgra(rgb, opaque(rgb)))[:cut]
        path = kra(tmp_path / "a.kra", krita_layer("a", "layer2"), layer2=content)
        with pytest.raises(PageError, match="damaged"):
            read(path, "a")


class TestAttacks:
    def test_a_zip_bomb(self, tmp_path: Path) -> None:
        members = {"stack.xml": b"<image><stack/></image>", "mergedimage.png": bytes(20_000_000)}
        path = zipped(tmp_path / "a.ora", members, zipfile.ZIP_DEFLATED)
        with pytest.raises(
            PageError, match=r"has a mergedimage\.png that expands to 20000000 bytes; save it again, or raise --max-meg"
        ):
            read(path, max_megapixels=1.0)

    def test_a_small_archive_with_a_huge_picture(self, tmp_path: Path) -> None:
        members = {"stack.xml": b"<image><stack/></image>", "mergedimage.png": png(np.zeros((3000, 3000), np.uint8))}
        path = zipped(tmp_path / "a.ora", members)
        with pytest.raises(PageError, match="3000 x 3000 is over 8 megapixels"):
            read(path, max_megapixels=8.0)

    def test_the_same_picture_over_and_over(self, tmp_path: Path) -> None:
        layers = '<stack name="g">' + '<layer src="data/a.png"/>' * 100 + "</stack>"
        with pytest.raises(PageError, match=r"150 x 100 is over 0\.01 megapixels"):
            read(ora(tmp_path / "a.ora", layers, a=drawing(1)), "g", max_megapixels=1.0)

    @pytest.mark.parametrize("name", ["stack.xml", "maindoc.xml"])
    def test_xml_that_multiplies_itself(self, tmp_path: Path, name: str) -> None:
        entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {new} "{"&" + old + ";" * 1}&{old};&{old};">'
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        )
        xml = f"<!DOCTYPE image [{entities}]><image>&i;</image>".encode()
        with pytest.raises(PageError, match="damaged"):
            read(zipped(tmp_path / "a.ora", {name: xml}))

    def test_xml_that_looks_at_other_files(self, tmp_path: Path) -> None:
        xml = b'<!DOCTYPE image [<!ENTITY a SYSTEM "file:///etc/hostname">]><image w="&a;">&a;</image>'
        with pytest.raises(PageError, match="damaged"):
            read(zipped(tmp_path / "a.ora", {"stack.xml": xml}))

    def test_names_that_point_outside_are_only_names(self, tmp_path: Path) -> None:
        Image.new("L", (5, 5)).save(tmp_path / "secret.png")
        path = ora(tmp_path / "a.ora", '<layer name="a" src="../secret.png"/>')
        with pytest.raises(PageError, match=r"has no \.\./secret\.png inside"):
            read(path, "a")
        members = {"stack.xml": b"<image><stack/></image>", "../../up.png": b"x", "mergedimage.png": png(drawing(1))}
        read(zipped(tmp_path / "b.ora", members))
        assert sorted(each.name for each in tmp_path.iterdir()) == ["a.ora", "b.ora", "secret.png"]

    def test_other_archives(self, tmp_path: Path) -> None:
        for members in ({}, {"a.txt": b"x"}):
            with pytest.raises(PageError, match="is an archive, and no picture"):
                read(zipped(tmp_path / "a.kra", members))

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
    def test_cut_off_archives(self, tmp_path: Path, share: float) -> None:
        path = kra(tmp_path / "a.kra", "")
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(PageError, match="damaged"):
            read(path)

    def test_a_byte_changed_inside(self, tmp_path: Path) -> None:
        content = bytearray(kra(tmp_path / "a.kra", "").read_bytes())
        content[content.index(b"IDAT") + 500] ^= 1
        (tmp_path / "a.kra").write_bytes(content)
        with pytest.raises(PageError, match="damaged"):
            read(tmp_path / "a.kra")

    def test_an_image_without_layers(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(png(drawing(1)))
        with pytest.raises(PageError, match="has no layers; leave --layer out"):
            read(tmp_path / "a.png", "Sketch")

    def test_a_picture_in_an_archive_of_its_own(self, tmp_path: Path) -> None:
        buffer = io.BytesIO()
        Image.fromarray(drawing(1)).save(buffer, "TIFF")
        path = zipped(tmp_path / "a.ora", {"stack.xml": b"<image/>", "mergedimage.png": buffer.getvalue()})
        with pytest.raises(PageError, match="damaged"):
            read(path)


COMPOSED = "has no merged picture, so its visible layers are put together"


class TestOpenRasterWithoutMergedPicture:
    def test_the_visible_layers_together(self, tmp_path: Path) -> None:
        path = without_merged(
            ora(
                tmp_path / "a.ora",
                '<layer name="gone" src="data/c.png" visibility="hidden"/>'
                '<stack name="group"><layer name="shade" src="data/b.png" x="10" composite-op="svg:multiply"/></stack>'
                '<layer name="base" src="data/a.png" opacity="0.5"/>',
                a=drawing(2),
                b=np.repeat(drawing(3)[..., :1], 3, -1),
                c=drawing(4),
            )
        )
        expected = 0.5 + 0.5 * drawing(2) / 255
        expected[:, 10:] *= drawing(3)[:, :-10, :1] / 255
        coverage_kept = grey_of((255 * expected).round().astype(np.uint8))
        np.testing.assert_allclose(read(path), coverage_kept, atol=0.01)
        assert header(path).notes == (COMPOSED,)
        assert header(path).dpi == (600, 300)

    def test_an_unknown_blend_mode_is_told_and_counts_as_normal(self, tmp_path: Path) -> None:
        layers = '<layer name="odd" src="data/a.png" composite-op="svg:hue"/>'
        path = without_merged(ora(tmp_path / "a.ora", layers, a=drawing(2)))
        np.testing.assert_allclose(read(path), grey_of(drawing(2)), atol=1e-6)
        assert header(path).notes == (COMPOSED, "its layer 'odd' has the blend mode hue, which counts as normal")

    def test_without_any_visible_layer(self, tmp_path: Path) -> None:
        layers = '<stack><layer src="data/a.png" visibility="hidden"/></stack>'
        path = without_merged(ora(tmp_path / "a.ora", layers, a=drawing(2)))
        with pytest.raises(PageError, match="has neither a merged picture nor a visible layer"):
            read(path)


class TestKritaWithoutMergedPicture:
    def test_the_visible_layers_together(self, tmp_path: Path) -> None:
        over = bgra(drawing(3), np.full((HEIGHT, WIDTH), 128, np.uint8))
        layers = (
            krita_layer("gone", "layer3", visible=0)
            + krita_layer("over", "layer2")
            + krita_layer("base", "layer1", opacity=51)
        )
        contents = {"layer1": tiles(bgra(drawing(2), opaque(drawing(2)))), "layer2": tiles(over), "layer3": b""}
        path = without_merged(kra(tmp_path / "a.krz", layers, **contents))
        base = 0.8 + 0.2 * grey_of(drawing(2))
        expected = base * (1 - 128 / 255) + grey_of(drawing(3)) * 128 / 255
        np.testing.assert_allclose(read(path), expected, atol=1e-5)
        assert header(path).notes == (COMPOSED,)
        assert header(path).dpi == (400, 400)

    def test_a_mask_hides_and_what_is_no_paint_is_told(self, tmp_path: Path) -> None:
        mask = '<masks><mask name="m" nodetype="transparencymask" filename="mask4" visible="1" x="0" y="0"/></masks>'
        base = krita_layer("base", "layer1").replace("/>", f">{mask}</layer>")
        layers = krita_layer("text", "layer2", nodetype="shapelayer") + krita_layer("odd", "layer3", compositeop="hue")
        hidden = np.zeros((HEIGHT, WIDTH, 1), np.uint8)
        hidden[:, 50:] = 255
        clear = tiles(bgra(drawing(4), np.zeros((HEIGHT, WIDTH), np.uint8)))
        contents = {
            "layer1": tiles(bgra(drawing(2), opaque(drawing(2)))),
            "mask4.pixelselection": tiles(hidden),
            "layer3": clear,
        }
        path = without_merged(kra(tmp_path / "a.kra", layers + base, **contents))
        expected = np.ones((HEIGHT, WIDTH))
        expected[:, 50:] = grey_of(drawing(2))[:, 50:]
        np.testing.assert_allclose(read(path), expected, atol=1e-5)
        assert set(header(path).notes) == {
            COMPOSED,
            "its layer 'text' is of the kind shapelayer, and left out",
            "its layer 'odd' has the blend mode hue, which counts as normal",
        }

    def test_inherited_coverage(self, tmp_path: Path) -> None:
        base = bgra(np.full((HEIGHT, WIDTH, 3), 200, np.uint8), np.full((HEIGHT, WIDTH), 128, np.uint8))
        black = bgra(np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.full((HEIGHT, WIDTH), 255, np.uint8))
        layers = krita_layer("ink", "layer2", channelflags="1110") + krita_layer("base", "layer1")
        path = without_merged(kra(tmp_path / "a.kra", layers, layer1=tiles(base), layer2=tiles(black)))
        np.testing.assert_allclose(read(path), 1 - 128 / 255, atol=1e-5)

    def test_only_a_merged_picture_counts_where_there_is_one(self, tmp_path: Path) -> None:
        path = kra(tmp_path / "a.kra", krita_layer("base", "layer1"), layer1=b"")
        np.testing.assert_allclose(read(path), grey_of(drawing(1)), atol=1e-6)
        assert header(path).notes == ()


def test_png_layers_may_be_as_deep_as_they_like(tmp_path: Path) -> None:
    deep = drawing(5, np.uint16)
    path = without_merged(ora(tmp_path / "a.ora", '<layer src="data/a.png"/>', a=deep))
    np.testing.assert_allclose(read(path), grey_of(deep), atol=1e-5)
    assert header(path).bits == 16
