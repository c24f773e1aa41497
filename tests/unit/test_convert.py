from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lineart_cli.brushes.style import EVEN, Style, Tool
from lineart_cli.errors import ArgumentError, EngineError
from lineart_cli.inference.engines import Engine, EngineChoice, OutOfMemoryError, open_engine
from lineart_cli.inking import cutting
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import Inker, open_inker
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.options import Length
from lineart_cli.plan import PageSize, Request, plan

THICK = 3.0

MakeInker = Callable[..., ArrayInker]


class Pen:
    """An engine that inks, `thickness` px wide and crisp, what is darker than 0.4; keeps what it was given."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.thicknesses: list[float] = []
        self.darkest = 0.0

    def rest(self) -> bool:
        return False

    def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
        assert sketch.shape == (1, 2, *self.shape)
        assert sketch.dtype == np.float16
        self.thicknesses.append(thickness)
        self.darkest = max(self.darkest, float(sketch.max()))
        return np.where(sketch[:, :1] > 0.4, np.float32(16), np.float32(-16))


class Workshop:
    """Makes pens, never two at once, and keeps count of them."""

    def __init__(self) -> None:
        self.pens: list[weakref.ref[Pen]] = []

    def __call__(self, shape: tuple[int, int]) -> Pen:
        assert all(pen() is None for pen in self.pens), "the engine of the last shape is still held"
        pen = Pen(shape)
        self.pens.append(weakref.ref(pen))
        return pen


@pytest.fixture
def make_inker(card: ModelCard, decide: Callable[..., Any]) -> MakeInker:
    """An inker from what makes an engine for a shape, and the user's wish for tiles."""

    def make(engine: Callable[[tuple[int, int]], Engine], tile: int | None = None, bits: int = 8) -> Inker:
        return ArrayInker(Inker(card, lambda choice, window: engine(window), bits), decide(tile=tile))

    return make


class Seer:
    """An engine that inks what is darker than 0.05, as thick as it is told, and keeps all that it is given."""

    seen: list[tuple[np.ndarray, float]]

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape

    def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
        assert sketch.shape == (1, 2, *self.shape)
        Seer.seen.append((sketch[0].astype(np.float32), thickness))
        return np.where(sketch[:, :1] > 0.05, np.float32(thickness / 2), np.float32(-16))


@pytest.fixture
def in_passes(twice: ModelCard) -> Callable[..., ArrayInker]:
    """An inker whose model was trained to look twice, with wishes."""
    machine = Hardware("Some CPU", ("avx2",), 2, 2, 64 * 10**9, 32 * 10**9)
    Seer.seen = []

    def make(engine: Callable[[tuple[int, int]], Engine] = Seer, **wishes: Any) -> Inker:
        wished = Request(**{"max_memory": 10**9, **wishes})
        inker = Inker(twice, lambda choice, window: engine(window))
        return ArrayInker(inker, lambda page: plan(page, twice, machine, wished))

    return make


def tool(thickness: float) -> Tool:
    return Tool(thickness=Length(thickness))


def scan(height: int = 300, width: int = 260) -> np.ndarray:
    page = np.full((height, width), 0.95, np.float32)
    page[height // 3 : height // 3 + 12, 20:-20] = 0.4
    return page


@pytest.mark.parametrize("tile", [None, 64, 4096])
def test_ink_lies_where_the_pencil_was(make_inker: MakeInker, tile: int | None) -> None:
    ink = make_inker(Pen, tile).ink(scan(), 300, tool(THICK))
    assert ink.dtype == np.uint8
    np.testing.assert_array_equal(ink, np.where(scan() < 0.5, 255, 0))


def test_tiles_do_not_show_in_curves(card: ModelCard, decide: Callable[..., Any]) -> None:
    class Distances(Pen):
        """An engine that tells how much lighter than the pencil a pixel is, so that every pixel shows."""

        def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
            return thickness / 2 - 12 * np.clip(1 - 2 * sketch[:, :1].astype(np.float32), 0, 1)

    page = np.random.default_rng(3).uniform(0.2, 1, (300, 260)).astype(np.float32)
    size, found = PageSize(300, 260, 300), []
    for tile in (64, 128, 4096):
        inker = Inker(card, lambda choice, window: Distances(window))
        found.append(inker.drawing(page, size, decide(tile=tile)(size), tool(THICK), 0.35, "both", 0.5))
    for other in found[1:]:
        assert other.segments == found[0].segments > 0
        for one, two in zip(found[0].layers, other.layers, strict=True):
            for a, b in zip(one.shapes, two.shapes, strict=True):
                np.testing.assert_array_equal(np.concatenate(a.parts), np.concatenate(b.parts))


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.5, 2, 4])
def test_a_page_at_another_scale_is_inked_at_its_own_size(make_inker: MakeInker, scale: float) -> None:
    page = scan(round(300 * scale), round(260 * scale))
    thicknesses = []

    def pen(shape: tuple[int, int]) -> Pen:
        made = Pen(shape)
        thicknesses.append(made.thicknesses)
        return made

    ink = make_inker(pen).ink(page, 300, tool(THICK * scale), scale=scale)
    assert ink.shape == page.shape
    assert thicknesses == [[pytest.approx(THICK)]]
    inside, outside = ink[page < 0.5], ink[page > 0.5]
    assert np.mean(inside > 127) > 0.85
    assert np.mean(outside > 127) < 0.02


def test_the_dpi_says_nothing_of_the_ink_but_millimetres(make_inker: MakeInker) -> None:
    inks = [make_inker(Pen).ink(scan(), dpi, tool(THICK)) for dpi in (72, 300, 1200)]
    inks.append(make_inker(Pen).ink(scan(), 254, Tool(thickness=Length(0.3, "mm"))))
    for ink in inks[1:]:
        np.testing.assert_array_equal(ink, inks[0])


@pytest.mark.parametrize(("scale", "edge"), [(1, 1.0), (2, 0.5), (0.5, 2.0)])
def test_coverage_is_half_at_the_edge_and_one_page_pixel_wide(scale: float, edge: float) -> None:
    level = np.array([-9, -edge, -edge / 2, 0, edge / 4, edge / 2, edge, 9], np.float32)
    np.testing.assert_array_equal(cutting.coverage(level, scale), [0, 0, 0, 128, 191, 255, 255, 255])


def test_coverage_of_16_bits_comes_from_the_level_itself() -> None:
    level = np.linspace(-0.6, 0.6, 10_001, dtype=np.float32)
    deep = cutting.coverage(level, bits=16)
    assert deep.dtype == np.uint16
    np.testing.assert_allclose(deep, np.clip(level + 0.5, 0, 1) * 65535, atol=0.51)
    assert len(np.unique(deep)) > 8000
    np.testing.assert_allclose(cutting.coverage(level), deep / 257, atol=0.51)


class Ramp(Pen):
    """The edge of the ink runs slantwise, and passes through every level."""

    def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
        y, x = np.mgrid[: sketch.shape[2], : sketch.shape[3]]
        return ((x + 0.37 * y) / 300 - 0.5).astype(np.float32)[None, None]


@pytest.mark.parametrize("scale", [1, 2])
def test_a_page_of_16_bits_has_more_levels_than_8_bits_can_name(make_inker: MakeInker, scale: float) -> None:
    shallow, deep = (make_inker(Ramp, bits=bits).ink(scan(), 300, tool(THICK * scale), scale=scale) for bits in (8, 16))
    assert (shallow.dtype, deep.dtype) == (np.uint8, np.uint16)
    np.testing.assert_allclose(shallow, deep / 257, atol=0.51)
    assert len(np.unique(deep)) > 2000


def test_enlarging_draws_a_slanted_edge_crisply() -> None:
    y, x = np.mgrid[:60, :80]
    level = ((x - 40) * 0.8 + (y - 30) * 0.6).astype(np.float16)
    ink = np.vstack(list(cutting.enlarge([level[:1], level[1:7], level[7:]], level.shape, (240, 320), 4)))
    y, x = np.mgrid[:240, :320]
    distance = ((x + 0.5) / 4 - 40.5) * 0.8 + ((y + 0.5) / 4 - 30.5) * 0.6
    exact = np.clip(distance * 4 + 0.5, 0, 1) * 255
    inner = np.s_[4:-4, 4:-4]  # beyond the outermost centres the level is held, not continued
    assert np.abs(ink[inner] - exact[inner]).max() < 20  # float16 is worth 1 % of a px here
    assert np.mean((ink > 0) & (ink < 255)) < 0.01


@pytest.mark.parametrize(("scale", "thickness"), [(1, 0), (1, 16.1), (2, 32.1), (0.5, 8.1), (1, float("nan"))])
def test_a_thickness_beyond_the_card_is_an_argument_error(
    make_inker: MakeInker, scale: float, thickness: float
) -> None:
    most = f"up to {16 * scale:g} px at {scale} px"
    with pytest.raises(ArgumentError, match=rf"--thickness {thickness:.3g}px: the model draws lines of {most}"):
        make_inker(Pen).ink(scan(), 300, tool(thickness), scale=scale)


def test_lines_thinner_than_a_px_that_the_network_sees_are_drawn(make_inker: MakeInker) -> None:
    ink = make_inker(Ramp).ink(scan(), 300, tool(1.0), scale=2)
    assert 0 < ink.mean() < 255


def test_faint_reaches_the_tone(make_inker: MakeInker) -> None:
    page = scan()
    page[200:204, 20:-20] = 0.78
    inker = make_inker(Pen)
    assert inker.ink(page.copy(), 300, tool(THICK), faint=0.9)[202, 100] == 0
    assert inker.ink(page.copy(), 300, tool(THICK), faint=0.1)[202, 100] == 255


def test_one_engine_per_shape_and_never_two_at_once(make_inker: MakeInker) -> None:
    workshop = Workshop()
    inker = make_inker(workshop, 128)
    for page in (scan(), scan(), scan(500, 260), scan()):
        inker.ink(page, 300, tool(THICK))
    assert len(workshop.pens) == 3  # the second page found the first one's engine


def test_every_tile_is_run_with_the_same_buffers_however_many_there_are(make_inker: MakeInker) -> None:
    shapes = []

    def pen(shape: tuple[int, int]) -> Pen:
        shapes.append(shape)
        return Pen(shape)

    for height in (256, 1024, 4096):
        make_inker(pen, 256).ink(scan(height, 256), 300, tool(THICK))
    assert shapes == [(384, 384)] * 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (3, 2)])
@pytest.mark.parametrize("scale", [0.25, 1, 2])
def test_tiny_pages_go_too(make_inker: MakeInker, shape: tuple[int, int], scale: float) -> None:
    ink = make_inker(Pen).ink(np.ones(shape, np.float32), 300, tool(THICK * scale), scale=scale)
    assert ink.shape == shape
    assert (ink == 0).all()


def test_an_engine_that_fails_fails_the_page(make_inker: MakeInker) -> None:
    class Broken(Pen):
        def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
            raise EngineError("no memory")

    with pytest.raises(EngineError, match="no memory"):
        make_inker(Broken).ink(scan(), 300, tool(THICK))


class Poor:
    """Makes pens for windows of at most `most` px, and keeps what was asked for; a pen fails in its run if `late`."""

    def __init__(self, most: int, late: bool = False) -> None:
        self.most = most
        self.late = late
        self.asked: list[tuple[int, int]] = []
        self.runs = 0

    def __call__(self, shape: tuple[int, int]) -> Pen:
        self.asked.append(shape)
        if not self.late:
            self.grant(shape)
        poor = self

        class PoorPen(Pen):
            def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
                poor.grant(self.shape)
                poor.runs += 1
                return super().run(sketch, thickness)

        return PoorPen(shape)

    def grant(self, shape: tuple[int, int]) -> None:
        if shape[0] * shape[1] > self.most:
            raise OutOfMemoryError("Failed to allocate")


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("scale", [1, 2])
def test_where_memory_does_not_suffice_tiles_are_halved(make_inker: MakeInker, late: bool, scale: float) -> None:
    page = scan(700, 560)
    workshop = Poor(100_000, late)
    inker = make_inker(workshop)
    wanted = make_inker(Pen).ink(page, 300, tool(THICK), scale=scale)
    np.testing.assert_array_equal(inker.ink(page, 300, tool(THICK), scale=scale), wanted)
    sizes = [height * width for height, width in workshop.asked]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > workshop.most >= sizes[-1]
    inker.ink(page, 300, tool(THICK), scale=scale)
    assert len(workshop.asked) == len(sizes)  # the second page begins with tiles that have proved small enough


def test_finished_tiles_are_not_run_again(make_inker: MakeInker) -> None:
    """Memory runs short after the third of six tiles."""
    page = scan(700, 560)
    workshop = Poor(10**9, late=True)

    def grant(shape: tuple[int, int]) -> None:
        if workshop.runs == 3 and shape == workshop.asked[0]:
            raise MemoryError

    workshop.grant = grant  # type: ignore[method-assign]
    ink = make_inker(workshop, 300).ink(page, 300, tool(THICK))
    np.testing.assert_array_equal(ink, make_inker(Pen).ink(page, 300, tool(THICK)))
    assert workshop.runs == 3 + 2 * 3


def test_tiles_are_not_halved_for_ever(make_inker: MakeInker) -> None:
    workshop = Poor(1000)
    with pytest.raises(OutOfMemoryError, match="even the smallest tiles do not get the memory"):
        make_inker(workshop).ink(scan(700, 560), 300, tool(THICK))
    assert len(workshop.asked) < 20


def test_open_inker_does_as_planned(card: ModelCard, decide: Callable[..., Any], make_inker: MakeInker) -> None:
    ink = ArrayInker(open_inker(card), decide(backend="onnxruntime", tile=128, threads=1)).ink(scan(), 300, tool(THICK))
    direct = make_inker(lambda shape: open_engine(card.network, EngineChoice("onnxruntime"), shape), 4096)
    np.testing.assert_array_equal(ink, direct.ink(scan(), 300, tool(THICK)))
    assert 0 < ink.mean() < 255


@pytest.mark.parametrize("style", [EVEN, replace(EVEN, taper=2.0)])
def test_the_second_pass_is_given_sketch_and_draft(in_passes: Callable[..., Inker], style: Style) -> None:
    page = scan()
    page[220:230, 20:-20] = 0.75
    in_passes(passes=2).ink(page, 300, Tool(style, Length(4.0)))
    (half, first), (whole, last) = Seer.seen
    assert (first, last) == (3.0, 4.0 if style.plain else 0.0)
    assert not half[1].any()
    margin = 64
    darkness = whole[0, margin : margin + 300, margin : margin + 260]
    np.testing.assert_array_equal(darkness > 0.05, page < 0.9)
    means = darkness.reshape(150, 2, 130, 2).mean((1, 3))
    np.testing.assert_allclose(half[0, margin : margin + 150, margin : margin + 130], means, atol=5e-4)
    draft = whole[1, margin : margin + 300, margin : margin + 260]
    np.testing.assert_array_equal(draft[101:111, 21:-21], 1)  # at the edge, the -16 outside outweigh the ink
    np.testing.assert_array_equal(draft[221:229, 21:-21], 1)
    draft[100:112, 20:-20] = draft[220:230, 20:-20] = 0
    assert not draft.any()


@pytest.mark.parametrize("style", [EVEN, replace(EVEN, taper=2.0)])
def test_the_third_pass_is_given_sketch_and_the_ink_of_the_second(
    in_passes: Callable[..., Inker], style: Style
) -> None:
    page = scan()
    page[220:230, 20:-20] = 0.75
    tool = Tool(style, Length(4.0))
    in_passes(passes=2).ink(page, 300, tool)
    _, (second, _) = Seer.seen
    Seer.seen.clear()
    in_passes(passes=3).ink(page, 300, tool)
    (half, first), (whole, middle), (again, last) = Seer.seen
    assert half.shape[1] < whole.shape[1]
    assert (first, middle, last) == (3.0, 6.0, 4.0 if style.plain else 0.0)  # drafts as thick as the model has them
    np.testing.assert_array_equal(whole, second)
    np.testing.assert_array_equal(again[0], whole[0])
    np.testing.assert_array_equal(again[1], whole[0] > 0.05)  # what the engine inks, and nothing around it
    assert (again[1] != whole[1]).any()


def test_one_pass_has_an_empty_draft(in_passes: Callable[..., Inker]) -> None:
    in_passes(passes=1).ink(scan(), 300, tool(4.0))
    ((sketch, thickness),) = Seer.seen
    assert thickness == 4.0
    assert sketch[0].any()
    assert not sketch[1].any()


class Mender(Seer):
    """An engine of which every pixel of sketch and draft shows, and that sees nothing beside it."""

    def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
        return (sketch[:, :1].astype(np.float32) + 0.5 * sketch[:, 1:] - 0.7) * thickness / 2


@pytest.mark.parametrize("size", [(300, 260), (301, 261), (1, 1), (2, 75), (129, 130)])
@pytest.mark.parametrize("dpi", [300, 600])
@pytest.mark.parametrize("passes", [2, 3])
def test_tiles_do_not_show_at_any_look(
    in_passes: Callable[..., Inker], size: tuple[int, int], dpi: int, passes: int
) -> None:
    page = np.random.default_rng(3).random(size, np.float32)
    whole = in_passes(Mender, passes=passes).ink(page, dpi, tool(dpi / 100))
    assert whole.shape == size
    for tile in (16, 64, 112):
        in_tiles = in_passes(Mender, passes=passes, tile=tile).ink(page, dpi, tool(dpi / 100))
        np.testing.assert_array_equal(in_tiles, whole)


def test_every_pass_changes_the_ink(in_passes: Callable[..., Inker]) -> None:
    page = np.random.default_rng(3).random((300, 260), np.float32)
    one, two, three = (in_passes(Mender, passes=passes).ink(page, 300, tool(3.0)) for passes in (1, 2, 3))
    assert (one != two).any()
    assert (two != three).any()


def test_where_memory_is_short_at_the_first_pass_its_tiles_are_halved(in_passes: Callable[..., Inker]) -> None:
    page = scan(1400, 1120)
    workshop = Poor(100_000)
    np.testing.assert_array_equal(
        in_passes(workshop).ink(page, 300, tool(THICK)), in_passes(Pen).ink(page, 300, tool(THICK))
    )
    assert workshop.asked[0][0] * workshop.asked[0][1] > workshop.most
