from __future__ import annotations

from pathlib import Path

import pytest

from lineart_cli.batch.files import Job
from lineart_cli.cluster import dispatch
from lineart_cli.cluster.crew import there
from lineart_cli.cluster.dispatch import AHEAD, MOST_COST, MOST_TRIES, TASK_COST, Dispatch, Task
from lineart_cli.errors import ArgumentError
from lineart_cli.options import InkOptions, Mapped

WORKERS = ["a", "b", "c"]


def jobs(count: int, tools: tuple[str, ...] = ("",)) -> list[Job]:
    pages = range(count)
    return [Job(Path(f"{page}.png"), Path(f"{page}{tool}.png"), tool=tool) for page in pages for tool in tools]


def worked(work: Dispatch, workers: list[str], bad: str = "", seconds: float = 1.0) -> tuple[list[Job], list[Job]]:
    """All of the work done: the jobs that were inked, and those given up, where the page `bad` fails its worker."""
    inked: list[Job] = []
    given_up: list[Job] = []
    tasks: list[Task] = []
    while not work.is_over:
        tasks += work.share_out(workers)
        task = tasks.pop(0)
        if any(job.source.stem == bad for job in task.jobs):
            fallen = [task, *(each for each in tasks if each.worker == task.worker)]
            tasks = [each for each in tasks if each.worker != task.worker]
            given_up += [job for each in fallen for job in work.failed(each)]
        else:
            work.done(task, seconds * len(task.jobs))
            inked += task.jobs
    return inked, given_up


def test_each_job_is_done_once() -> None:
    inked, given_up = worked(Dispatch.of(jobs(50)), WORKERS)
    assert sorted(inked, key=str) == sorted(jobs(50), key=str)
    assert given_up == []


def test_a_page_that_fails_its_workers_fails_alone() -> None:
    inked, given_up = worked(Dispatch.of(jobs(50)), WORKERS, bad="7", seconds=0.001)
    assert [job.source.stem for job in given_up] == ["7"]
    assert len(inked) == len(set(inked)) == 49


def test_what_has_failed_is_tried_elsewhere_and_alone() -> None:
    work = Dispatch.of(jobs(20))
    first, *_ = work.share_out(WORKERS)
    assert work.failed(first) == ()
    seen = []
    for _ in range(60):
        tasks = [task for tasks in work.at_work.values() for task in tasks] + list(work.share_out(WORKERS))
        again = [task for task in tasks if task.tried]
        seen += again
        for task in again:
            assert task.worker != first.worker
            assert work.at_work[task.worker] == [task]
        if again or work.is_over:
            break
        work.done(tasks[0], 1.0)
    assert [task.jobs for task in seen] == [first.jobs]


def test_with_one_worker_alone_it_tries_again() -> None:
    inked, given_up = worked(Dispatch.of(jobs(3)), ["a"], bad="1")
    assert [job.source.stem for job in given_up] == ["1"]
    assert len(inked) == 2


def test_the_work_of_a_worker_that_is_gone_or_refused_is_done_by_others() -> None:
    work = Dispatch.of(jobs(9))
    tasks = list(work.share_out(WORKERS))
    assert len(tasks) == AHEAD * len(WORKERS)
    lost = work.gone(["b", "c"])
    assert {task.worker for task in lost} == {"a"}
    for task in lost:
        work.given_back(task)
    work.refuse("b")
    for task in list(work.at_work["b"]):
        work.given_back(task)
    for task in list(work.at_work["c"]):
        work.done(task, 1.0)
    inked, _ = worked(work, ["b", "c"])
    assert len(inked) == 9 - AHEAD


@pytest.mark.parametrize(("seconds", "workers"), [(0.01, 1), (0.1, 4), (2.0, 10), (2.0, 1000), (30.0, 1000)])
def test_tasks_cost_little_beside_their_pages(seconds: float, workers: int) -> None:
    count = dispatch.jobs_worth_a_task(seconds, workers)
    assert count == dispatch.MOST_JOBS or MOST_COST * count * seconds >= TASK_COST
    assert count == dispatch.MOST_JOBS or workers * TASK_COST <= dispatch.BUSY * count * seconds


def test_the_pages_that_are_left_are_shared_by_all() -> None:
    work = Dispatch.of(jobs(8))
    work.seconds = 0.001
    tasks = list(work.share_out(["a", "b"]))
    assert {task.worker for task in tasks} == {"a", "b"}
    assert max(len(task.jobs) for task in tasks) <= 2


def test_the_tools_of_a_page_stay_together() -> None:
    work = Dispatch.of(jobs(5, ("thin", "broad")))
    for task in work.share_out(["a"]):
        assert len(task.jobs) == 2
        assert len({job.source for job in task.jobs}) == 1
    assert MOST_TRIES == 3


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/mnt/film/shot/1.png", "/srv/film/shot/1.png"),
        ("/mnt/film", "/srv/film"),
        ("/mnt/films/1.png", "/mnt/films/1.png"),
        ("/home/me/1.png", r"\\store\me\1.png"),
        ("/other/1.png", "/other/1.png"),
    ],
)
def test_workers_see_files_in_folders_of_their_own(path: str, seen: str) -> None:
    mapped = InkOptions.parse({"map": r"/mnt/film/=/srv/film,/home=\\store"}).map
    assert mapped == (Mapped("/mnt/film/", "/srv/film"), Mapped("/home", r"\\store"))
    assert there(Path(path), mapped) == seen


@pytest.mark.parametrize(
    "given", [{"map": "/mnt"}, {"map": "mnt=/srv"}, {"cluster": "local:"}, {"cluster": "local:0"}, {"cluster": " "}]
)
def test_what_is_no_cluster_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ArgumentError, match=f"--{next(iter(given))}"):
        InkOptions.parse(given)
