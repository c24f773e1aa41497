"""Frames of a shot: which pages they are, and what they share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lineart_cli.batch.context import Shared
from lineart_cli.batch.files import Job
from lineart_cli.batch.sequence import SAMPLED, Shots, sampled, shot_of
from lineart_cli.imaging.tone import Exposure, measure
from lineart_cli.options import InkOptions


def job(name: str, page: int = 0, pages: int = 1) -> Job:
    return Job(Path(name), Path("ink") / f"{name}-{page}", page, pages)


@pytest.mark.parametrize(
    ("one", "other", "is_one_shot"),
    [
        (job("a/shot_0001.png"), job("a/shot_0240.png"), True),
        (job("a/0001.png"), job("a/2.PNG"), True),
        (job("a/shot_0001.png"), job("b/shot_0001.png"), False),
        (job("a/shot1_0001.png"), job("a/shot2_0001.png"), False),
        (job("a/shot_0001.png"), job("a/shot_0002.tif"), False),
        (job("a/cat.png"), job("a/dog.png"), False),
        (job("a/film.gif", 0, 9), job("a/film.gif", 8, 9), True),
        (job("a/film1.gif", 0, 9), job("a/film2.gif", 0, 9), False),
    ],
)
def test_which_pages_are_frames_of_one_shot(one: Job, other: Job, is_one_shot: bool) -> None:
    assert (shot_of(one) == shot_of(other)) is is_one_shot


def test_each_shot_is_measured_once_by_frames_from_its_first_to_its_last() -> None:
    jobs = [job(f"a_{number:03}.png") for number in range(100)] + [job(f"b_{number}.png") for number in range(2)]
    measured: list[list[Job]] = []

    def measure(frames: list[Job]) -> Shared:
        measured.append(frames)
        return Shared(float(len(frames)), Exposure(), "")

    shots = Shots(jobs, measure)
    assert {shots.shared(each).scale for each in jobs} == {SAMPLED, 2.0}
    assert len(measured) == 2
    assert (measured[0][0], measured[0][-1]) == (jobs[0], jobs[99])
    assert sampled(jobs[:1]) == jobs[:1]


def test_the_exposure_of_a_shot_is_that_of_each_frame_whatever_it_is_like() -> None:
    page = np.full((256, 256), 240, np.uint8)
    page[100:110, 20:230] = 90
    own = measure(page).exposure
    shared = Exposure(1.0, 0.4, 3.0)
    assert not shared.is_like(own)
    assert measure(page, shared).exposure == own
    assert measure(page, shared, is_fixed=True).exposure == shared


def test_manifests_of_before_sequences_hold() -> None:
    assert "sequence" not in InkOptions().settings()
    assert InkOptions(sequence=True).settings()["sequence"] is True
