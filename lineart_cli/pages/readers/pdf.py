"""PDF: scans at their own resolution, other pages drawn."""

from __future__ import annotations

import contextlib
import ctypes
import math
import threading
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pypdfium2 as pdfium
from pypdfium2 import raw

from lineart_cli.errors import Unreadable
from lineart_cli.options import DPI_RANGE, ReadOptions
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.header import meant_dpi
from lineart_cli.pages.picture import Block, Document, Picture
from lineart_cli.pages.readers.pdf_page import PageFacts, page_facts

POINTS_PER_INCH = 72.0
DRAWN_DPI = 300.0
"""Resolution of pages that hold no scan, where nobody gives one."""

_SLACK = 0.05  # share of the page, each way, by which a scan may miss its edges
_LARGE = 0.1  # share of the page's area from which an image sets the resolution that the page is drawn at
_A_LITTLE_LESS = 1 - 1e-9  # so that a whole number of px, rounded up, is that number
_BOX = 5  # corners of a closed one
_DEEP = {2.0: 1, 6.0: 3}  # channels of 16 bits, by the bytes that they take
_NOTHING = 0, 0, 0, 0  # red, green, blue, coverage
_DECODED = 4  # bytes of a pixel that PDFium has drawn
_TURNED = {0: 1, 90: 6, 180: 3, 270: 8}  # EXIF's orientation by a page's rotation

_PATIENCE = 60.0  # seconds


class _OneAtATime:
    """PDFium is for one thread at a time; one that hangs must not keep all others waiting, nor each for long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hangs = False

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=0 if self._hangs else _PATIENCE):
            self._hangs = True
            raise Unreadable("waits for another PDF page, which hangs", "run again without that one")
        self._hangs = False
        try:
            yield
        finally:
            self._lock.release()


_pdfium = _OneAtATime()


@contextlib.contextmanager
def opened(file: BinaryIO, options: ReadOptions) -> Iterator[Document]:
    """The pages of a PDF file.

    Raises:
        Unreadable: it is encrypted, has images larger than `options.max_megapixels`, or PDFium hangs.
        PdfiumError: it is damaged; so do the pictures' blocks.
    """
    with _pdfium():
        file.seek(0)
        try:
            document = pdfium.PdfDocument(file)
        except pdfium.PdfiumError as error:
            if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
                raise Unreadable("is encrypted", "save it without a password") from error
            raise
        with contextlib.closing(document):
            if not len(document):
                raise Unreadable("has no pages", "save it again")
            document.init_forms()
            yield Document(len(document), lambda number: _picture(document[number], page_facts(file, number), options))


def _picture(page: pdfium.PdfPage, facts: PageFacts, options: ReadOptions) -> Picture:
    objects = [each for each in page.get_objects() if not _is_unseen(each)]
    images = [each for each in objects if isinstance(each, pdfium.PdfImage)]
    for image in images:
        width, height = image.get_px_size()
        check_size(width, height, options.max_megapixels)
    is_all = not (facts.has_more or facts.has_less) and len(objects) == len(images) == 1
    if is_all and _is_scan(page, images[0]):
        return _scan(page, images[0], facts.unit)
    large = [_dpi(each, facts.unit) for each in images if _is_large(page, each)]
    dpi = options.dpi or max(large, default=DRAWN_DPI)
    scale = dpi * facts.unit / POINTS_PER_INCH * _A_LITTLE_LESS
    width, height = (math.ceil(side * scale) for side in page.get_size())
    return Picture(
        width,
        height,
        lambda: _pixels(page.render(scale=scale)),
        bits=8,
        is_grey=False,
        dpi=(dpi, dpi),
        in_order=True,
        decoder_bytes=_DECODED * width * height,
        bare=lambda: _pixels(page.render(scale=scale, fill_color=_NOTHING)),
    )


def _is_unseen(thing: pdfium.PdfObject) -> bool:
    """Whether it is text that only searching finds, as it lies over scans that were read by machine."""
    is_text = thing.type == raw.FPDF_PAGEOBJ_TEXT
    return bool(is_text and raw.FPDFTextObj_GetTextRenderMode(thing) == raw.FPDF_TEXTRENDERMODE_INVISIBLE)


def _is_scan(page: pdfium.PdfPage, image: pdfium.PdfImage) -> bool:
    """Whether an image fills the page, upright and opaque, so that its pixels are the page's."""
    matrix = image.get_matrix()
    left, bottom, right, top = page.get_bbox()
    slack_x, slack_y = _SLACK * (right - left), _SLACK * (top - bottom)
    edges = (matrix.e - left, matrix.e + matrix.a - right), (matrix.f - bottom, matrix.f + matrix.d - top)
    return bool(
        matrix.a > 0 < matrix.d
        and matrix.b == 0 == matrix.c
        and all(abs(edge) <= slack_x for edge in edges[0])
        and all(abs(edge) <= slack_y for edge in edges[1])
        and image.get_metadata().colorspace != raw.FPDF_COLORSPACE_UNKNOWN  # so are stencils
        and "JPXDecode" not in image.get_filters()  # may have coverage of its own
        and not raw.FPDFPageObj_HasTransparency(image)
        and not _is_clipped(image)
    )


def _is_clipped(image: pdfium.PdfImage) -> bool:
    """Whether less of an image is shown than a box around it, for all that is easily told."""
    clip = raw.FPDFPageObj_GetClipPath(image)
    left, bottom, right, top = image.get_bounds()
    for number in range(raw.FPDFClipPath_CountPaths(clip)):
        points = _points(clip, number)
        if len(points) > _BOX:
            return True
        (x0, y0), (x1, y1) = np.min(points, 0), np.max(points, 0)
        slack_x, slack_y = _SLACK * (right - left), _SLACK * (top - bottom)
        if x0 > left + slack_x or y0 > bottom + slack_y or x1 < right - slack_x or y1 < top - slack_y:
            return True
    return False


def _points(clip: raw.FPDF_CLIPPATH, number: int) -> list[tuple[float, float]]:
    """The corners of one of the paths of a clip."""
    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[float, float]] = []
    for each in range(raw.FPDFClipPath_CountPathSegments(clip, number)):
        raw.FPDFPathSegment_GetPoint(raw.FPDFClipPath_GetPathSegment(clip, number, each), x, y)
        points.append((x.value, y.value))
    return points


def _scan(page: pdfium.PdfPage, image: pdfium.PdfImage, unit: float) -> Picture:
    metadata, matrix = image.get_metadata(), image.get_matrix()
    per_inch = POINTS_PER_INCH / unit
    deep = _DEEP.get(_bytes_a_pixel(image))
    return Picture(
        metadata.width,
        metadata.height,
        lambda: _deep_pixels(image, deep) if deep else _pixels(image.get_bitmap()),
        bits=16 if deep else min(metadata.bits_per_pixel, 8),
        is_grey=metadata.colorspace in {raw.FPDF_COLORSPACE_DEVICEGRAY, raw.FPDF_COLORSPACE_CALGRAY},
        dpi=meant_dpi(metadata.width / matrix.a * per_inch, metadata.height / matrix.d * per_inch),
        orientation=_TURNED[page.get_rotation()],
        in_order=True,
        decoder_bytes=_DECODED * metadata.width * metadata.height,
    )


def _is_large(page: pdfium.PdfPage, image: pdfium.PdfImage) -> bool:
    left, bottom, right, top = image.get_bounds()
    width, height = page.get_size()
    return bool((right - left) * (top - bottom) >= _LARGE * width * height)


def _dpi(image: pdfium.PdfImage, unit: float) -> float:
    """The resolution at which an image is drawn on a page of that unit, within the range of `--dpi`."""
    matrix, within = image.get_matrix(), image.container
    while within is not None:
        matrix, within = matrix.multiply(within.get_matrix()), within.container
    width = math.hypot(matrix.a, matrix.b) * unit / POINTS_PER_INCH
    return min(max(image.get_px_size()[0] / width, DPI_RANGE[0]), DPI_RANGE[1]) if width else DRAWN_DPI


def _pixels(bitmap: pdfium.PdfBitmap) -> Iterator[Block]:
    samples = bitmap.to_numpy().reshape(bitmap.height, bitmap.width, bitmap.n_channels)
    if bitmap.n_channels == 1:
        yield Block(samples, "grey", 255)
    elif bitmap.format == raw.FPDFBitmap_BGRA:
        yield Block(samples[..., [2, 1, 0, 3]], "rgb", 255, "straight")
    else:
        yield Block(samples[..., 2::-1], "rgb", 255)  # PDFium writes blue first


def _bytes_a_pixel(image: pdfium.PdfImage) -> float:
    """What a pixel takes in the file, after the filters that are not for images; 0 with one that is."""
    if image.get_filters(skip_simple=True):
        return 0
    width, height = image.get_px_size()
    return float(raw.FPDFImageObj_GetImageDataDecoded(image, None, 0) / (width * height))


def _deep_pixels(image: pdfium.PdfImage, channels: int) -> Iterator[Block]:
    """An image of 16 bits, of which PDFium would keep 8; these 8 where it changes them in some other way."""
    (shallow,) = _pixels(image.get_bitmap())
    upper = shallow.samples[..., :channels]
    deep = np.frombuffer(image.get_data(decode_simple=True), ">u2").reshape(upper.shape)
    if np.abs((deep >> 8).astype(np.int16) - upper).max() <= 1:
        yield Block(deep, "grey" if channels == 1 else "rgb", 65535)
    else:
        yield shallow
