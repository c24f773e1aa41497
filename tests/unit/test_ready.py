"""Networks that stay ready: which are made anew, which rest and which are let go of."""

from __future__ import annotations

import numpy as np

from lineart_cli.inference.engines import EngineChoice
from lineart_cli.inference.ready import ReadyNetworks

CHOICE = EngineChoice("openvino")
UPRIGHT, DRAFT, LYING = (640, 320), (320, 160), (320, 640)


class Network:
    """An engine that is awake once it was opened, until it rests, if it is able to."""

    def __init__(self, *, rests: bool) -> None:
        self.rests = rests
        self.is_awake = True

    def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
        return sketch

    def rest(self) -> bool:
        self.is_awake &= not self.rests
        return self.rests


class Maker:
    """Prepares networks, and keeps them all."""

    def __init__(self, *, rests: bool = True) -> None:
        self.rests = rests
        self.made: dict[tuple[int, int], list[Network]] = {}

    def __call__(self, choice: EngineChoice, window: tuple[int, int]) -> Network:
        network = Network(rests=self.rests)
        self.made.setdefault(window, []).append(network)
        return network

    def awake(self) -> set[tuple[int, int]]:
        return {window for window, networks in self.made.items() if networks[-1].is_awake}


def test_the_next_page_finds_its_networks_and_all_but_the_last_one_rest() -> None:
    maker = Maker()
    networks = ReadyNetworks(maker, 4, awake=1)
    for window in (DRAFT, UPRIGHT, DRAFT, UPRIGHT):
        networks.open(CHOICE, window)
    assert maker.awake() == {DRAFT, UPRIGHT}
    networks.open(CHOICE, LYING)
    assert maker.awake() == {UPRIGHT, LYING}
    assert {len(made) for made in maker.made.values()} == {1}


def test_the_one_that_was_used_longest_ago_is_let_go_of() -> None:
    maker = Maker()
    networks = ReadyNetworks(maker, 2, awake=1)
    for window in (DRAFT, UPRIGHT, DRAFT, LYING, DRAFT, UPRIGHT):
        networks.open(CHOICE, window)
    assert {window: len(made) for window, made in maker.made.items()} == {DRAFT: 1, UPRIGHT: 2, LYING: 1}


def test_one_that_is_large_or_cannot_rest_is_not_kept_awake() -> None:
    maker = Maker(rests=False)
    networks = ReadyNetworks(maker, 4, awake=1, awake_px=320 * 160)
    for window in (DRAFT, UPRIGHT, DRAFT, UPRIGHT):
        networks.open(CHOICE, window)
    assert {window: len(made) for window, made in maker.made.items()} == {DRAFT: 1, UPRIGHT: 2}
