"""Styles, noise, traces and what is painted with them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from lineart_cli.brushes import noise, store
from lineart_cli.brushes.drawing import pen_pressure, skeleton
from lineart_cli.brushes.drawing.paint import Lines, paint
from lineart_cli.brushes.style import CAPS, EVEN, FORMAT, PRESSURES, Style, Tool, load, save
from lineart_cli.errors import ArgumentError, BrushError
from lineart_cli.imaging.bilinear import interpolated
from lineart_cli.ui import gallery

PEN = replace(EVEN, width=tuple(np.linspace(0.2, 1, PRESSURES)))
CHALK = replace(EVEN, grain=2.0, cover=tuple(tuple(0.5 * each for each in row) for row in EVEN.cover))


def segment(height: int, width: int, start: float, stop: float, pressure: float = 1.0) -> Lines:
    """A level line in the middle of a page, from column `start` to `stop`."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    beyond = np.maximum(np.maximum(start - x, x - stop), 0)
    off = np.hypot(beyond, y - height // 2)
    return Lines(np.minimum(off, 12).astype(np.float16), np.full((1, 1), pressure, np.float32), 12.0)


def profile(ink: np.ndarray) -> np.ndarray:
    """Ink per column, px."""
    return ink.sum(0) / 255


@pytest.mark.parametrize("thickness", [1, 1.5, 3, 8, 16])
def test_an_even_line_is_as_wide_as_asked_for(thickness: float) -> None:
    ink = paint(segment(40, 200, -50, 250), EVEN, thickness, (40, 200))
    np.testing.assert_allclose(profile(ink), thickness, atol=0.05)


@pytest.mark.parametrize("scale", [0.5, 2, 3])
def test_a_line_is_drawn_at_the_page_s_own_resolution(scale: float) -> None:
    shape = round(48 * scale), round(200 * scale)
    ink = paint(segment(48, 200, -50, 250), EVEN, 6, shape)
    np.testing.assert_allclose(profile(ink), 6 * scale, atol=0.15)
    assert np.count_nonzero((ink > 8) & (ink < 247)) <= 4 * shape[1]  # sharp: a px or two on either side


@pytest.mark.parametrize("pressure", [0.0, 0.25, 0.8, 1.0])
def test_pressure_makes_a_line_as_wide_as_the_style_says(pressure: float) -> None:
    ink = paint(segment(40, 200, -50, 250), PEN, 10, (40, 200), pressure)
    np.testing.assert_allclose(profile(ink), 10 * (0.2 + 0.8 * pressure), atol=0.1)


def test_lines_taper_to_their_ends_and_nowhere_else() -> None:
    lines = segment(40, 400, 60, 340)
    even, tapered = (profile(paint(lines, replace(PEN, taper=taper), 8, (40, 400))) for taper in (0.0, 8.0))
    np.testing.assert_allclose(tapered[130:270], even[130:270], atol=0.01)
    assert (np.diff(tapered[60:124]) > -0.1).all()
    assert tapered[64] < 0.5 * even[64]
    np.testing.assert_allclose(tapered, tapered[::-1][np.arange(400) - 1], atol=0.3)  # both ends alike


def drawn(mask: np.ndarray) -> Lines:
    """What is 1 in a mask counts as the middle of a line."""
    off = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return Lines(np.minimum(off, 12).astype(np.float16), np.ones((1, 1), np.float32), 12.0)


FADING = replace(PEN, taper=8.0, caps=tuple(np.linspace(0, 1, len(CAPS))))


@pytest.mark.parametrize("sides", [(3, 3), (5, 5), (9, 9), (30, 30), (12, 6), (24, 12), (40, 20), (60, 7)])
@pytest.mark.parametrize("turned", [0, 35])
def test_blacks_and_dots_are_whole_whatever_ends_a_line(sides: tuple[int, int], turned: int) -> None:
    black = cv2.ellipse(np.zeros((160, 160), np.uint8), (80, 80), sides, turned, 0, 360, 1, -1)
    ink = paint(drawn(black), FADING, 4, black.shape)
    assert ink[black > 0].min() > 250


def test_a_line_that_leaves_a_black_tapers_to_its_other_end() -> None:
    comma = cv2.circle(np.zeros((80, 200), np.uint8), (40, 40), 16, 1, -1)
    comma[40, 40:140] = 1
    ink = paint(drawn(comma), FADING, 6, comma.shape)
    assert ink[24:57, 40].min() > 250
    width = profile(ink)
    assert width[70] > 5
    assert (np.diff(width[80:142]) < 0.1).all()
    assert width[138] < 0.5 * width[70]


def test_a_line_that_ends_at_the_page_s_edge_goes_on_beyond_it() -> None:
    ink = profile(paint(segment(40, 300, -50, 350), replace(PEN, taper=8.0), 8, (40, 300)))
    np.testing.assert_allclose(ink, 8, atol=0.05)


def test_short_strokes_keep_some_ink() -> None:
    ink = profile(paint(segment(40, 100, 40, 60), replace(PEN, taper=12.0), 5, (40, 100)))
    assert ink[50] > 4


def test_a_flat_nib_draws_by_direction() -> None:
    nib = replace(EVEN, angle_width=tuple(np.linspace(0.2, 1, 8)) + tuple(np.linspace(1, 0.2, 8)))
    level = segment(60, 60, -50, 150)
    upright = Lines(np.ascontiguousarray(level.off.T), level.pressure, 12.0)
    across, along = (paint(lines, nib, 10, (60, 60)).sum() / 255 / 60 for lines in (upright, level))
    assert along == pytest.approx(10 * nib.angle_width[0], abs=0.4)
    assert across == pytest.approx(10 * nib.angle_width[8], abs=0.4)


def test_grain_moves_ink_about_and_takes_none_away() -> None:
    lines = segment(64, 3000, -50, 3050)
    smooth, rough = (paint(lines, replace(CHALK, grain=grain), 16, (64, 3000)) for grain in (0.0, 2.0))
    assert rough.sum() == pytest.approx(smooth.sum(), rel=0.03)
    inside = slice(28, 36)
    assert rough[inside].std() > 3 * smooth[inside].std()


def test_grain_belongs_to_the_page_not_to_what_is_drawn() -> None:
    whole = paint(segment(64, 900, -50, 950), CHALK, 10, (64, 900))
    part = paint(segment(64, 900, 300, 950), CHALK, 10, (64, 900))
    np.testing.assert_array_equal(whole[:, 330:], part[:, 330:])


@pytest.mark.parametrize("rows", [40, 64, 300])
def test_strips_of_a_page_join_without_a_seam(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:300, :200].astype(np.float32)
    off = np.full((300, 200), 12, np.float32)
    for _ in range(6):
        cx, cy, radius = rng.uniform(0, 200), rng.uniform(0, 300), rng.uniform(20, 90)
        off = np.minimum(off, np.abs(np.hypot(x - cx, y - cy) - radius))
    lines = Lines(off.astype(np.float16), np.full((1, 1), 0.8, np.float32), 12.0)
    style = replace(CHALK, taper=5.0, bands=(0.0, 0.6, 0.0, 0.0, 0.8))
    whole = paint(lines, style, 7, (300, 200))
    monkeypatch.setattr("lineart_cli.brushes.drawing.paint.ROWS", rows)
    monkeypatch.setattr("lineart_cli.brushes.drawing.skeleton.ROWS", rows)
    again = Lines(lines.off, lines.pressure, 12.0)
    np.testing.assert_array_equal(paint(again, style, 7, (300, 200)), whole)


def test_fields_of_any_size_are_sampled() -> None:
    x, y = np.linspace(-1, 33_100, 5000, dtype=np.float32), np.linspace(-1, 9, 5000, dtype=np.float32)
    field = np.random.default_rng(0).standard_normal((8, 33_000)).astype(np.float32)
    found = interpolated(field, x, y)
    for part in (slice(0, 2000), slice(3000, 4900)):
        left = int(max(x[part].min() - 2, 0))
        near = interpolated(field[:, left : left + 20_000], x[part] - left, y[part])
        np.testing.assert_allclose(found[part], near, atol=0.2)  # OpenCV tells places in 32 parts of a px
    assert interpolated(field, np.float32([32_999, 40_000]), np.float32([7, 9])).tolist() == [field[7, -1]] * 2


def test_noise_repeats_itself_and_has_the_wavelengths_it_should() -> None:
    for texture, length in zip(noise.bands(), noise.WAVELENGTHS, strict=True):
        assert texture.std() == pytest.approx(1, abs=1e-3)
        power = np.abs(np.fft.rfft(texture, axis=1)) ** 2
        seen = noise.SIDE / np.argmax(power.mean(0))
        assert 0.5 * length < seen < 2.5 * length  # a section through two-dimensional noise has longer waves as well


@pytest.mark.parametrize("radius", [60, 140])
def test_streaks_run_along_a_line_whichever_way_it_bends(radius: float) -> None:
    angle, beside = np.meshgrid(np.linspace(0, 2 * np.pi, 2000), np.linspace(-4, 4, 17))
    normal = np.stack([np.cos(angle), np.sin(angle)]).reshape(2, -1)
    made = noise.streaks(radius * normal, beside.ravel() * normal).reshape(beside.shape)
    along = np.abs(np.diff(made, axis=1)).mean() / (2 * np.pi * radius / 2000)
    across = np.abs(np.diff(made, axis=0)).mean() / 0.5
    assert across > 4 * along
    assert made.std() == pytest.approx(1, abs=0.25)
    assert np.abs(made[:, 0] - made[:, -1]).max() < 1e-3  # a ring has no seam


def test_a_flat_nib_ends_as_broad_as_its_line() -> None:
    nib = replace(EVEN, angle_width=(0.2, *(1.0,) * 15))
    ink = profile(paint(segment(60, 300, 60, 240), nib, 10, (60, 300)))
    assert ink[40:260].max() < 3.2


def test_thinning_leaves_one_pixel_and_keeps_ends_and_rings() -> None:
    page = np.zeros((60, 120), bool)
    page[20:25, 10:60] = True
    y, x = np.mgrid[:60, :120]
    page |= np.abs(np.hypot(x - 90, y - 30) - 20) < 3
    skeletonize = skeleton.skeletonize(page)
    assert (skeletonize[:, 20:50].sum(0) == 1).all()
    found = skeleton.skeleton(cv2.distanceTransform((~skeletonize).astype(np.uint8), cv2.DIST_L2, 5))
    ends = found.end == 0
    near = np.abs(found.column[ends][:, None] - (10, 59)) <= 4
    assert near.any(1).all()  # the ring has none
    assert near.any(0).all()


def test_the_way_from_an_end_is_measured_along_the_line() -> None:
    y, x = np.mgrid[:200, :200].astype(np.float32)
    angle = np.arctan2(y - 100, x - 100)
    arc = np.where(angle < 0, np.abs(np.hypot(x - 100, y - 100) - 60), 12)
    found = skeleton.skeleton(arc)
    turned = np.arctan2(found.row - 100, found.column - 100)
    way = 60 * np.minimum(np.abs(turned), np.pi - np.abs(turned))
    near = way < skeleton.WALK - 10
    assert np.abs(found.end - way)[near & (found.end >= 0)].max() < 3 + 0.1 * skeleton.WALK


@pytest.mark.parametrize("angle", [0, 20, 45, 75])
def test_a_line_is_drawn_out_beyond_its_ends(angle: float) -> None:
    y, x = np.mgrid[:200, :200].astype(np.float32)
    way = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    along, across = (x - 60) * way[0] + (y - 50) * way[1], (y - 50) * way[0] - (x - 60) * way[1]
    beyond = np.maximum(np.maximum(-along, along - 110), 0)
    found = skeleton.skeleton(np.minimum(np.hypot(across, beyond), 12).astype(np.float16))
    out = found.end < 0
    assert out.sum() >= 1.2 * skeleton.BEYOND
    np.testing.assert_allclose(found.end[out], -beyond[found.row, found.column][out], atol=1.8)
    assert found.end[out].min() <= -8


def test_a_line_that_points_at_another_is_not_drawn_out_into_it() -> None:
    y, x = np.mgrid[:100, :160].astype(np.float32)
    level = np.hypot(y - 50, np.maximum(np.maximum(20 - x, x - 100), 0))
    upright = np.abs(x - 107)
    found = skeleton.skeleton(np.minimum(np.minimum(level, upright), 12).astype(np.float16))
    assert found.column[(found.end < 0) & (found.column > 60)].max() <= 105
    assert (found.end[found.column >= 106] > 0).all()


def test_ends_fade_as_the_style_says() -> None:
    fading = replace(EVEN, caps=tuple(float(np.clip((at + 1) / 2, 0, 1)) for at in CAPS))
    line = segment(80, 300, 80, 400)
    ink, plain = (profile(paint(line, style, 12, (80, 300))) for style in (fading, EVEN))
    for at, share in ((-3, 0.25), (0, 0.5), (3, 0.75), (12, 1), (100, 1)):
        assert ink[80 + at] / plain[80 + at] == pytest.approx(share, abs=0.1)


def test_blacks_are_pressed_in_full_and_lines_that_leave_them_are_not() -> None:
    comma = cv2.circle(np.zeros((80, 200), np.uint8), (40, 40), 16, 1, -1)
    comma[40, 40:190] = 1
    light = replace(drawn(comma), pressure=np.full((20, 50), 0.25, np.float32))
    pale = replace(
        PEN,
        cover=tuple(
            tuple(share * each for each in row)
            for share, row in zip(np.linspace(0, 1, PRESSURES), EVEN.cover, strict=True)
        ),
    )
    ink = paint(light, pale, 6, comma.shape)
    assert ink[25:56, 40].min() > 250
    assert ink[40, 120:180].max() < 80
    assert paint(light, pale, 6, comma.shape, pressure=0.5)[40, 40] < 140


def test_blacks_tell_nothing_of_how_hard_lines_were_pressed() -> None:
    dark, line = np.zeros((40, 60), np.float32), np.zeros((40, 60), np.float32)
    dark[10], line[10] = 0.6, 0.25
    alone = pen_pressure.pressure(dark, line)
    dark[14:30, 20:40] = line[14:30, 20:40] = 1
    np.testing.assert_allclose(pen_pressure.pressure(dark, line)[10], alone[10], atol=1e-3)


def test_pressure_follows_the_graphite_per_length_of_line() -> None:
    line, dark = np.zeros((100, 200), np.float32), np.zeros((100, 200), np.float32)
    line[[20, 50, 80]] = 0.25
    dark[20], dark[50], dark[80] = 0.2, 0.4, 0.5
    pressure = pen_pressure.pressure(dark, line)
    assert pressure[50, 100] == pytest.approx(pen_pressure.USUAL, abs=0.02)
    assert pressure[20, 100] == pytest.approx(pen_pressure.USUAL / 2, abs=0.03)
    assert pressure[80, 100] == pytest.approx(pen_pressure.USUAL * 1.25, abs=0.03)


def test_a_blank_page_stays_blank() -> None:
    blank = Lines(np.full((50, 70), 12, np.float16), pen_pressure.pressure(*np.zeros((2, 13, 18), np.float32)), 12.0)
    assert not paint(blank, replace(CHALK, taper=3.0), 16, (50, 70)).any()


def test_a_style_survives_its_file(tmp_path: Path) -> None:
    save(tmp_path / "own.json", CHALK)
    assert load(tmp_path / "own.json") == CHALK


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": FORMAT + 1}, "another version"),
        ({"width": [1.0]}, "damaged"),
        ({"grain": "much"}, "damaged"),
        ({"colour": 1}, "damaged"),
        (None, "no brush of lineart"),
    ],
)
def test_a_style_that_is_none_says_what_to_do(tmp_path: Path, change: dict[str, object] | None, said: str) -> None:
    path = tmp_path / "own.json"
    save(path, EVEN)
    text = json.dumps({**json.loads(path.read_text()), **change}) if change is not None else "{"
    path.write_text(text)
    with pytest.raises(BrushError, match=said) as caught:
        load(path)
    assert "finetune-style" in str(caught.value)
    with pytest.raises(ArgumentError, match=f"--brush {path}: .*{said}"):
        store.find(str(path))


def test_every_shipped_brush_can_be_found_and_is_another() -> None:
    styles = [store.find(name)[1] for name in store.names()]
    assert len(styles) >= 10
    assert len({replace(each, about="") for each in styles}) == len(styles)
    assert [each.plain for each in styles].count(True) == 1
    assert store.find("technical_pen")[1].plain


def test_an_unknown_brush_lists_what_there_is_nearest_first() -> None:
    with pytest.raises(ArgumentError, match=r"--brush charcole: unknown; choose from charcoal, .*technical_pen"):
        store.find("charcole")


def test_a_folder_is_no_brush(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=f"--brush {tmp_path}: is a folder; give a picture"):
        store.find(str(tmp_path))


def test_the_user_s_own_brush_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "folder", lambda: tmp_path)
    save(tmp_path / "mine.json", replace(CHALK, about="mine"))
    name, style, _ = store.find("mine")
    assert (name, style) == ("mine", replace(CHALK, about="mine"))


def test_styles_say_how_far_they_reach() -> None:
    assert Style("", EVEN.width, EVEN.cover).reach == pytest.approx(1, abs=0.06)


def test_a_brush_of_format_3_is_read_and_counts_as_the_same(tmp_path: Path) -> None:
    style = replace(EVEN, about="a nib", edge_jitter=0.1, angle_width=(0.5, *(1.0,) * 15), caps=(0.5, *(1.0,) * 8))
    save(tmp_path / "new.json", style)
    entries = json.loads((tmp_path / "new.json").read_text())
    names = {"edge_jitter": "stray", "angle_width": "turn", "caps": "ends"}
    old = {names.get(name, name): value for name, value in entries.items()} | {"format": 3}
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert load(tmp_path / "old.json") == load(tmp_path / "new.json") == style


def test_what_manifests_say_of_a_shipped_brush_is_as_it_was_before_its_file_was_renamed() -> None:
    """Ink of an older lineart is not made again."""
    _, style, _ = store.find("charcoal")
    assert Tool(style, name="charcoal").settings()["brush"] == "charcoal 45f450795cb9"


def test_a_file_nested_too_deeply_is_no_brush(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(BrushError, match="is no brush of lineart"):
        load(tmp_path / "deep.json")


@pytest.mark.parametrize("width", [24, 40, 60, 80, 120])
def test_brushes_are_listed_with_whole_names_however_narrow_the_terminal_is(width: int) -> None:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        gallery.show(console, None)
    text = captured.get()
    listed, _, _ = text.partition("Your own brushes")
    assert all(name in listed for name in store.shipped())
    assert "…" not in text
    assert max(map(len, listed.splitlines())) <= width
