"""Small whole files of every format that lineart reads: what the storm starts from."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import tifffile
from PIL import Image
from psd_tools import PSDImage

from lineart_cli.pages import InkedPage, Look, write_ink

HEIGHT, WIDTH = 70, 90
Y, X = np.mgrid[:HEIGHT, :WIDTH]
GREY = np.where(np.hypot(X - 40, Y - 30).round() % 12 < 3, 60, 235 + X // 9).astype(np.uint8)
RGB = np.dstack([GREY, 255 - GREY, X.astype(np.uint8)])
DEEP = GREY.astype(np.uint16) * 257
LAYER = "sketch"
LAYERED = {"psd", "psd-painted", "ora", "kra"}
"""Kinds that have a layer LAYER."""

_EXIF = Image.Exif()
_EXIF.update({0x112: 6, 0x11A: 300.0, 0x11B: 300.0, 0x128: 2, 0x10E: "a sketch"})


def _pillow(samples: np.ndarray, file_format: str, mode: str | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(samples)
    (image.convert(mode) if mode else image).save(file, file_format, **options)
    return file.getvalue()


def _tiff(samples: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, resolution=(300, 300), **options)
    return file.getvalue()


def _tiff_of_pages() -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as tiff:
        for samples in (GREY, DEEP, RGB):
            tiff.write(samples, compression="lzw", metadata=None)
    return file.getvalue()


def _pdf(*pages: np.ndarray) -> bytes:
    file = io.BytesIO()
    first, *others = (Image.fromarray(each) for each in pages)
    first.save(file, "PDF", save_all=True, append_images=others, resolution=150)
    return file.getvalue()


def _drawn_pdf() -> bytes:
    """A page of lines and text."""
    content = b"0 0 1 RG 4 w 5 5 m 55 35 l S BT /F 12 Tf 5 20 Td (ink) Tj ET"
    return (
        b"%%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 60 40] /Contents 4 0 R "
        b"/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>\nendobj\n"
        b"4 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\ntrailer << /Size 5 /Root 1 0 R >>\n%%%%EOF\n"
    ) % (len(content), content)


def _heif(samples: np.ndarray, mode: str) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_bytes(mode, samples.shape[1::-1], samples.tobytes()).save(file, quality=60)
    return file.getvalue()


def _layered(file_format: str, folder: Path) -> bytes:
    """As lineart itself writes layers."""
    path = folder / f"base.{file_format}"
    write_ink(path, InkedPage([255 - GREY], GREY.shape, 8, (300, 300), RGB), file_format, Look())
    return path.read_bytes()


def _psd() -> bytes:
    file = io.BytesIO()
    document = PSDImage.new("RGB", (WIDTH, HEIGHT))
    for name in ("paper", LAYER):
        document.create_pixel_layer(Image.fromarray(RGB).convert("RGBA"), name=name)
    document.save(file)
    return file.getvalue()


def _krita() -> bytes:
    tiles = []
    for top in range(0, HEIGHT, 64):
        for left in range(0, WIDTH, 64):
            tile = np.full((64, 64, 4), 255, np.uint8)
            part = RGB[top : top + 64, left : left + 64]
            tile[: part.shape[0], : part.shape[1], :3] = part[..., ::-1]
            packed = b"\1" + imagecodecs.lzf_encode(tile.reshape(-1, 4).T.tobytes())
            tiles.append(b"%d,%d,LZF,%d\n" % (left, top, len(packed)) + packed)
    head = b"VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 4\nDATA %d\n" % len(tiles)
    document = (
        f'<DOC xmlns="http://www.calligra.org/DTD/krita"><IMAGE width="{WIDTH}" height="{HEIGHT}" x-res="300" '
        f'y-res="300" name="page"><layers><layer name="{LAYER}" filename="layer1" colorspacename="RGBA" '
        'nodetype="paintlayer" opacity="200" visible="1" x="3" y="2"/></layers></IMAGE></DOC>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", b"application/x-krita")
        archive.writestr("maindoc.xml", document)
        archive.writestr("mergedimage.png", _pillow(RGB, "PNG"))
        archive.writestr("page/layers/layer1", head + b"".join(tiles))
        archive.writestr("page/layers/layer1.defaultpixel", b"\xff\xff\xff\x40")
    return file.getvalue()


_ANIMATION: dict[str, Any] = {
    "save_all": True,
    "append_images": [Image.fromarray(each) for each in (GREY, RGB)],
    "duration": 80,
}


def bases(folder: Path) -> Mapping[str, bytes]:
    """A whole file of each kind, by its name; `folder` is for what is made by way of the disk."""
    makers: dict[str, Callable[[], bytes]] = {
        "png-1": lambda: _pillow(GREY > 99, "PNG"),
        "png-8": lambda: _pillow(GREY, "PNG", dpi=(300, 300), exif=_EXIF),
        "png-16": lambda: bytes(imagecodecs.png_encode(DEEP)),
        "png-palette": lambda: _pillow(RGB, "PNG", "P", transparency=3),
        "jpeg": lambda: _pillow(RGB, "JPEG", dpi=(300, 300), exif=_EXIF),
        "jpeg-progressive": lambda: _pillow(RGB, "JPEG", "CMYK", progressive=True),
        "webp": lambda: _pillow(RGB, "WEBP", exif=_EXIF),
        "webp-lossless": lambda: _pillow(RGB, "WEBP", "RGBA", lossless=True),
        "gif-animation": lambda: _pillow(GREY, "GIF", **_ANIMATION),
        "apng": lambda: _pillow(RGB, "PNG", **_ANIMATION),
        "webp-animation": lambda: _pillow(RGB, "WEBP", lossless=True, **_ANIMATION),
        "bmp": lambda: _pillow(RGB, "BMP"),
        "bmp-palette": lambda: _pillow(RGB, "BMP", "P"),
        "tiff-lzw": lambda: _tiff(RGB, compression="lzw", predictor=2, photometric="rgb"),
        "tiff-deflate": lambda: _tiff(GREY, compression="zlib"),
        "tiff-jpeg": lambda: _pillow(RGB, "TIFF", compression="jpeg"),
        "tiff-g4": lambda: _pillow(GREY > 99, "TIFF", compression="group4"),
        "tiff-tiled": lambda: _tiff(RGB, tile=(32, 48), compression="zlib", photometric="rgb"),
        "tiff-pages": _tiff_of_pages,
        "tiff-16": lambda: _tiff(DEEP, rowsperstrip=16),
        "tiff-cmyk": lambda: _tiff(np.dstack([RGB, GREY]), photometric="separated", compression="packbits"),
        "tiff-planes": lambda: _tiff(np.moveaxis(RGB, -1, 0), photometric="rgb", planarconfig="separate"),
        "tiff-big": lambda: _tiff(DEEP, bigtiff=True, compression="zlib"),
        "tiff-float": lambda: _tiff(GREY.astype(np.float32) / 255),
        "psd": lambda: _layered("psd", folder),
        "psd-painted": _psd,
        "ora": lambda: _layered("ora", folder),
        "kra": _krita,
        "pdf-scan": lambda: _pdf(RGB),
        "pdf-pages": lambda: _pdf(GREY, RGB, GREY > 99),
        "pdf-drawn": _drawn_pdf,
        "heic": lambda: _heif(RGB, "RGB"),
        "heic-16": lambda: _heif(DEEP >> 4 << 4, "I;16"),
    }
    return {name: make() for name, make in makers.items()}
