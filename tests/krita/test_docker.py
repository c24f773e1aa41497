"""The docker in the real Krita: what it inks is what `lineart ink` makes of the saved file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.krita

WIDTH, HEIGHT = 640, 480
INKING = (
    "docker_appears",
    "ink_a_page",
    "ink_all_that_is_visible",
    "ink_a_selection",
    "again",
    "again_where_it_cannot_be",
    "stop",
    "two_documents",
    "foreground_colour",
    "preview",
    "preview_of_what_is_there",
    "preview_in_the_foreground_colour",
    "unfinished",
)
OTHERS = ("spaces", "remembered", "brush_of_a_stroke", "brush_of_a_preset", "faults", "closed", "odd_layers")

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def facts(play: Callable[..., Facts]) -> Facts:
    """Of all scenes; Krita is started twice."""
    told = {**play(*INKING), **play(*OTHERS)}
    wrong = {name: each["error"] for name, each in told.items() if isinstance(each, dict) and "error" in each}
    assert not wrong, "\n".join(wrong.values())
    return told


def pixels(path: str, channels: int = 4, dtype: str = "u1") -> np.ndarray:
    return np.fromfile(path, dtype).reshape(HEIGHT, WIDTH, channels)


def commanded(kra: str, *options: str) -> np.ndarray:
    """What `lineart ink` makes of a file: coverage."""
    out = Path(kra).parent / "commanded"
    command = [
        sys.executable,
        "-m",
        "lineart_cli",
        "ink",
        kra,
        "-o",
        str(out),
        "--overwrite",
        "--transparent",
        *options,
    ]
    root = str(Path(__file__).parents[2])
    subprocess.run(command, check=True, capture_output=True, cwd=root)
    return np.asarray(Image.open(out / f"{Path(kra).stem}.png"))[..., -1]


def test_the_docker_appears_with_samples_of_all_brushes(facts: Facts) -> None:
    told = facts["docker_appears"]
    assert told["title"] == "lineart"
    assert {"technical_pen", "ink_pen", "charcoal"} <= set(told["brushes"])
    assert told["icons"] == len(told["brushes"]) >= 10


def test_a_layer_that_is_offset_gets_the_command_s_ink_bit_for_bit(facts: Facts) -> None:
    told = facts["ink_a_page"]
    ink = pixels(told["ink"])
    wanted = commanded(told["kra"], "--layer", told["sketch"])
    assert np.count_nonzero(wanted) > 2000
    np.testing.assert_array_equal(ink[..., 3], wanted)
    assert not ink[..., :3].any()  # black


def test_ink_is_one_step_to_undo_and_the_artist_s_layer_stays_active(facts: Facts) -> None:
    told = facts["ink_a_page"]
    assert told["layers"] == told["redone"] == ["Background", "sketch", "Ink of sketch"]
    assert told["undone"] == ["Background", "sketch"]
    assert told["active"] == "sketch"
    np.testing.assert_array_equal(pixels(told["same"]), pixels(told["ink"]))


def test_all_that_is_visible_with_a_brush_is_the_command_s_ink_too(facts: Facts) -> None:
    told = facts["ink_all_that_is_visible"]
    wanted = commanded(told["kra"], "--thickness", "5", "--brush", "ink_pen")
    np.testing.assert_array_equal(pixels(told["ink"])[..., 3], wanted)
    assert told["layers"][-1] == "Ink"
    np.testing.assert_array_equal(pixels(told["above"]), pixels(told["ink"]))  # the last ink is no part of the sketch
    assert told["both"] == [*told["layers"], "Ink"]


def test_a_selection_is_inked_as_it_is_on_the_whole_page(facts: Facts) -> None:
    told = facts["ink_a_selection"]
    assert "Nothing is selected" in told["nothing"]
    whole, part = pixels(told["whole"])[..., 3], pixels(told["part"])[..., 3]
    inside = slice(100, 250), slice(200, 300)
    assert np.count_nonzero(part) == np.count_nonzero(part[100:250, 200:450]) > 500
    assert np.abs(part[inside].astype(int) - whole[inside]).mean() < 1
    assert not part[150:250, 300:340].any()  # the hole in the selection
    assert "kept" not in told["again"]  # nothing of it was edited
    np.testing.assert_array_equal(pixels(told["same"]), pixels(told["part"]))
    assert told["layers"] == ["Background", "sketch", "Ink of sketch"]


def test_a_preview_of_a_selection_is_its_ink_as_far_as_it_is_seen(facts: Facts) -> None:
    told = facts["ink_a_selection"]
    ink = pixels(told["part"])[..., 3] > 127
    for count, (left, top, width, height) in (told["preview_all"], told["preview_near"]):
        assert count == pytest.approx(np.count_nonzero(ink[top : top + height, left : left + width]), rel=0.05, abs=9)
    assert 100 < told["preview_near"][0] < 0.9 * told["preview_all"][0]


def test_inking_again_keeps_edits_on_the_same_layer_as_one_step(facts: Facts) -> None:
    told = facts["again"]
    first, edited, merged = (pixels(told[name]) for name in ("first", "edited", "merged"))
    assert told["layers"] == told["undone"] == ["Background", "sketch", "my ink"]
    assert told["opacity"] == 200
    assert told["beyond"] == "00ff00ff"
    assert told["active"] == "my ink"
    assert "Places of yours that are kept" in told["said"]
    drawn, erased = (slice(30, 50), slice(30, 50)), (slice(170, 230), slice(230, 290))
    assert first[erased].any()
    for area in (drawn, erased):
        np.testing.assert_array_equal(merged[area], edited[area])
    assert np.count_nonzero(merged[300:450, 580:600, 3] > 200) > 300  # the stroke that the sketch has got
    assert not first[300:450, 580:600].any()
    np.testing.assert_array_equal(pixels(told["old"]), edited)
    np.testing.assert_array_equal(pixels(told["redone"]), merged)


def test_ink_is_known_after_undo_and_in_a_file_that_is_opened_again(facts: Facts) -> None:
    told = facts["again"]
    merged = pixels(told["merged"])
    assert told["known_layers"] == told["reopened_layers"] == ["Background", "sketch", "my ink"]
    np.testing.assert_array_equal(pixels(told["once_more"]), merged)
    np.testing.assert_array_equal(pixels(told["reopened_ink"]), merged)


def test_ink_that_cannot_be_changed_stays_and_the_new_one_lies_above(facts: Facts) -> None:
    told = facts["again_where_it_cannot_be"]
    assert told["one"] == ["Background", "sketch", "Ink of sketch"]
    assert told["drawn"] == told["copied"] == "0000ffff"  # also what was drawn while lineart was at work
    assert "locked" in told["locked"]
    assert told["two"] == [*told["one"], "Ink of sketch"]
    assert "another size or colour space" in told["converted"]
    assert told["three"] == [*told["two"], "Ink of sketch"]


def test_stop_stops_and_leaves_the_document_alone(facts: Facts) -> None:
    told = facts["stop"]
    assert told["said"] == "Stopped. Your document is as it was."
    assert told["layers"] == ["Background"]


def test_ink_goes_to_the_document_of_its_sketch_while_another_one_is_worked_on(facts: Facts) -> None:
    told = facts["two_documents"]
    assert told["first"] == ["Background", "sketch", "Ink of sketch"]
    assert told["second"] == ["Background"]
    assert told["active"]


@pytest.mark.parametrize("space", ["CMYKAU16", "CMYKAF32", "GRAYAU8", "RGBAF32", "RGBAU16", "LABAU16"])
def test_ink_has_the_document_s_colour_space(facts: Facts, space: str) -> None:
    told = facts["spaces"][space]
    assert told["layers"] == ["Background", "sketch", "Ink of sketch"]
    assert told["space"]
    rgb, reference = pixels(told["rgb"]), pixels(facts["again"]["first"])
    solid = rgb[..., 3] == 255
    assert np.count_nonzero(solid) > 1000
    assert rgb[solid][:, :3].max() < 60  # black, as far as the space has it
    alike = np.abs(rgb[..., 3].astype(int) - reference[..., 3]) < 64
    assert alike.mean() > 0.97  # the same drawing, through other spaces and another dpi


def test_16_bits_of_cmyk_have_16_bits_of_coverage(facts: Facts) -> None:
    ink = pixels(facts["spaces"]["CMYKAU16"]["raw"], 5, "<u2")
    partial = ink[..., 4][(ink[..., 4] > 0) & (ink[..., 4] < 65535)]
    assert np.count_nonzero(partial % 257) > 0.9 * partial.size


def test_the_foreground_colour_and_millimetres(facts: Facts) -> None:
    told = facts["foreground_colour"]
    ink = pixels(told["ink"])
    np.testing.assert_array_equal(ink[..., 3], commanded(told["kra"], "--layer", "sketch", "--thickness", "0.6mm"))
    assert told["in_mm"] == 5.08  # of 30 px at 150 dpi
    assert (told["at_72"], told["at_50"]) == ("5.66929134px", "3.93700787px")  # of 2 mm, as the rulers show them
    solid = ink[ink[..., 3] == 255]
    assert len(solid) > 500
    assert np.abs(solid[:, :3].astype(int) - (0, 0, 255)).max() < 4  # blue, green, red


def test_a_preview_lies_on_the_canvas_and_follows_settings_and_view(facts: Facts) -> None:
    told = facts["preview"]
    assert told["shown"]
    assert told["same"]
    assert told["drawn"]  # it goes while the artist draws
    assert told["turned"].startswith("Turn the canvas upright")
    assert told["then"] == "something else"  # it is said once
    assert told["gone"]
    half = WIDTH // 2, HEIGHT // 2
    assert told["prepared"] == {
        "width": half[0],
        "height": half[1],
        "page": list(half),
    }  # no more than there is of the page
    thin, thick = (np.asarray(Image.open(told[name]).convert("L")) for name in ("picture", "thicker"))
    assert np.count_nonzero(thick < 60) > 1.8 * np.count_nonzero(thin < 60) > 1000


def test_a_preview_is_renewed_when_the_page_is_another_and_not_under_the_pen(facts: Facts) -> None:
    told = dict(facts["preview_of_what_is_there"])
    assert told.pop("pen_is_down") == [True, ""]
    ink = told["first"]
    assert ink > 1000
    blank = {"cleared", "another_layer", "another_page"}
    assert told == {name: 0 if name in blank else ink for name in told}


def test_a_preview_follows_the_foreground_colour(facts: Facts) -> None:
    told = facts["preview_in_the_foreground_colour"]
    assert told["red"] == told["blue"] > 1000
    for name, colour in {"first": (255, 0, 0), "second": (0, 0, 255)}.items():
        np.testing.assert_allclose(told[name], colour, atol=4)


def test_what_krita_still_erases_is_waited_for(facts: Facts) -> None:
    told = facts["unfinished"]
    erased = {"head": "LINEARTPX1", "is_painted": False}
    assert told["taken"] == {"inked": erased, "previewed": erased}
    assert told["stopped"] == "Stopped. Your document is as it was."
    assert told["layers"] == ["Background", "sketch"]


def test_a_preview_has_all_pixels_of_a_fine_screen(play: Callable[..., Facts]) -> None:
    told = play("preview_on_a_fine_screen", QT_SCALE_FACTOR="2")["preview_on_a_fine_screen"]
    assert told["ratio"] == 2
    left, top, *size = (round(2 * side) for side in told["place"])
    assert told["size"] == size == [WIDTH, HEIGHT]
    shown = np.asarray(Image.open(told["picture"]).convert("L"))[top : top + HEIGHT, left : left + WIDTH]
    ink = commanded(told["path"])[: shown.shape[0], : shown.shape[1]]
    assert (shown[ink == 255] < 60).mean() > 0.98  # black to the edge


def test_settings_are_remembered_for_each_document(facts: Facts) -> None:
    for told in facts["remembered"].values():
        assert (told["thickness"], told["drawing"], told["faint"]) == (7.5, "loose", 0.6)


def test_a_stroke_becomes_a_brush(facts: Facts, krita_home: Path) -> None:
    told = facts["brush_of_a_stroke"]
    assert told["chosen"] == "swelling"
    assert told["has_sample"]
    assert "Made the brush swelling." in told["said"]
    assert told["fitted"] == "The brush swelling was brought closer to its stroke."
    assert told["still"] == "swelling"
    brush = krita_home / "data/lineart/brushes/swelling.json"
    wanted = commanded(told["kra"], "--layer", "to ink", "--thickness", "12", "--brush", str(brush))
    assert np.count_nonzero(wanted) > 2000
    np.testing.assert_array_equal(pixels(told["ink"])[..., 3], wanted)
    assert "lineart's own" in told["taken"]
    assert told["free"] == "Swelling 2"


def test_a_preset_becomes_a_brush_where_krita_paints_by_script(facts: Facts) -> None:
    told = facts["brush_of_a_preset"]
    assert told["chosen"] == "from preset"
    assert told["size_kept"]
    assert told["layers"] == ["Background"]
    if not told["real"]:
        assert told["painted"] == [[0.0, 1.0, 40.0]]


def test_faults_are_told_and_leave_the_document_alone(facts: Facts) -> None:
    told = facts["faults"]
    before = ["Background", "sketch"]
    assert "ended from outside" in told["killed"][0]
    assert told["killed"][1] == before
    assert told["after"][1] == [*before, "Ink of sketch"]  # started again
    assert "lineart krita install" in told["moved"][0]
    assert told["moved"][1] == told["broken"][1] == before
    assert "ended" in told["broken"][0]
    assert "is gone" in told["deleted"][0]
    assert told["deleted"][1] == before


def test_a_document_that_was_closed_gets_no_ink(facts: Facts) -> None:
    assert "not open" in facts["closed"]["said"] or "closed" in facts["closed"]["said"]


def test_locked_and_animated_layers_are_inked_and_one_without_pixels_gives_nothing(facts: Facts) -> None:
    for kind, told in facts["odd_layers"].items():
        said, before, after = told
        assert "Inked" in said
        assert after == [f"Ink of {before[0]}", *before]
        assert ("Hardly anything came out" in said) == (kind == "vector")
