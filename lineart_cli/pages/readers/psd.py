"""Photoshop's PSD and PSB: the merged picture row by row, or layers."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from struct import unpack
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from psd_tools.compression import PSDDecompressionWarning, decompress
from psd_tools.constants import ColorMode, Compression, Resource
from psd_tools.psd.color_mode_data import ColorModeData
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_resources import ImageResources

from lineart_cli.errors import Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.header import Dpi, meant_dpi
from lineart_cli.pages.libraries import WholeProcess
from lineart_cli.pages.picture import BLOCK_PIXELS, Block, Document, Picture, Space
from lineart_cli.pages.readers import psd_layers
from lineart_cli.pages.readers.layers import COMPOSED

_SPACES: dict[ColorMode, tuple[Space, int]] = {
    ColorMode.BITMAP: ("grey", 1),
    ColorMode.GRAYSCALE: ("grey", 1),
    ColorMode.DUOTONE: ("grey", 1),
    ColorMode.INDEXED: ("rgb", 1),
    ColorMode.RGB: ("rgb", 3),
    ColorMode.CMYK: ("cmyk", 4),
}
"""Colour space and number of channels, without extra ones."""
_PALETTE_BYTES = 768
_FIXED_POINT = 65536  # ResolutionInfo counts px per inch in units of 1 / 65536
_STRAYS = 0.1  # share of the pixels with less than full coverage that may be darker than it allows
_MOST_BITS = 80  # of a pixel, where all channels have to be expanded at once
_LAYER_BYTES = 10  # of a sample of a layer, which psd-tools turns into floating point in several steps
_FILLER = "has a merged picture of one even colour, so its visible layers are put together"


@contextlib.contextmanager
def opened(file: BinaryIO, options: ReadOptions) -> Iterator[Document]:
    """The picture in a file, a document of one page.

    It is the merged one, or where that is none, the visible layers together; or the layer or group that is asked for.

    Raises:
        Unreadable: the file has no such layer, nothing to show, or no defined white or colours.
        Exception: whatever psd-tools says of a damaged file; so do the picture's blocks.
    """
    with _strictly(), _opened(file, options) as document:
        yield document


@contextlib.contextmanager
def _damage_is_an_error() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", PSDDecompressionWarning)  # psd-tools would go on with black
        yield


_strictly = WholeProcess(_damage_is_an_error)


@contextlib.contextmanager
def _opened(file: BinaryIO, options: ReadOptions) -> Iterator[Document]:
    file.seek(0)
    header = FileHeader.read(file)
    if header.color_mode not in _SPACES or header.depth == 32:
        kind = f"{header.depth} bits and colours of the kind {header.color_mode.name}"
        raise Unreadable(f"has {kind}", "save it as grey, RGB or CMYK with 8 or 16 bits")
    check_size(header.width, header.height, options.max_megapixels)
    palette = ColorModeData.read(file).value
    resources = ImageResources.read(file)
    space, count = _SPACES[header.color_mode]
    picture = Picture(
        header.width,
        header.height,
        lambda: (),
        header.depth,
        space == "grey",
        _dpi(resources),
    )
    if options.layer is not None:
        layers = psd_layers.named(file, header, options.layer)
        largest = max(layer.width * layer.height for layer, _ in layers)
        picture = replace(
            picture,
            blocks=lambda: (psd_layers.block(layer, space, opacity) for layer, opacity in layers),
            decoder_bytes=_LAYER_BYTES * (count + 1) * largest,
        )
    else:
        picture = _whole(picture, file, header, palette, resources)
    yield Document(1, lambda _: picture)


def _whole(picture: Picture, file: BinaryIO, header: FileHeader, palette: bytes, resources: ImageResources) -> Picture:
    """All of a picture: as it is merged, or its layers where nothing has been merged and something is on them."""
    merged, has_layers = _merged(file, header, palette)
    version = resources.get_data(Resource.VERSION_INFO) if Resource.VERSION_INFO in resources else None
    is_missing = version is not None and not version.has_composite
    if is_missing or (has_layers and _is_even(merged())):
        document = psd_layers.drawn(file, header)
        if document is not None:
            space, count = _SPACES[header.color_mode]
            largest = max(layer.width * layer.height for layer in document.descendants())
            return replace(
                picture,
                blocks=lambda: psd_layers.composed(document, space),
                in_order=True,
                decoder_bytes=psd_layers.COMPOSED_BYTES + _LAYER_BYTES * (count + 1) * largest,
                notes=(COMPOSED if is_missing else _FILLER,),
            )
    if is_missing:
        advice = "show its layers, or save it with maximised compatibility"
        raise Unreadable("was saved without its merged picture, and nothing is on its visible layers", advice)
    return replace(picture, blocks=merged, in_order=True)


def _is_even(blocks: Iterator[Block]) -> bool:
    """Whether a picture is of one colour; looks no further than to the first row of another."""
    first: Any = None
    for block in blocks:
        first = block.samples[:1, :1] if first is None else first
        if (block.samples != first).any():
            return False
    return True


def _dpi(resources: ImageResources) -> Dpi | None:
    if Resource.RESOLUTION_INFO not in resources:
        return None
    info = resources.get_data(Resource.RESOLUTION_INFO)
    return meant_dpi(info.horizontal / _FIXED_POINT, info.vertical / _FIXED_POINT)


def _merged(file: BinaryIO, header: FileHeader, palette: bytes) -> tuple[Callable[[], Iterator[Block]], bool]:
    """The merged picture, of which `file` stands before the layers; and whether there are any of these."""
    start = file.tell()
    is_large = header.version == 2
    (length,) = unpack(">Q" if is_large else ">I", file.read(8 if is_large else 4))
    layers = _layer_count(file, is_large, file.tell() + length)
    at = start + (8 if is_large else 4) + length
    return lambda: _merged_blocks(file, at, header, palette, layers < 0), layers != 0


def _layer_count(file: BinaryIO, is_large: bool, end: int) -> int:
    """The number of layers; negative where the merged picture's first extra channel is coverage.

    `file` stands at the layer section, which ends at `end`.
    """
    long, size = (">Q", 8) if is_large else (">I", 4)
    if end - file.tell() < size + 2:
        return 0
    (length,) = unpack(long, file.read(size))
    if length:
        return int(unpack(">h", file.read(2))[0])
    file.seek(unpack(">I", file.read(4))[0], 1)  # the global mask; then blocks, where 16-bit files have their layers
    while end - file.tell() >= size + 10:
        _, key = unpack(">4s4s", file.read(8))
        wide = is_large and key in {b"Lr16", b"Lr32", b"Layr", b"Mt16", b"Mt32", b"Mtrn", b"LMsk", b"Alph"}
        (length,) = unpack(">Q" if wide else ">I", file.read(8 if wide else 4))
        if key in {b"Lr16", b"Lr32"}:
            return int(unpack(">h", file.read(2))[0])
        file.seek(-(-length // 4) * 4, 1)
    return 0


def _merged_blocks(file: BinaryIO, at: int, header: FileHeader, palette: bytes, has_coverage: bool) -> Iterator[Block]:
    space, count = _SPACES[header.color_mode]
    wanted = min(header.channels, count + has_coverage)
    if wanted < count:
        raise Unreadable(f"has {header.channels} channels instead of {count}", "save it again")
    white = 1 if header.depth == 1 else 2**header.depth - 1

    def read() -> Iterator[tuple[int, NDArray[Any]]]:
        file.seek(at)
        for top, bands in _bands(file, header, wanted, max(1, BLOCK_PIXELS // header.width)):
            yield top, np.stack([_samples(band, header) for band in bands], axis=-1)

    is_indexed = header.color_mode == ColorMode.INDEXED
    is_laid = is_indexed or wanted == count or _is_on_white((samples for _, samples in read()), white)
    for top, samples in read():
        if is_indexed:
            colours = np.frombuffer(palette.ljust(_PALETTE_BYTES, b"\0"), np.uint8).reshape(3, -1).T
            yield Block(colours[samples[..., 0]], space, 255, top=top)
            continue
        light = samples[..., :count] if is_laid else _on_white(samples, white)
        yield Block(white - light if space == "cmyk" else light, space, white, top=top)


def _samples(band: bytes, header: FileHeader) -> NDArray[Any]:
    """(rows, width) samples of rows of one channel; of a bitmap, 1 is white as in the others."""
    if header.depth == 1:
        packed = np.frombuffer(band, np.uint8).reshape(-1, -(-header.width // 8))
        return 1 - np.unpackbits(packed, axis=1, count=header.width)
    return np.frombuffer(band, ">u2" if header.depth == 16 else "u1").reshape(-1, header.width)


def _is_on_white(bands: Iterable[NDArray[Any]], white: int) -> bool:
    """Whether colours, with their coverage behind them, are laid on white already.

    Photoshop does so, other programs may not: colours darker than their coverage allows tell it.
    """
    too_dark = seen_through = 0
    for samples in bands:
        colours, coverage = _parted(samples, white)
        too_dark += int(np.count_nonzero((colours < white * (1 - coverage) - white / 128).any(axis=-1)))
        seen_through += int(np.count_nonzero(coverage < 1))
    return too_dark <= _STRAYS * seen_through


def _on_white(samples: NDArray[Any], white: int) -> NDArray[Any]:
    """Colours on white paper, from colours and coverage."""
    colours, coverage = _parted(samples, white)
    return colours * coverage + white * (1 - coverage)


def _parted(samples: NDArray[Any], white: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colours as they are, and coverage in [0, 1], (rows, width, 1)."""
    return samples[..., :-1].astype(np.float32), samples[..., -1:].astype(np.float32) / np.float32(white)


def _bands(file: BinaryIO, header: FileHeader, wanted: int, rows: int) -> Iterator[tuple[int, list[bytes]]]:
    """The first `wanted` channels, `rows` rows at a time: the first row, and the bytes of each channel."""
    row = -(-header.width * header.depth // 8)
    read = _channel_reader(file, header, row)
    for top in range(0, header.height, rows):
        end = min(top + rows, header.height)
        bands = [read(channel * header.height + top, channel * header.height + end) for channel in range(wanted)]
        if any(len(band) != (end - top) * row for band in bands):
            raise Unreadable("is cut off", "save it again")
        yield top, bands


def _channel_reader(file: BinaryIO, header: FileHeader, row: int) -> Callable[[int, int], bytes]:
    """Gives rows, from one to before another, of all channels one below the other; `row` bytes each."""
    compression = Compression(unpack(">H", file.read(2))[0])
    rows = header.height * header.channels
    if compression == Compression.RLE:
        lengths = np.frombuffer(file.read(rows * 2 * header.version), ">u2" if header.version == 1 else ">u4")
        starts = file.tell() + np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        return lambda first, end: b"".join(_unpacked(file, starts, each, row) for each in range(first, end))
    start = file.tell()
    if compression == Compression.RAW:
        return lambda first, end: _at(file, start + first * row, (end - first) * row)
    if header.channels * header.depth > _MOST_BITS:
        raise Unreadable(f"has {header.channels} channels in a rare compression", "save it without the extra ones")
    data = decompress(file.read(), compression, header.width, rows, header.depth, header.version)
    return lambda first, end: bytes(data[first * row : end * row])


def _at(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _unpacked(file: BinaryIO, starts: NDArray[np.int64], number: int, row: int) -> bytes:
    packed = _at(file, int(starts[number]), int(starts[number + 1] - starts[number]))
    return bytes(imagecodecs.packbits_decode(packed, out=row))
