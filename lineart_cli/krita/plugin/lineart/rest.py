"""Whether Krita is through with a document, and whether that still looks as it did."""

import zlib

from . import nodes

_LOOKED_AT = 200_000  # px of a part that may have many more


def is_at_rest(document):
    """Whether all that was painted, erased or filtered is done; it is not waited for."""
    is_free = document.tryBarrierLock()
    if is_free:
        document.unlock()
    return is_free


def glance(document, part):
    """What tells a part of a page from what it was before: the active layer, the selection, and some rows of pixels."""
    left, top, width, height = part
    active, selection, known = document.activeNode(), document.selection(), 0
    for row in range(top, top + height, max(1, width * height // _LOOKED_AT)):
        known = zlib.crc32(bytes(document.pixelData(left, row, width, 1)), known)
    return (
        known,
        active and nodes.identity(active),
        selection and (selection.x(), selection.y(), selection.width(), selection.height()),
    )
