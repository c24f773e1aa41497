"""How many pages are in work at once, so that the network need not wait while pages are read and written."""

from __future__ import annotations

from lineart_cli.errors import ArgumentError
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.plan.fitting import Fit, Fitting
from lineart_cli.plan.request import PageSize, Request

MOST_AT_ONCE = 2
"""Pages where nobody says: reading and writing a page takes less than inking one, so that a third would only wait."""

WORTH = 1.1
"""Two pages at once leave less memory for tiles: they may cost the network so many times the pixels of one at once.

Measured by tests/benchmarks/folder.py."""


def pages_at_once(
    page: PageSize, card: ModelCard, hardware: Hardware, request: Request, choice: EngineChoice
) -> tuple[int, str, Fit]:
    """The number and a reason; and how the page fits then.

    Raises:
        ArgumentError: not even one page fits, or not as many as are asked for.
    """
    if request.jobs is not None:
        return request.jobs, "as asked for", Fitting(page, card, hardware, request, choice, request.jobs).best()
    alone = Fitting(page, card, hardware, request, choice).best()
    if request.pages < MOST_AT_ONCE:
        return 1, "there is one only", alone
    if hardware.share < MOST_AT_ONCE:
        return 1, "there is one core for all of the work", alone
    try:
        together = Fitting(page, card, hardware, request, choice, MOST_AT_ONCE).best()
    except ArgumentError:
        return 1, "no more fit in the memory", alone
    if together.tiles.computed_px > WORTH * alone.tiles.computed_px:
        return 1, "more would leave the network too little memory", alone
    return MOST_AT_ONCE, "one is inked while another is read and written", together
