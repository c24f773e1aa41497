"""PSD with another layer of ink (Adobe Photoshop File Formats Specification)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import numpy as np
from psd_tools import PSDImage
from psd_tools.constants import ChannelID, ColorMode, Compression, Tag
from psd_tools.psd import PSD
from psd_tools.psd.layer_and_mask import ChannelData, ChannelDataList, ChannelInfo, LayerRecord

from lineart_cli.errors import Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.layered.merged import in_colour, ink_rows, remerged
from lineart_cli.pages.picture import Block, Picture
from lineart_cli.pages.readers.layers import Named, find
from lineart_cli.pages.readers.psd_layers import composed
from lineart_cli.pages.sketch import to_sketch
from lineart_cli.pages.writers.colours import Pixels
from lineart_cli.pages.writers.layers import INK
from lineart_cli.pages.writers.paint import InkedPage, Look

_CHANNELS = (ChannelID.CHANNEL_0, ChannelID.CHANNEL_1, ChannelID.CHANNEL_2, ChannelID.TRANSPARENCY_MASK)
_GROUPS = (Tag.SECTION_DIVIDER_SETTING, Tag.NESTED_SECTION_DIVIDER_SETTING)


@contextlib.contextmanager
def opened(file: BinaryIO, options: ReadOptions) -> Iterator[Picture]:
    """The layer of ink in a file, without its mask.

    Raises:
        Unreadable: there is none, or the file is not RGB with 8 bits.
        Exception: the file is damaged.
    """
    document = PSD.read(file)
    header = document.header
    check_size(header.width, header.height, options.max_megapixels)
    record, channels = _ink(document)
    yield Picture(header.width, header.height, lambda: [_block(record, channels)], 8, is_grey=False)


def write(file: BinaryIO, original: BinaryIO, page: InkedPage, look: Look, options: ReadOptions) -> None:
    """Writes a file with another layer of ink, and how all layers look together; whatever else is in it stays.

    Args:
        file: where to.
        original: the file as it is.
        page: the ink.
        look: of it.
        options: how layers are read.

    Raises:
        Unreadable: as `opened`.
        OSError: the disk does not take it.
    """
    document = PSD.read(original)
    check_size(document.header.width, document.header.height, options.max_megapixels)
    record, channels = _ink(document)
    planes = np.concatenate([np.moveaxis(rows, -1, 0) for rows in ink_rows(page, look)], 1)
    before = _before(document, page)
    height, width = page.shape
    record.top, record.left, record.bottom, record.right = 0, 0, height, width
    others = [
        (info, data) for info, data in zip(record.channel_info, channels, strict=True) if info.id not in _CHANNELS
    ]
    record.channel_info, channels[:] = [], []
    for number, plane in zip(_CHANNELS, planes, strict=True):
        data = ChannelData(Compression.RLE)
        data.set_data(plane.tobytes(), width, height, 8, document.header.version)
        record.channel_info.append(ChannelInfo(number, len(data.data) + 2))
        channels.append(data)
    for info, data in others:
        record.channel_info.append(info)
        channels.append(data)
    merged = np.concatenate(list(remerged(page, look, before, _now(document, page))))
    more = document.image_data.get_data(document.header)[3:]
    document.image_data.compression = Compression.RLE
    document.image_data.set_data([*(merged[..., each].tobytes() for each in range(3)), *more], document.header)
    document.write(file)


def _ink(document: PSD) -> tuple[LayerRecord, ChannelDataList]:
    header, info = document.header, document.layer_and_mask_information.layer_info
    if header.color_mode != ColorMode.RGB or header.depth != 8 or info is None:
        raise Unreadable("is not RGB with 8 bits and layers any more", "save it so again")
    layers = [
        Named(_name(record), (record, channels))
        for record, channels in zip(info.layer_records or [], info.channel_image_data or [], strict=True)
        if not any(tag in record.tagged_blocks for tag in _GROUPS)
    ]
    return find(INK, layers[::-1])


def _name(record: LayerRecord) -> str:
    return str(record.tagged_blocks.get_data(Tag.UNICODE_LAYER_NAME, record.name)).rstrip("\0")  # Krita ends them so


def _block(record: LayerRecord, channels: ChannelDataList) -> Block:
    height, width = record.bottom - record.top, record.right - record.left
    if not height * width:  # all of it was erased
        return Block(np.empty((0, 0, len(_CHANNELS)), np.uint8), "rgb", 255, "straight")
    planes = {
        info.id: np.frombuffer(cast("bytes", data.get_data(width, height, 8)), np.uint8).reshape(height, width)
        for info, data in zip(record.channel_info, channels, strict=True)
        if info.id in _CHANNELS
    }
    opaque = np.full((height, width), 255, np.uint8)
    samples = np.stack([planes.get(each, opaque) for each in _CHANNELS], -1)
    return Block(samples, "rgb", 255, "straight", record.top, record.left)


def _before(document: PSD, page: InkedPage) -> Pixels | None:
    planes = document.image_data.get_data(document.header)[:3]
    pixels = np.stack([np.frombuffer(cast("bytes", plane), np.uint8).reshape(page.shape) for plane in planes], -1)
    return in_colour(lambda: pixels, page.shape)


def _now(document: PSD, page: InkedPage) -> Pixels:
    height, width = page.shape
    blocks = composed(PSDImage(document), "rgb")
    return np.asarray(to_sketch(Picture(width, height, lambda: blocks, 8, is_grey=False, in_order=True)))
