"""Into which tiles a page is cut: as few as the memory allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineart_cli.errors import ArgumentError
from lineart_cli.machine.hardware import Device, Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.plan import PageSize, Request, plan
from plans import A4, A4_600, CGROUP, GB, LAPTOP, MB, SERVER, SMALL


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
