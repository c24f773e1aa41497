"""How many pages are in work at once, and how many networks stay ready for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.plan import PageSize, Request, plan
from lineart_cli.plan.memory import OVERVIEW, RESTING
from plans import A4, A4_600, CGROUP, LAPTOP, MB, SERVER


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
