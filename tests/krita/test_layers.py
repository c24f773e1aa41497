"""Layers in the real Krita that are not alone: with clones, in groups, and under masks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.krita

SCENES = (
    "cloned_ink",
    "groups",
    "visible_group",
    "locked_group",
    "masked",
    "two_windows",
    "selected_stroke",
    "window_closed",
)

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def facts(play: Callable[..., Facts]) -> Facts:
    told = play(*SCENES)
    wrong = {name: each["error"] for name, each in told.items() if isinstance(each, dict) and "error" in each}
    assert not wrong, "\n".join(wrong.values())
    return told


def test_ink_that_a_clone_layer_shows_stays_and_so_does_the_clone(facts: Facts) -> None:
    told = facts["cloned_ink"]
    before = ["clone", "Ink of sketch", "sketch", "Background"]
    assert "cloned" in told["said"]
    assert told["layers"] == ["clone", "Ink of sketch", *before[1:]]
    assert told["kinds"][0] == "clonelayer"
    assert told["undone"] == before
    assert told["after"][told["place"] :] == before[1:]  # the ink's successor is known, and not the clone's


def test_ink_of_a_group_lies_above_it_and_is_no_part_of_the_sketch(facts: Facts) -> None:
    told = facts["groups"]
    assert told["once"] == ["Ink of group", ["group", ["sketch 0"]], "Background"]
    assert told["undone"] == told["once"][1:]
    assert told["twice"] == ["Ink of group", ["group", ["Ink of sketch 0", "sketch 0"]], "Background"]
    assert told["without"] == told["of_hidden"] == told["thin"] > 2000
    assert told["is_open"]


def test_ink_of_all_that_is_visible_lies_above_a_group_that_is_topmost(facts: Facts) -> None:
    assert facts["visible_group"]["layers"] == ["Ink", ["group", ["sketch 0"]], "Background"]


def test_ink_in_a_group_that_was_locked_stays_and_the_new_one_lies_above_the_group(facts: Facts) -> None:
    told = facts["locked_group"]
    group = ["group", ["Ink of sketch 0", "sketch 0"]]
    assert "locked" in told["said"]
    assert told["layers"] == ["Ink of sketch 0", group, "Background"]
    assert told["undone"] == [group, "Background"]


def test_ink_comes_into_its_window_while_another_one_or_another_program_is_in_front(facts: Facts) -> None:
    told = facts["two_windows"]
    once = ["Ink of sketch", "sketch", "Background"]
    assert told["window"][1:] == [once, True]
    assert told["program"][1:] == [["Ink of sketch", "sketch", *once], True]
    assert all("Inked" in said for said, *_ in told.values())


def test_the_sketch_is_the_layer_whose_mask_is_active(facts: Facts) -> None:
    told = facts["masked"]
    assert told["active"] == told["still"] == "transparencymask"
    assert told["layers"] == ["Ink of sketch", ["sketch", ["Transparency Mask 1"]], "Background"]
    assert told["covered"] == facts["groups"]["thin"]  # that of the same strokes
    assert told["of_page"] == "This layer holds no pixels. Choose a paint layer or a group."


@pytest.mark.parametrize(("depth", "dtype", "black"), [("U8", "u1", 255), ("U16", "<u2", 65535), ("F16", "<f2", 1)])
def test_of_a_stroke_lineart_is_given_what_is_selected(facts: Facts, depth: str, dtype: str, black: int) -> None:
    told = facts["selected_stroke"][depth]
    assert (told["width"], told["height"]) == (40, 20)
    opacity = np.frombuffer(bytes.fromhex(told["content"]), dtype).reshape(20, 40, 4)[..., 3] / black
    wanted = np.ones((20, 40))
    wanted[:10, 20:], wanted[10:, :30] = 127 / 255, 0
    np.testing.assert_allclose(opacity, wanted, atol=2e-3)


def test_the_files_of_a_window_go_with_it(facts: Facts) -> None:
    assert facts["window_closed"] == {"there": [True, True], "left": []}


def test_no_layer_is_changed_before_kritas_windows_know_it(facts: Facts, krita_home: Path) -> None:
    assert facts["cloned_ink"]["said"]
    log = (krita_home / f"{SCENES[0]}.log").read_text("utf-8", "replace")
    assert "scene: masked" in log
    assert "kis_dummies_facade" not in log
