"""AVIF and JPEG 2000 with more than 8 bits a sample, of which Pillow would keep 8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import imagecodecs
import numpy as np

from lineart_cli.pages.picture import Block

_HEAD_BYTES = 1 << 16
_CODESTREAM = b"\xff\x4f\xff\x51"
_DEPTH_AT = 42  # bytes from there to the depth of the first component
_CONFIGURATION = b"av1C"
_HIGH, _TWELVE = 0x40, 0x20  # bits of its third byte


def depth(file: BinaryIO, name: str) -> int:
    """The bits of a sample, as its head says."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    at = head.find(_CONFIGURATION if name == "AVIF" else _CODESTREAM)
    if at < 0:
        return 8
    if name == "AVIF":
        flags = (head[at + 4 :] + bytes(3))[2]
        return 8 if not flags & _HIGH else 12 if flags & _TWELVE else 10
    return ((head[at:] + bytes(_DEPTH_AT + 1))[_DEPTH_AT] & 0x7F) + 1


def blocks(file: BinaryIO, name: str, bits: int) -> Iterator[Block]:
    """Decodes a picture, as stored."""
    file.seek(0)
    decode = imagecodecs.avif_decode if name == "AVIF" else imagecodecs.jpeg2k_decode
    samples = np.asarray(decode(file.read()))
    samples = samples.reshape(*samples.shape[:2], -1)
    channels = samples.shape[2]
    yield Block(samples, "grey" if channels < 3 else "rgb", 2.0**bits - 1, "none" if channels % 2 else "straight")
