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
    if nodes.selected(document) is None:
        raise nodes.TroubleError(i18n("Nothing is selected on the page. Select a part, or ink the whole page."))
    found = nodes.mask(document, path, part)
    if found is None:
        raise nodes.TroubleError(i18n("Nothing that is selected is on the screen."))
    return found
