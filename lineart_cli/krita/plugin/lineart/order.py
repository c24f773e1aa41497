"""What lineart is told of a document beside its sketch: options, in px of the page, and where ink is wanted."""

from . import nodes
from .qt import i18n
from .settings import LIMITS, in_unit
from .sketch import options


def order(document, chosen):
    """Settings as options of `lineart ink`: mm are those of the document, even at a dpi that lineart doubts."""
    told = options(chosen)
    if chosen["unit"] == "mm":
        low, high, _ = LIMITS["px"]
        px = in_unit("px", chosen["thickness"], nodes.dpi(document))
        told["thickness"] = f"{min(max(px, low), high):.9g}px"
    return told


def take_mask(document, path, part=None):
    """Write the mask of what is selected on a page, or in a part of it, into a file.

    Args:
        document: of the page.
        path: the file.
        part: left, top, width and height; None is the whole page.

    Returns:
        The left, top, width and height of what is selected.

    Raises:
        TroubleError: it is nothing.
    """
    whole = nodes.mask(document, path)
    if whole is None:
        raise nodes.TroubleError(i18n("Nothing is selected on the page. Select a part, or ink the whole page."))
    return whole if part is None else _cut(path, whole, part)


def _cut(path, whole, part):
    """Keep of a mask what is in a part of the page; returns its left, top, width and height."""
    left, top = (max(pair) for pair in zip(whole[:2], part[:2]))
    width, height = (min(whole[axis] + whole[axis + 2], part[axis] + part[axis + 2]) for axis in (0, 1))
    width, height = width - left, height - top
    if min(width, height) <= 0:
        raise nodes.TroubleError(i18n("Nothing that is selected is on the screen."))
    with open(path, "rb") as file:
        content = memoryview(file.read())
    first = (top - whole[1]) * whole[2] + left - whole[0]
    with open(path, "wb") as file:
        for start in range(first, first + height * whole[2], whole[2]):
            file.write(content[start : start + width])
    return [left, top, width, height]
