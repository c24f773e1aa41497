from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from lineart_cli.errors import ArgumentError
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.inference.tiles import Tile, best_tiles, same_windows
from lineart_cli.machine.hardware import Device, Hardware, Ulimit
from lineart_cli.model.card import Draft, Footprint, ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.plan import Measured, PageSize, Request, plan
from lineart_cli.plan.fitting import MOST_MODEST
from lineart_cli.plan.memory import OVERVIEW, READ, RESTING, SKETCH
from lineart_cli.plan.tiling import PREPARING, draft_tiles
from lineart_cli.scale.network import PASS_PX

MB, GB = 10**6, 10**9

LAPTOP = Hardware("Laptop", ("avx2",), 2, 2, 4 * GB, 600 * MB)
SERVER = Hardware("Server", ("amx", "avx2", "avx512", "bf16", "vnni"), 64, 64, 256 * GB, 200 * GB)
CGROUP = Hardware("Server", SERVER.instructions, 64, 1.5, GB, 900 * MB)
ARM = Hardware("Board", None, 4, 4, 8 * GB, 4 * GB, ("onnxruntime",))
BARE = replace(LAPTOP, runtimes=())
GPU = replace(
    SERVER,
    devices=(
        Device("openvino", "CPU", "Server"),
        Device("openvino", "GPU.1", "Arc", ("FP32", "BF16")),
        Device("openvino", "GPU.0", "Iris", ("FP32", "FP16"), GB),
        Device("onnxruntime", "CPU", "CPUExecutionProvider"),
        Device("onnxruntime", "CUDA", "CUDAExecutionProvider"),
    ),
)

A4 = PageSize(3508, 2480, 300)
A4_600 = PageSize(7016, 4960, 600, scale=2.0)
A6 = PageSize(1754, 1240, 300)
SMALL = PageSize(600, 600, 300)


@pytest.fixture
def standard(card: ModelCard) -> ModelCard:
    """A card with the figures of a real network."""
    memory = {
        "openvino_f32": Footprint(124_800_000, 35.9),
        "openvino_bf16": Footprint(122_000_000, 31.8),
        "onnxruntime_f32": Footprint(66_900_000, 67.3),
    }
    return replace(card, halo_px=384, multiple_of=32, kmac_per_px=14.4, memory=memory)


@pytest.fixture
def measuring(standard: ModelCard) -> ModelCard:
    """The same of a network of two passes."""
    return replace(standard, draft=Draft(3.0, 0.5))


@pytest.fixture
def shipped(measuring: ModelCard) -> ModelCard:
    """The same with the memory of the standard model 0.5.0, by which `tests/benchmarks/memory.py` was run."""
    memory = {
        "openvino_f32": Footprint(125_437_476, 37.8),
        "openvino_bf16": Footprint(122_531_316, 33.8),
        "onnxruntime_f32": Footprint(68_990_881, 72.2),
        "openvino_int8": Footprint(124_601_177, 37.8),
        "onnxruntime_int8": Footprint(66_900_397, 57.8),
    }
    return replace(measuring, memory=memory, int8=QUANTISED)


@pytest.mark.parametrize(
    ("machine", "wishes", "choice"),
    [
        (LAPTOP, Request(), EngineChoice("openvino", "CPU", "f32", 2)),
        (SERVER, Request(), EngineChoice("openvino", "CPU", "f32", 64)),
        (SERVER, Request(precision="bf16", threads=8), EngineChoice("openvino", "CPU", "bf16", 8)),
        (SERVER, Request(backend="onnxruntime"), EngineChoice("onnxruntime", "CPU", "f32", 64)),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("onnxruntime"), 5.0)),
            EngineChoice("onnxruntime", "CPU", "f32", 64),
        ),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("onnxruntime"), 5.0), precision="bf16"),
            EngineChoice("openvino", "CPU", "bf16", 64),
        ),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("onnxruntime"), 5.0), backend="openvino"),
            EngineChoice("openvino", "CPU", "f32", 64),
        ),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("openvino", "CPU", "f32", 32), 5.0)),
            EngineChoice("openvino", "CPU", "f32", 32),
        ),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("openvino", "CPU", "f32", 32), 5.0), threads=8),
            EngineChoice("openvino", "CPU", "f32", 8),
        ),
        (
            GPU,
            Request(measured=Measured(EngineChoice("onnxruntime", "CUDA", "f32", 64), 90.0)),
            EngineChoice("onnxruntime", "CUDA", "f32", 64),
        ),
        (
            GPU,
            Request(measured=Measured(EngineChoice("onnxruntime", "CUDA", "f32", 64), 90.0), device="cpu"),
            EngineChoice("onnxruntime", "CPU", "f32", 64),
        ),
        (  # the driver is gone
            SERVER,
            Request(measured=Measured(EngineChoice("onnxruntime", "CUDA", "f32", 64), 90.0)),
            EngineChoice("onnxruntime", "CPU", "f32", 64),
        ),
        (CGROUP, Request(), EngineChoice("openvino", "CPU", "f32", 1)),
        (replace(CGROUP, share=0.5), Request(), EngineChoice("openvino", "CPU", "f32", 1)),
        (ARM, Request(), EngineChoice("onnxruntime", "CPU", "f32", 4)),
        (ARM, Request(measured=Measured(EngineChoice("openvino"), 5.0)), EngineChoice("onnxruntime", "CPU", "f32", 4)),
        (replace(ARM, runtimes=("openvino",)), Request(precision="bf16"), EngineChoice("openvino", "CPU", "bf16", 4)),
        (GPU, Request(), EngineChoice("openvino", "CPU", "f32", 64)),
        (GPU, Request(device="gpu"), EngineChoice("openvino", "GPU.0", "f32", 64)),
        (GPU, Request(device="GPU.1", precision="bf16"), EngineChoice("openvino", "GPU.1", "bf16", 64)),
        (GPU, Request(device="cuda"), EngineChoice("onnxruntime", "CUDA", "f32", 64)),
    ],
)
def test_what_is_chosen(standard: ModelCard, machine: Hardware, wishes: Request, choice: EngineChoice) -> None:
    planned = plan(SMALL, standard, machine, wishes)
    assert planned.choice == choice
    for name in ("backend", "device", "precision", "threads"):
        assert any(line.startswith(f"{name} {getattr(choice, name)}: ") for line in planned.reasons)


@pytest.mark.parametrize(
    ("machine", "wishes", "says"),
    [
        (BARE, Request(), "--backend auto: no runtime is installed; run pip install openvino"),
        (ARM, Request(backend="openvino"), "--backend openvino: is not installed; run pip install openvino"),
        (LAPTOP, Request(precision="bf16"), "--precision bf16: Laptop does not compute it natively"),
        (SERVER, Request(precision="bf16", backend="onnxruntime"), "use f32, or --backend openvino"),
        (GPU, Request(precision="bf16", device="GPU.0"), "--precision bf16: GPU.0 does not compute it natively"),
        (LAPTOP, Request(device="GPU"), "--device GPU: not found by openvino or onnxruntime; there is CPU"),
        (
            LAPTOP,
            Request(device="cuda"),
            "there is CPU; if the machine has one, run pip uninstall onnxruntime, and pip install 'lineart[cuda]'",
        ),
        (GPU, Request(device="NPU"), "there is CPU, GPU.1, GPU.0, CUDA"),
        (GPU, Request(device="GPU", backend="onnxruntime"), "not found by onnxruntime; there is CPU, CUDA"),
        (SERVER, Request(max_memory=10 * MB), "--max-memory 10MB: a page of 600 x 600 px needs 200MB"),
        (replace(LAPTOP, memory_free=200 * MB), Request(), "--max-memory 120MB, the default with 200MB free: "),
    ],
)
def test_what_is_refused(standard: ModelCard, machine: Hardware, wishes: Request, says: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(says)):
        plan(SMALL, standard, machine, wishes)


@pytest.mark.parametrize(
    ("machine", "page", "wishes", "most", "tiles"),
    [
        (LAPTOP, A4, Request(), 360 * MB, 4),
        (SERVER, A4, Request(), GB, 1),
        (CGROUP, A4, Request(), 540 * MB, 2),
        (CGROUP, A4_600, Request(), 540 * MB, 2),
        (LAPTOP, A4, Request(max_memory=700 * MB), 700 * MB, 1),
        (SERVER, A4_600, Request(max_memory=GB), GB, 1),
        (SERVER, A4, Request(max_memory=500 * MB), 500 * MB, 2),
        (SERVER, A4, Request(tile=1024), GB, 12),
        (SERVER, A4, Request(backend="onnxruntime", max_memory=800 * MB), 800 * MB, 1),
        (SERVER, SMALL, Request(max_memory=200 * MB), 200 * MB, 1),
    ],
)
def test_tiles_keep_within_the_memory(
    standard: ModelCard, machine: Hardware, page: PageSize, wishes: Request, most: int, tiles: int
) -> None:
    planned = plan(page, standard, machine, wishes)
    assert planned.memory <= most
    assert len(planned.tiles) == tiles
    assert any(line.startswith(f"tiles {tiles} x ") for line in planned.reasons)
    assert any(line.startswith("memory ") for line in planned.reasons)


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("page", [SMALL, A4, A4_600, PageSize(14032, 9921, 600, scale=2.0)])
def test_more_memory_never_computes_more(standard: ModelCard, page: PageSize, backend: str) -> None:
    computed = []
    for most in range(100 * MB, 3 * GB, 50 * MB):
        try:
            planned = plan(page, standard, SERVER, Request(backend=backend, max_memory=most))
        except ArgumentError:
            assert not computed
            continue
        assert planned.memory <= most
        computed.append(planned.computed_megapixels)
    assert computed == sorted(computed, reverse=True)
    assert computed[-1] < computed[0] or page is SMALL


@pytest.mark.parametrize("wishes", [Request(), Request(tile=1024), Request(backend="onnxruntime"), Request(jobs=4)])
@pytest.mark.parametrize("page", [SMALL, A4, A4_600])
def test_the_figure_in_a_refusal_is_enough(standard: ModelCard, page: PageSize, wishes: Request) -> None:
    with pytest.raises(ArgumentError) as caught:
        plan(page, standard, SERVER, replace(wishes, max_memory=100 * MB))
    figure = re.search(r"give --max-memory (\d[\d.]*[MG]B)", str(caught.value))
    assert figure
    enough = InkOptions.parse({"max_memory": figure[1]}).max_memory
    assert enough is not None
    assert plan(page, standard, SERVER, replace(wishes, max_memory=enough)).memory <= enough
    with pytest.raises(ArgumentError):
        plan(page, standard, SERVER, replace(wishes, max_memory=enough - 20 * MB))


def test_pages_in_work_at_once_take_memory(standard: ModelCard) -> None:
    one, four = (plan(A4, standard, SERVER, Request(jobs=jobs)) for jobs in (1, 4))
    measured = OVERVIEW * A4.px / 4 - A4.px  # one of the three, more than it is to be written
    assert four.memory == pytest.approx(one.memory + 3 * 2 * A4.px + measured)


@pytest.mark.parametrize(
    ("machine", "page", "wishes", "at_once", "why"),
    [
        (LAPTOP, A4, Request(), 1, "there is one only"),
        (
            replace(LAPTOP, memory_free=900 * MB),
            A4,
            Request(pages=40),
            2,
            "one is inked while another is read and written",
        ),
        (
            replace(LAPTOP, memory_free=700 * MB),
            A4,
            Request(pages=40),
            1,
            "more would leave the network too little memory",
        ),
        (SERVER, A4, Request(pages=40), 2, "one is inked while another is read and written"),
        (SERVER, A4, Request(pages=40, jobs=5), 5, "as asked for"),
        (SERVER, A4, Request(pages=1, jobs=5), 5, "as asked for"),
        (LAPTOP, A4, Request(pages=40, jobs=1), 1, "as asked for"),
        (CGROUP, A4, Request(pages=40), 1, "there is one core for all of the work"),
        (LAPTOP, A4, Request(pages=40, max_memory=285 * MB), 1, "no more fit in the memory"),
        (LAPTOP, A4_600, Request(pages=40, max_memory=315 * MB), 1, "no more fit in the memory"),
        (LAPTOP, A4, Request(pages=40, max_memory=330 * MB), 1, "more would leave the network too little memory"),
    ],
)
def test_pages_in_work_at_once(
    standard: ModelCard, machine: Hardware, page: PageSize, wishes: Request, at_once: int, why: str
) -> None:
    planned = plan(page, standard, machine, wishes)
    assert planned.at_once == at_once
    assert f"pages {at_once} at once: {why}" in planned.reasons


def test_two_pages_at_once_keep_within_the_memory(standard: ModelCard) -> None:
    for most in range(350 * MB, 900 * MB, 50 * MB):
        planned = plan(A4_600, standard, SERVER, Request(pages=2, max_memory=most))
        assert planned.memory <= most


def test_a_ulimit_that_is_too_low_is_told_with_one_that_is_enough(standard: ModelCard) -> None:
    def limited(kilobytes: int) -> Hardware:
        return replace(LAPTOP, ulimit=Ulimit("ulimit -v", kilobytes * 1024, 600 * MB))

    with pytest.raises(ArgumentError, match=r"^ulimit -v 524288: .* libraries and threads count for 600MB") as caught:
        plan(A4, standard, limited(524_288), Request(max_memory=GB))
    enough = re.search(r"give ulimit -v (\d+), or unlimited", str(caught.value))
    assert enough
    planned = plan(A4, standard, limited(int(enough[1]) + 1), Request())
    assert planned.memory <= (int(enough[1]) + 1) * 1024 - 600 * MB


def test_networks_of_many_pages_stay_ready_where_they_fit(standard: ModelCard) -> None:
    page, folder = replace(A4, scale=1.5), Request(pages=40, jobs=1)
    kept, alone = (plan(page, standard, SERVER, each) for each in (folder, replace(folder, pages=1)))
    assert (kept.ready, alone.ready) == (4, 1)
    assert kept.tiles == alone.tiles
    assert kept.memory > alone.memory + 3 * RESTING
    for most, ready in ((kept.memory - 1, 2), (kept.memory - 2 * RESTING - 1, 1)):
        limited = plan(page, standard, SERVER, replace(folder, max_memory=most))
        assert limited.ready == ready
        assert limited.memory <= most
    assert plan(page, standard, SERVER, replace(folder, backend="onnxruntime")).ready == 1


@pytest.mark.parametrize(
    ("page", "wishes", "megabytes"),
    [  # tests/benchmarks/memory.py with the standard model 0.5.0 and three passes
        (A4, Request(), 599),
        (A4, Request(precision="f32"), 607),
        (A4, Request(precision="f32", tile=512), 278),
        (A4, Request(precision="f32", tile=1024), 330),
        (A4, Request(precision="f32", tile=2048), 381),
        (A4, Request(precision="bf16", tile=2048), 365),
        (A4_600, Request(precision="f32"), 614),
        (A4_600, Request(precision="f32", tile=512), 297),
        (A6, Request(precision="f32"), 302),
        (A4, Request(backend="onnxruntime", precision="f32"), 560),
        (A4_600, Request(backend="onnxruntime", precision="f32"), 576),
    ],
)
def test_the_expected_memory_is_near_the_measured(
    shipped: ModelCard, page: PageSize, wishes: Request, megabytes: int
) -> None:
    assert plan(page, shipped, SERVER, wishes).memory == pytest.approx(megabytes * MB, rel=0.11)


QUANTISED = (Path("network.int8.onnx"), "0" * 64)


@pytest.mark.parametrize(
    ("machine", "wishes", "precision"),
    [
        (LAPTOP, Request(), "int8"),
        (SERVER, Request(backend="onnxruntime"), "int8"),
        (SERVER, Request(precision="f32"), "f32"),
        (ARM, Request(), "f32"),
        (ARM, Request(precision="int8"), "int8"),
        (GPU, Request(device="GPU"), "f32"),
    ],
)
def test_int8_is_taken_where_there_is_such_a_network_and_it_is_fast(
    standard: ModelCard, machine: Hardware, wishes: Request, precision: str
) -> None:
    made = plan(SMALL, replace(standard, int8=QUANTISED), machine, wishes)
    why = "as asked for"
    if wishes.precision == "auto":
        own = "as good as f32 in lineart's own tests, and faster on this kind of CPU"
        why = own if precision == "int8" else "the same ink on every machine"
    assert made.choice.precision == precision
    assert f"precision {precision}: {why}" in made.reasons


@pytest.mark.parametrize(
    ("quantised", "wishes", "says"),
    [
        (None, Request(precision="int8"), "--precision int8: the model tiny has no such network; use --precision f32"),
        (QUANTISED, Request(precision="int8", device="GPU"), "--precision int8: is for the CPU, not for GPU.0; use"),
    ],
)
def test_int8_is_refused_where_it_cannot_be(
    standard: ModelCard, quantised: tuple[Path, str] | None, wishes: Request, says: str
) -> None:
    with pytest.raises(ArgumentError, match=re.escape(says)):
        plan(SMALL, replace(standard, int8=quantised), GPU, wishes)


@pytest.mark.parametrize(
    ("page", "size"),
    [
        (A4, (3508, 2480)),
        (replace(A4, dpi=72), (3508, 2480)),
        (A4_600, (3508, 2480)),
        (PageSize(100, 50, 300, scale=0.5), (200, 100)),
        (PageSize(1, 1, 300, scale=8.0), (1, 1)),
    ],
)
def test_the_scale_alone_makes_the_shape_that_the_network_works_on(page: PageSize, size: tuple[int, int]) -> None:
    assert page.working_shape == size


@pytest.mark.parametrize("memory", [GB // 8, GB // 4, GB])
@pytest.mark.parametrize("page", [A4, A4_600, PageSize(14032, 9921, 600, scale=2.0)])
def test_tiles_keep_within_the_memory_of_a_gpu(standard: ModelCard, page: PageSize, memory: int) -> None:
    device = Device("openvino", "GPU.0", "Iris", ("FP32",), memory)
    wishes = Request(device="GPU", max_memory=8 * GB)
    planned = plan(page, standard, replace(SERVER, devices=(device,)), wishes)
    height, width = planned.window
    assert height * width * standard.footprint("openvino", "f32").per_px <= 0.6 * memory
    if len(planned.tiles) > 1:
        assert any("that GPU.0 has memory for" in reason for reason in planned.reasons)
        assert len(planned.tiles) > len(plan(page, standard, SERVER, Request(max_memory=8 * GB)).tiles)


def test_a_format_whose_encoder_takes_more_leaves_less_for_the_network(standard: ModelCard) -> None:
    wishes = Request(max_memory=850 * MB)
    png, webp = (plan(A4_600, standard, SERVER, replace(wishes, format=name)) for name in ("png", "webp"))
    assert webp.memory <= 850 * MB
    assert len(webp.tiles) > len(png.tiles)


A0 = PageSize(28087, 19866, 600, scale=2.0)


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("page", [A0, replace(A0, px_bytes=2), replace(A0, scale=1.0), replace(A0, px_bytes=4)])
def test_a_page_in_strips_takes_no_more_than_its_tiles_whatever_its_size(
    standard: ModelCard, measuring: ModelCard, page: PageSize, bits: int, backend: str
) -> None:
    for card in (standard, measuring):
        assert plan(page, card, SERVER, Request(bits=bits, backend=backend)).memory <= MOST_MODEST


def test_brushes_draw_the_largest_pages_within_the_default(standard: ModelCard, measuring: ModelCard) -> None:
    for card in (standard, measuring):
        assert plan(A0, card, SERVER, Request(brushes=True)).memory < GB


@pytest.mark.parametrize(
    ("page", "wishes", "more"),
    [
        (replace(A0, held=200 * MB), Request(pages=2, jobs=1), 212 * MB),
        (replace(A0, is_kept=True), Request(), 139 * MB),
        (A4_600, Request(format="webp", max_memory=2 * GB), 15 * A4_600.px),
    ],
)
def test_what_cannot_come_in_strips_counts_as_a_whole(
    standard: ModelCard, page: PageSize, wishes: Request, more: int
) -> None:
    usual = plan(replace(page, held=0, is_kept=False), standard, SERVER, Request())
    found = plan(page, standard, SERVER, wishes)
    assert found.memory == pytest.approx(usual.memory + more, rel=0.01)
    assert len(found.tiles) == len(usual.tiles)


def test_a_tile_that_is_drawn_ahead_takes_memory_beside_the_one_in_the_network(standard: ModelCard) -> None:
    one, two = (plan(PageSize(800, 1600, 300), standard, SERVER, Request(tile=tile)) for tile in (1600, 1400))
    assert [(len(each.tiles), each.window) for each in (one, two)] == [(1, (928, 1728)), (2, (928, 1248))]
    per_px = standard.footprint("openvino", "f32").per_px
    assert one.memory - two.memory == pytest.approx(per_px * 928 * 1728 - (per_px + SKETCH) * 928 * 1248, abs=1)


def test_a_network_that_reads_the_scale_takes_memory_beside_the_other_in_all_pages_but_the_first(
    standard: ModelCard,
) -> None:
    reading = replace(standard, scale=(Path("scale.onnx"), "0" * 64))
    first, later = (
        [plan(A4, card, SERVER, Request("onnxruntime", pages=pages, jobs=1)).memory for card in (standard, reading)]
        for pages in (1, 2)
    )
    assert first[0] == first[1]
    measured = OVERVIEW * A4.px / 4
    assert later[1] - later[0] == pytest.approx(READ * PASS_PX[-1] - measured, abs=1)
    assert later[0] - first[0] == pytest.approx(measured - A4.px, abs=1)


def test_the_first_page_is_read_before_the_network_takes_memory(standard: ModelCard) -> None:
    bare, small, large = (plan(replace(A4, held=held), standard, SERVER, Request()) for held in (0, 100 * MB, 800 * MB))
    assert small.memory == bare.memory
    assert 800 * MB < large.memory < 800 * MB + bare.memory / 2


def test_a_page_that_cannot_come_in_strips_may_be_too_large(standard: ModelCard) -> None:
    with pytest.raises(ArgumentError, match=r"a page of 19866 x 28087 px needs 2\.\d+GB; give --max-memory 2\.\d+GB"):
        plan(replace(A0, held=4 * A0.px), standard, SERVER, Request())


@pytest.mark.parametrize(
    ("machine", "wishes", "seconds", "how"),
    [
        (LAPTOP, Request(tile=16384), 1.96, "a guess by the kind of processor"),
        (replace(LAPTOP, share=1.0), Request(tile=16384), 3.93, "a guess by the kind of processor"),
        (SERVER, Request(tile=16384, threads=2), 1.15, "a guess by the kind of processor"),
        (SERVER, Request(tile=16384, threads=2, precision="bf16"), 0.19, "a guess by the kind of processor"),
        (ARM, Request(tile=16384), 4.3, "a guess by the kind of processor"),
        (LAPTOP, Request(tile=16384, measured=Measured(EngineChoice("openvino", "CPU", "f32"), 4.0)), 2.39, "by what"),
    ],
)
def test_the_expected_time(standard: ModelCard, machine: Hardware, wishes: Request, seconds: float, how: str) -> None:
    planned = plan(A4, standard, machine, replace(wishes, max_memory=GB))
    assert planned.seconds == pytest.approx(seconds, rel=0.02)
    assert any(line.startswith(f"time {planned.seconds:.2g} s: {how}") for line in planned.reasons)
    assert str(planned).endswith(f"; about {planned.seconds:.2g} s")


def test_nothing_is_known_of_the_time_on_a_device(standard: ModelCard) -> None:
    planned = plan(A4, standard, GPU, Request(device="GPU"))
    assert "about" not in str(planned)
    assert planned.reasons[-1].startswith("time: unknown on this device")


def test_a_first_pass_at_half_the_size_costs_about_a_quarter(standard: ModelCard, measuring: ModelCard) -> None:
    one, two = (plan(A4, measuring, SERVER, Request(passes=passes, max_memory=GB)) for passes in (1, 2))
    assert (one.draft, one.window, two.window) == ((), (3648, 2624), (3648, 2624))
    assert [tile.window.shape for tile in two.draft] == [(1888, 1376)]
    assert (one.passes, two.passes) == (1, 2)
    assert two.computed_megapixels == (3648 * 2624 + 1888 * 1376) / 1e6
    assert two.seconds / one.seconds == pytest.approx(two.computed_megapixels / one.computed_megapixels)
    assert two.memory == one.memory + A4.px
    assert "passes 1: as asked for" in one.reasons
    assert "passes 2: the second mends the draft of the first" in two.reasons
    assert "draft 1 x 1888 x 1376 px: the page at 1/2 of its size" in two.reasons
    assert "draft 1 x 1888 x 1376 px, then 1 x 3648 x 2624 px, 12.2 megapixels computed" in str(two)
    untrained = plan(A4, standard, SERVER, Request(max_memory=GB))
    assert (untrained.passes, untrained.draft, untrained.memory) == (1, (), one.memory)
    assert "passes 1: the model tiny was not trained for a second pass" in untrained.reasons


def test_a_third_pass_costs_as_much_as_a_look_at_the_whole_page(measuring: ModelCard) -> None:
    one, two, three = (plan(A4, measuring, SERVER, Request(passes=passes, max_memory=GB)) for passes in (1, 2, 3))
    assert (three.passes, three.tiles, three.draft) == (3, two.tiles, two.draft)
    assert three.computed_megapixels == pytest.approx(two.computed_megapixels + one.computed_megapixels)
    assert three.seconds == pytest.approx(two.seconds + one.seconds)
    assert three.memory == two.memory + 2 * A4.px  # two drafts, and the ink that becomes the second
    assert "passes 3: each mends the ink of the one before" in three.reasons
    assert "draft 1 x 1888 x 1376 px, then 2 times 1 x 3648 x 2624 px, 21.7 megapixels computed" in str(three)
    assert plan(A4, measuring, SERVER, Request(max_memory=GB)) == three


def test_drafts_of_the_largest_pages_are_not_kept_in_memory(measuring: ModelCard) -> None:
    one, three = (plan(A0, measuring, SERVER, Request(passes=passes)).memory for passes in (1, 3))
    assert three == one


def test_an_a4_page_has_all_its_passes_in_one_tile_by_default(shipped: ModelCard, measuring: ModelCard) -> None:
    for card in (shipped, measuring):
        planned = plan(A4, card, SERVER, Request())
        assert (len(planned.draft), len(planned.tiles), planned.passes) == (1, 1, 3)
        assert planned.computed_megapixels == pytest.approx(21.7, abs=0.05)


@pytest.mark.parametrize("most", [310 * MB, 400 * MB, GB])
@pytest.mark.parametrize("page", [A4, PageSize(3507, 2481, 300), PageSize(14043, 9933, 300), PageSize(900, 14000, 300)])
def test_a_draft_keeps_within_the_memory_and_takes_the_page_s_windows_where_they_do(
    measuring: ModelCard, page: PageSize, most: int
) -> None:
    planned = plan(page, measuring, SERVER, Request(max_memory=most))
    assert planned.memory <= most
    assert planned.draft[-1].core.y1 == -(-page.height // 2)
    assert planned.draft[-1].core.x1 == -(-page.width // 2)
    size = planned.draft[-1].core.y1, planned.draft[-1].core.x1
    same = same_windows(*size, planned.window, measuring.multiple_of, measuring.halo_px)
    if planned.draft != same and same[0].window.shape == planned.window:
        assert _px(planned.draft) + PREPARING < _px(same)


def test_other_windows_for_the_draft_have_to_be_worth_their_preparation() -> None:
    size, window = (3500, 2480), (1504, 1856)
    same = same_windows(*size, window, 32, 384)
    assert same[0].window.shape == window
    savings = set()
    for most in range(1_000_000, 5_000_000, 250_000):
        own = best_tiles(*size, most, 32, 384)
        saved = _px(same) - _px(own)
        assert draft_tiles(size, own, window, 32, 384) == (own if saved > PREPARING else same)
        savings.add("much" if saved > PREPARING else "little" if saved > 0 else "nothing")
    assert savings == {"much", "little", "nothing"}


def _px(tiles: tuple[Tile, ...]) -> int:
    return len(tiles) * math.prod(tiles[0].window.shape)


@pytest.mark.parametrize("page", [SMALL, A4, A4_600, PageSize(14032, 9921, 600)])
def test_more_memory_computes_more_only_to_save_a_preparation(measuring: ModelCard, page: PageSize) -> None:
    computed = []
    for most in range(350 * MB, 3 * GB, 50 * MB):
        planned = plan(page, measuring, SERVER, Request(max_memory=most))
        assert planned.memory <= most
        computed.append(planned.computed_megapixels)
    assert all(after <= before + PREPARING / 1e6 for before, after in pairwise(computed))
