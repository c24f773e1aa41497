"""How pages are planned on this machine: what it has, what `lineart bench` has saved of it, and what the user asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from lineart_cli.bench import settings
from lineart_cli.machine import hardware
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.plan import PageSize, Plan, Request, choose, plan

_SMALLEST = PageSize(1, 1, 300.0)


def decide(
    card: ModelCard, options: InkOptions, pages: int, machine: Hardware | None = None
) -> Callable[[PageSize], Plan]:
    """What makes the plan for a page of a size, one of so many.

    Args:
        card: of the model.
        options: what the user asks.
        pages: how many there are to ink.
        machine: the part of this machine that may be used; found out where it is not given.

    Raises:
        ArgumentError: a wish that no page could have; what it returns raises it for a page that does not fit.
    """
    machine = machine or hardware.detect()
    measured = settings.load(machine)
    asked = measured.choice.device if measured and options.device == "auto" else options.device
    if asked.lower() not in {"auto", "cpu"}:
        machine = hardware.with_devices(machine)
    request = Request.of(options, measured, pages)
    choose(card, machine, request)
    if machine.ulimit:
        plan(_SMALLEST, card, machine, request)
    return cache(lambda page: plan(page, card, machine, request))
