"""Layers of a document, and what is on them.

Pixels go into a file, see `lineart_cli/pages/readers/raw.py`; what has no place there is converted by Krita first.
"""

import json
import struct
import zlib
from contextlib import contextmanager

from krita import Krita, ManagedColor

from .qt import i18n

SAMPLES = {"U8": "u8", "U16": "u16", "F16": "f16", "F32": "f32"}
_FORMATS = {"U8": "B", "U16": "<H", "F16": "<e", "F32": "<f"}
_FULL = {"U8": 255, "U16": 65535}
_SRGB = "sRGB-elle-V2-srgbtrc.icc"
_STRIP = 16_000_000  # bytes that are taken at once


class TroubleError(Exception):
    """What cannot be done, and what to do about it, for the artist to read."""


def every(root):
    """All layers and masks below a node, from top to bottom."""
    for child in reversed(root.childNodes()):
        yield child
        yield from every(child)


def above(node):
    """The groups that a node is in, from the innermost to the root."""
    while node.parentNode() is not None:
        node = node.parentNode()
        yield node


def layer_of(node):
    """The layer that a mask is on; a layer as it is. Raises TroubleError for the selection of the whole page."""
    if not _is_mask(node):
        return node
    layers = [each for each in above(node) if not _is_mask(each)]
    if len(layers) < 2:  # the root alone, or nothing any more
        raise TroubleError(i18n("This layer holds no pixels. Choose a paint layer or a group."))
    return layers[0]


def _is_mask(node):
    return node.type().endswith("mask")


def identity(node):
    """What tells a layer from all others, also when the document is opened again."""
    return node.uniqueId().toString()


def find(document, wanted):
    """The layer of that identity, or None."""
    return next((node for node in every(document.rootNode()) if identity(node) == wanted), None) if wanted else None


def is_open(document):
    """Whether a document is still there."""
    return any(each == document for each in Krita.instance().documents())


def dpi(document):
    """Resolution, px per inch."""
    return float(document.xRes())


def take(document, node, path, part=None, mask_path=None):
    """Write the pixels of a layer or group, or of all that is visible, within the page.

    Args:
        document: of the layer.
        node: the layer, or None for all that is visible.
        path: the file.
        part: left, top, width and height to take; None is the whole page.
        mask_path: a file that `mask` has written of that part: the opacity is multiplied by it.

    Returns:
        What tells these pixels from others.
    """
    owner = node or document
    model, depth, profile = owner.colorModel(), owner.colorDepth(), owner.colorProfile()
    left, first, width, height = part or (0, 0, document.width(), document.height())
    read = document.pixelData if node is None else _reader(node)
    channels = _channels(model, depth)
    if channels is None or depth not in SAMPLES:
        read, (model, depth, profile) = _converted(read, (model, depth, profile), (left, first, width, height))
        channels = _channels(model, depth)
    told = {"width": width, "height": height, "channels": channels, "sample": SAMPLES[depth], "dpi": dpi(document)}
    told["linear"] = "g10" in profile or "linear" in profile.lower()
    told["opacity"] = 1.0 if node is None else node.opacity() / 255
    line = b"LINEARTPX1 " + json.dumps(told).encode() + b"\n"
    if mask_path is not None:
        read = _masked(read, mask_path, first, (depth, len(channels)))
    size = len(channels) * struct.calcsize(_FORMATS[depth])
    return _write(path, line, read, (left, first, width, height), size)


def take_paint(document, node, path):
    """Write the paint of a layer in the document's colour space, within the page, without a line before it.

    Returns:
        What tells this paint from other.
    """
    return _write(path, b"", node.pixelData, (0, 0, document.width(), document.height()), pixel_bytes(document))


def _write(path, line, read, part, size):
    """Write a line and the pixels of a part, of so many bytes each; returns what tells them from others."""
    left, first, width, height = part
    known = zlib.crc32(line)
    try:
        with open(path, "wb") as file:
            file.write(line)
            for top, count in strips(width, height, size):
                content = bytes(read(left, first + top, width, count))
                if len(content) != count * width * size:
                    raise TroubleError(i18n("This layer holds no pixels. Choose a paint layer or a group."))
                known = zlib.crc32(content, known)
                file.write(content)
    except OSError as error:
        raise TroubleError(i18n("There is no room for the sketch: {0}").format(error)) from error
    return known


@contextmanager
def without(document, left_out):
    """A copy of a document that nobody sees, without some of its layers."""
    copy = document.clone()
    try:
        for node in left_out:
            there = find(copy, identity(node))
            if there is None:
                raise TroubleError(i18n("The last ink cannot be left out: hide it, or choose the layer of the sketch."))
            there.remove()
        copy.refreshProjection()
        copy.waitForDone()
        yield copy
    finally:
        copy.close()


def _reader(node):
    """What gives the pixels of a layer as it looks; of one that is hidden, Krita knows only the paint."""
    return node.projectionPixelData if node.visible() or node.type() == "grouplayer" else node.pixelData


def _channels(model, depth):
    """The samples of a pixel in their order; None where their numbers have ranges of their own."""
    if depth.startswith("F"):
        return {"RGBA": "rgba", "GRAYA": "ya"}.get(model)
    return {"RGBA": "bgra", "GRAYA": "ya", "CMYKA": "cmyka"}.get(model)


def _converted(read, space, part):
    """The pixels in RGB of 16 bits, through a document that nobody sees."""
    _, first, width, height = part
    hidden = Krita.instance().createDocument(width, height, "", *space, 300.0)
    try:
        node = hidden.rootNode().childNodes()[0]
        node.setPixelData(read(*part), 0, 0, width, height)
        node.setColorSpace("RGBA", "U16", _SRGB)
        content = node.pixelData(0, 0, width, height)
    finally:
        hidden.close()
    row = width * 8
    return (lambda _x, y, _w, count: content[(y - first) * row : (y - first + count) * row]), ("RGBA", "U16", _SRGB)


def _masked(read, path, first, pixel):
    """What gives pixels whose opacity, the last sample, is multiplied by a mask in a file, from its row `first` on."""
    depth, channels = pixel
    kind, value = _FORMATS[depth][-1], float if depth.startswith("F") else round
    with open(path, "rb") as file:
        shown = file.read()

    def read_masked(left, top, width, count):
        content = bytes(read(left, top, width, count))
        layout = f"<{len(content) // struct.calcsize(kind)}{kind}"
        samples = list(struct.unpack(layout, content))
        opacities = samples[channels - 1 :: channels]
        samples[channels - 1 :: channels] = [
            value(opacity * share / 255) for opacity, share in zip(opacities, shown[(top - first) * width :])
        ]
        return struct.pack(layout, *samples)

    return read_masked


def selected(document, part=None):
    """Left, top, width and height of what is selected on a page, or in a part of it; None where that is nothing."""
    selection = document.selection()
    if selection is None:
        return None
    first, before, across, down = part or (0, 0, document.width(), document.height())
    left, top = max(selection.x(), first), max(selection.y(), before)
    right = min(selection.x() + selection.width(), first + across)
    bottom = min(selection.y() + selection.height(), before + down)
    return [left, top, right - left, bottom - top] if right > left and bottom > top else None


def mask(document, path, part=None):
    """Write what `selected` tells of, a byte for each px, into a file; returns the same."""
    found = selected(document, part)
    if found is not None:
        with open(path, "wb") as file:
            file.write(bytes(document.selection().pixelData(*found)))
    return found


def pixel(document, colour):
    """The colour of ink in the document's own space, as `fill` of the protocol; `colour` is a ManagedColor or None."""
    if colour is None:
        colour = ManagedColor("RGBA", "U8", "")
        colour.setComponents([0.0, 0.0, 0.0, 1.0])
    depth = document.colorDepth()
    space = document.colorModel(), depth, document.colorProfile()
    if _channels(*space[:2]) is None:
        return _pixel_elsewhere(colour, space)
    colour.setColorSpace(*space)
    full, packed = _FULL.get(depth), b""
    for value in colour.components()[:-1]:
        packed += struct.pack(_FORMATS[depth], value if full is None else round(min(max(value, 0), 1) * full))
    return {"colour": packed.hex(), "sample": SAMPLES[depth]}


def _pixel_elsewhere(colour, space):
    """As `pixel`, for spaces whose numbers have ranges of their own: Krita converts a pixel."""
    hidden = Krita.instance().createDocument(1, 1, "", "RGBA", "U16", _SRGB, 300.0)
    try:
        node = hidden.rootNode().childNodes()[0]
        colour.setColorSpace("RGBA", "U16", _SRGB)
        node.setPixelData(struct.pack("<4H", *(round(each * 65535) for each in colour.components())), 0, 0, 1, 1)
        node.setColorSpace(*space)
        content = bytes(node.pixelData(0, 0, 1, 1))
    finally:
        hidden.close()
    return {"colour": content[: -struct.calcsize(_FORMATS[space[1]])].hex(), "sample": SAMPLES[space[1]]}


def pixel_bytes(document):
    """Of a px in the document's colour space."""
    return len(document.pixelData(0, 0, 1, 1))


def strips(width, height, pixel_bytes):
    """Cuts a page into strips that are small beside memory: the first row of each, and how many it has."""
    rows = max(1, _STRIP // (width * pixel_bytes))
    for first in range(0, height, rows):
        yield first, min(rows, height - first)
