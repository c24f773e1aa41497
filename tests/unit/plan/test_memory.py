"""How much memory a plan expects, and what it says where there is too little."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lineart_cli.errors import ArgumentError
from lineart_cli.machine.hardware import Hardware, Ulimit
from lineart_cli.model.card import ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.plan import PageSize, Request, plan
from lineart_cli.plan.fitting import MOST_MODEST
from lineart_cli.plan.memory import OVERVIEW, READ, SKETCH
from lineart_cli.scale.network import PASS_PX
from plans import A0, A4, A4_600, A6, GB, LAPTOP, MB, SERVER, SMALL


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


def test_a_ulimit_that_is_too_low_is_told_with_one_that_is_enough(standard: ModelCard) -> None:
    def limited(kilobytes: int) -> Hardware:
        return replace(LAPTOP, ulimit=Ulimit("ulimit -v", kilobytes * 1024, 600 * MB))

    with pytest.raises(ArgumentError, match=r"^ulimit -v 524288: .* libraries and threads count for 600MB") as caught:
        plan(A4, standard, limited(524_288), Request(max_memory=GB))
    enough = re.search(r"give ulimit -v (\d+), or unlimited", str(caught.value))
    assert enough
    planned = plan(A4, standard, limited(int(enough[1]) + 1), Request())
    assert planned.memory <= (int(enough[1]) + 1) * 1024 - 600 * MB


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
