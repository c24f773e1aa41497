"""How large a drawing is, with networks whose guess is a known function of what they are given."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lineart_cli.imaging.tone import darkness
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL
from lineart_cli.scale import network, reader, working_scale
from lineart_cli.scale.network import CELL, ENLARGED, LEAST_SIDE, PASS_PX, excess

if TYPE_CHECKING:
    from lineart_cli.scale.reader import Floats, Read

SQUARE = 96  # a page of 3 x 3 cells

Write = Callable[..., Path]


def save(path: Path, nodes: list[Any], weights: dict[str, Any]) -> Path:
    """A network with the input and the output of a real one."""
    graph = helper.make_graph(
        nodes,
        "octaves",
        [helper.make_tensor_value_info("sketch", TensorProto.FLOAT, [1, 1, "height", "width"])],
        [helper.make_tensor_value_info("octaves", TensorProto.FLOAT, [1, 2, "rows", "columns"])],
        [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


@pytest.fixture
def straight(tmp_path: Path) -> Write:
    """Writes a network whose guess and doubt are straight lines over the mean darkness of a cell: (at 0, slope)."""

    def write(guess: tuple[float, float], doubt: tuple[float, float] = (0.0, 0.0)) -> Path:
        nodes = [
            helper.make_node("AveragePool", ["sketch"], ["mean"], kernel_shape=[CELL] * 2, strides=[CELL] * 2),
            helper.make_node("Conv", ["mean", "slopes", "starts"], ["octaves"], kernel_shape=[1, 1]),
        ]
        slopes = np.reshape([guess[1], doubt[1]], (2, 1, 1, 1))
        return save(tmp_path / "straight.onnx", nodes, {"slopes": slopes, "starts": [guess[0], doubt[0]]})

    return write


RIGHT = 40.0
"""Period in px of the stripes that are as large as `ruler` wants them."""
SIGHT = 1.25
"""Octaves that it sees at most."""


@pytest.fixture
def ruler(tmp_path: Path) -> Path:
    """A network that measures stripes, a sixth of them dark: their period is 12 times the mean over the mean step."""
    nodes = [
        helper.make_node("Conv", ["sketch", "step"], ["steps"], kernel_shape=[3, 1], pads=[1, 0, 1, 0]),
        helper.make_node("Abs", ["steps"], ["sizes"]),
        helper.make_node("GlobalAveragePool", ["sizes"], ["size"]),
        helper.make_node("GlobalAveragePool", ["sketch"], ["dark"]),
        helper.make_node("Div", ["dark", "size"], ["ratio"]),
        helper.make_node("Mul", ["ratio", "per_right"], ["times"]),
        helper.make_node("Log", ["times"], ["nepers"]),
        helper.make_node("Mul", ["nepers", "per_octave"], ["far"]),
        helper.make_node("Clip", ["far", "least", "most"], ["guess"]),
        helper.make_node("AveragePool", ["sketch"], ["mean"], kernel_shape=[CELL] * 2, strides=[CELL] * 2),
        helper.make_node("Mul", ["mean", "nothing"], ["doubt"]),
        helper.make_node("Add", ["doubt", "guess"], ["guesses"]),
        helper.make_node("Concat", ["guesses", "doubt"], ["octaves"], axis=1),
    ]
    weights = {"step": np.reshape([0, 1, -1], (1, 1, 3, 1)), "per_right": np.full((1, 1, 1, 1), 12 / RIGHT)}
    weights |= {"per_octave": np.full((1, 1, 1, 1), 1 / math.log(2)), "nothing": np.zeros((1, 1, 1, 1))}
    return save(tmp_path / "ruler.onnx", nodes, {**weights, "least": -SIGHT, "most": SIGHT})


def stripes(period: float, shape: tuple[int, int] = (850, 700)) -> np.ndarray:
    """Lines across a page, a sixth of it, with soft edges."""
    fine = 8
    rows = np.arange(fine * shape[0]) / fine
    grey = np.float32((rows % period) / period > 1 / 6).reshape(-1, fine).mean(1)
    return np.ascontiguousarray(np.broadcast_to(grey[:, None], shape), np.float32)


def cells(lines: list[int]) -> np.ndarray:
    """A page of 3 x 3 cells, each with a line so many px thick in the middle."""
    page = np.ones((SQUARE, SQUARE), np.float32)
    for number, thick in enumerate(lines):
        top, left = CELL * (number // 3) + (CELL - thick) // 2, CELL * (number % 3)
        page[top : top + thick, left : left + CELL] = 0.1
    return page


def means(page: np.ndarray) -> np.ndarray:
    return np.asarray(darkness(page).reshape(3, CELL, 3, CELL).mean((1, 3)).ravel())


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Of what networks are given from now on."""
    found: list[tuple[int, ...]] = []

    def opened(path: Path) -> Read:
        read = reader.opened(path)

        def watched(sketch: Floats) -> Floats:
            assert sketch.dtype == np.float32
            found.append(sketch.shape)
            return read(sketch)

        return watched

    monkeypatch.setattr(network, "opened", opened)
    return found


@pytest.fixture
def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small page is looked at as it is, while guesses are not below 0."""
    monkeypatch.setattr(network, "ENLARGED", 1.0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (5, 3), (200, 200), (1500, 1100)])
@pytest.mark.parametrize("level", [1.0, 0.7])
def test_of_a_blank_page_nothing_is_known(straight: Write, shape: tuple[int, int], level: float) -> None:
    assert excess(np.full(shape, level, np.float32), straight((1.0, 0.0))) is None


@pytest.mark.usefixtures("as_it_is")
def test_cells_without_a_drawing_do_not_count_and_few_cells_are_not_enough(straight: Write) -> None:
    network = straight((9.0, -40.0))  # the darker, the less: bare paper would say 9
    page = cells([4, 4, 4, 0, 0, 0, 0, 0, 0])
    wanted = 9 - 40 * means(page)[0]
    assert 0 < wanted < 6
    assert excess(page, network) == pytest.approx(wanted, abs=1e-3)
    assert excess(cells([4, 4, 0, 0, 0, 0, 0, 0, 0]), network) is None


@pytest.mark.usefixtures("as_it_is")
def test_the_guess_is_the_median_of_the_cells(straight: Write) -> None:
    page = cells([2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert excess(page, straight((0.0, 3.0))) == pytest.approx(3 * float(np.median(means(page))), abs=1e-4)


@pytest.mark.usefixtures("as_it_is")
def test_doubtful_cells_weigh_less(straight: Write) -> None:
    page = cells([3, 3, 3, 3, 3, 3, 8, 8, 8])
    thin, thick = (float(means(page)[number]) for number in (0, 8))
    assert excess(page, straight((0.0, 3.0), (1.0, 0.0))) == pytest.approx(3 * thin, abs=1e-3)
    slope = math.log(2) / (thick - thin)
    assert excess(page, straight((0.0, 3.0), (0.0, -1.1 * slope))) == pytest.approx(3 * thick, abs=1e-3)
    assert excess(page, straight((0.0, 3.0), (0.0, -0.9 * slope))) == pytest.approx(3 * thin, abs=1e-3)


@pytest.mark.parametrize("apart", [-2.0, -1.0, 0.0, 1.0, 2.0])
def test_a_second_pass_sees_what_is_too_far_off_at_the_first(ruler: Path, apart: float) -> None:
    found = excess(stripes(RIGHT * 2**apart), ruler)
    assert found == pytest.approx(apart, abs=0.15)  # lines of 2 px that were enlarged are a little too soft


@pytest.mark.usefixtures("as_it_is")
def test_what_is_out_of_sight_at_both_looks_seems_as_far_off_as_they_see(ruler: Path) -> None:
    assert excess(stripes(RIGHT * 2**3.2), ruler) == pytest.approx(2 * SIGHT, abs=1e-5)


@pytest.mark.parametrize("times", [0.5, 1.0, 3.0])
def test_the_same_drawing_with_more_pixels_is_so_much_larger(ruler: Path, times: float) -> None:
    shape = round(600 * times), round(500 * times)
    assert excess(stripes(RIGHT * times, shape), ruler) == pytest.approx(math.log2(times), abs=0.1)


@pytest.mark.parametrize("times", [2, 4])
def test_the_same_drawing_with_more_pixels_is_the_same_picture(
    straight: Write, shapes: list[tuple[int, ...]], times: int
) -> None:
    """Also where all of it is small: the network reads a picture that is too small another way."""
    page = np.ones((480, 640), np.float32)
    page[::40] = page[:, ::40] = 0
    for drawing in (page, page.repeat(times, 0).repeat(times, 1)):
        excess(drawing, straight((-0.5, 0.0)))
    assert shapes[:2] == shapes[2:]


def test_margins_leave_a_drawing_as_large_as_it_is(ruler: Path) -> None:
    page = stripes(RIGHT / 4, (1000, 800))
    wanted = excess(page, ruler)
    assert excess(np.pad(page, 1500, constant_values=1), ruler) == pytest.approx(wanted, abs=0.3)


@pytest.mark.parametrize("guess", [-8.0, -1.0, 0.0, 1.5, 12.0])
@pytest.mark.parametrize("shape", [(90, 70), (700, 500), (1500, 1400), (40, 3000), (9000, 200), (20, 40_000)])
def test_pictures_are_neither_too_large_nor_too_small(
    straight: Write, shapes: list[tuple[int, ...]], shape: tuple[int, int], guess: float
) -> None:
    page = np.ones(shape, np.float32)
    page[::9] = page[:, ::9] = 0
    assert excess(page, straight((guess, 0.0))) is not None
    assert len(shapes) == len(PASS_PX)
    wanted = ENLARGED
    for (*_, height, width), most in zip(shapes, PASS_PX, strict=True):
        assert height % CELL == width % CELL == 0
        assert height * width <= most + CELL * (height + width)
        finest = max(math.sqrt(math.prod(shape) / most), max(shape) * CELL / most)
        times = min(max(wanted, finest), max(max(shape) / LEAST_SIDE, 1.0))
        for seen, side in ((height, shape[0]), (width, shape[1])):
            assert -1 < seen - side / times <= CELL
        wanted = times * 2.0**guess


def test_what_the_first_pass_found_stands_where_the_second_has_too_few_cells(
    straight: Write, shapes: list[tuple[int, ...]]
) -> None:
    page = np.ones((30, 400), np.float32)
    for drawn in (page[:, :60], page[:, -60:]):
        drawn[::9] = drawn[:, ::9] = 0
    assert excess(page, straight((5.0, 0.0))) == 4.0
    assert [shape[2:] for shape in shapes] == [(64, 800), (32, 96)]


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [((1, 1), None), ((1, 300), None), ((300, 1), None), ((5, 3), None), ((33, 31), 0.0), ((70, 40), 1.0)],
)
def test_tiny_pages_are_read_without_trouble(straight: Write, shape: tuple[int, int], wanted: float | None) -> None:
    page = np.ones(shape, np.float32)
    page[::3, ::3] = 0
    assert excess(page, straight((1.0, 0.0))) == wanted


def test_the_guess_is_the_same_each_time_and_leaves_the_page_as_it_is(ruler: Path) -> None:
    page = stripes(23.0)
    page *= np.random.default_rng(0).uniform(0.9, 1, page.shape).astype(np.float32)
    before = page.copy()
    assert len({excess(page, ruler) for _ in range(3)}) == 1
    np.testing.assert_array_equal(page, before)


def test_a_network_in_a_folder_with_any_name_is_read(straight: Write, tmp_path: Path) -> None:
    folder = tmp_path / "Entwürfe 線画"
    folder.mkdir()
    network = straight((1.0, 0.0)).rename(folder / "scale.onnx")
    assert excess(cells([4] * 9), network) == 1.0


def test_a_scale_is_what_the_network_reads_times_what_the_page_was_shrunk_by(ruler: Path, straight: Write) -> None:
    found = working_scale.measure(stripes(2 * RIGHT), 1.5, ruler)
    assert found.ideal == pytest.approx(1.5 * 2 ** (1 + working_scale.FARTHER), rel=0.07)
    assert found.why == f"its drawing is best seen at {found.ideal:.2g} px for one of the network's"
    blank = working_scale.measure(np.ones((300, 200), np.float32), 1.5, straight((1.0, 0.0)))
    assert blank == working_scale.Estimate(None, "too little is drawn to tell")


def test_opencv_reads_the_same_where_there_is_no_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    card, page = catalogue.find(MODEL), stripes(23.0)
    assert card.scale_network
    by_openvino = excess(page, card.scale_network)

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(reader, "load", missing)
    reader.forget()
    by_opencv = excess(page, card.scale_network)
    reader.forget()
    assert by_openvino == pytest.approx(by_opencv, abs=2e-6)


def test_another_process_finds_the_network_as_it_was_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino

    card, page = catalogue.find(MODEL), stripes(23.0)
    assert card.scale_network
    reader.keep_compiled(tmp_path)
    reader.forget()
    compiled = excess(page, card.scale_network)
    reader.forget()
    monkeypatch.setattr(openvino.Core, "read_model", None)  # without it there is nothing to compile
    found = excess(page, card.scale_network)
    reader.keep_compiled(None)
    reader.forget()
    assert compiled == found


def test_a_network_is_made_ready_once_and_again_when_its_file_is_another(
    straight: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load = reader.load
    monkeypatch.setattr(reader, "load", lambda name: loaded.append(name) or load(name))
    path, page = straight((1.0, 0.0)), cells([4] * 9)
    assert (excess(page, path), excess(page, path)) == (1.0, 1.0)
    assert len(loaded) == 1
    straight((0.0, 0.0))
    assert excess(page, path) == -1.0


def test_pages_are_read_beside_each_other(ruler: Path) -> None:
    pages = [stripes(period) for period in (20.0, 30.0, 40.0, 60.0)]
    alone = [excess(page, ruler) for page in pages]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda page: excess(page, ruler), pages * 3)) == alone * 3


@pytest.mark.parametrize(("read", "wanted"), [(0.5, 0.5), (2.0, None), (9.0, 4.5)])
def test_strokes_stay_wide_enough_for_the_network(
    monkeypatch: pytest.MonkeyPatch, read: float, wanted: float | None
) -> None:
    page = stripes(24.0)  # lines of 4 px
    monkeypatch.setattr(working_scale, "excess", lambda *_: math.log2(read) - working_scale.FARTHER)
    width = working_scale.strokes.typical_width(page)
    assert width is not None
    wanted = wanted or width / working_scale.LEAST_STROKE
    assert working_scale.measure(page, 1.5, Path("scale.onnx")).ideal == pytest.approx(1.5 * wanted)
