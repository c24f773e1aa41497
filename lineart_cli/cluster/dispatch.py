"""Who inks what: the work of a run, shared out among workers that come, go and fail. Pure: nothing is sent here."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from lineart_cli.batch.files import Job

MOST_TRIES = 3
"""So many times a page is given to a worker that fails with it; then it fails alone."""
AHEAD = 2
"""Tasks that a worker has: the next is there when one is done."""
TASK_COST = 0.006
"""Seconds of the scheduler and of us for a task, beside its pages; by tests/benchmarks/cluster.py."""
MOST_COST = 0.02
"""The share of a worker's time that tasks may cost."""
BUSY = 0.5
"""The share of our time that the tasks of all workers may take."""
MOST_JOBS = 64
"""In a task."""


@dataclass(frozen=True, eq=False)
class Task:
    """Jobs that a worker does one after the other.

    Attributes:
        jobs: of which those of one page stay together, as the network goes over it once.
        worker: its address.
        tried: the workers that failed with them before; with any, the jobs are alone with their worker.
    """

    jobs: tuple[Job, ...]
    worker: str
    tried: tuple[str, ...] = ()


@dataclass
class Dispatch:
    """The jobs of a run, and where they are.

    A worker has `AHEAD` tasks of new jobs. What a failed worker had is tried again on another, each page alone, so that
    a page that brings workers down is told from those that were with it.
    """

    waiting: deque[tuple[Job, ...]]
    again: deque[tuple[tuple[Job, ...], tuple[str, ...]]] = field(default_factory=deque)
    at_work: dict[str, list[Task]] = field(default_factory=dict)
    seconds: float | None = None
    refused: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, jobs: Iterable[Job]) -> Dispatch:
        """All of them wait."""
        return cls(deque(_pages(jobs)))

    @property
    def is_over(self) -> bool:
        """Whether nothing waits, and nothing is at work."""
        return not (self.waiting or self.again or self.at_work)

    def share_out(self, workers: Collection[str]) -> Iterator[Task]:
        """The tasks that these workers, who are all that are there, are to have now."""
        free = [worker for worker in workers if worker not in self.refused]
        for _ in range(len(self.again)):
            page, tried = self.again.popleft()
            worker = self._for_one_alone(free, tried)
            if worker is None or self.at_work.get(worker):
                self.again.append((page, tried))
            else:
                yield self._given(Task(page, worker, tried))
            if worker is not None:
                free.remove(worker)  # it is kept for that one
        busy = [worker for worker in free if not any(task.tried for task in self.at_work.get(worker, ()))]
        for most in range(1, AHEAD + 1):
            for worker in busy:
                if self.waiting and len(self.at_work.get(worker, ())) < most:
                    yield self._given(Task(self._next(len(busy)), worker))

    def done(self, task: Task, seconds: float) -> None:
        """A task is done, and has taken its worker so long."""
        self._leave(task)
        a_job = seconds / len(task.jobs)
        self.seconds = a_job if self.seconds is None else 0.8 * self.seconds + 0.2 * a_job

    def failed(self, task: Task) -> Sequence[Job]:
        """The worker failed with a task.

        Returns:
            The jobs that are given up, with which so many did; the others are tried again.
        """
        self._leave(task)
        tried = (*task.tried, task.worker)
        if len(tried) >= MOST_TRIES:
            return task.jobs
        self.again.extend((page, tried) for page in _pages(task.jobs))
        return ()

    def given_back(self, task: Task) -> None:
        """A task that was not begun waits again."""
        self._leave(task)
        if task.tried:
            self.again.appendleft((task.jobs, task.tried))
        else:
            self.waiting.extendleft(reversed(_pages(task.jobs)))

    def refuse(self, worker: str) -> None:
        """Gives a worker nothing any more."""
        self.refused.add(worker)

    def gone(self, workers: Collection[str]) -> list[Task]:
        """The tasks of workers that are not among those who are there."""
        return [task for worker, tasks in self.at_work.items() if worker not in workers for task in tasks]

    def _for_one_alone(self, free: Sequence[str], tried: Collection[str]) -> str | None:
        """The worker that is soonest done, of those that have not tried yet if there is one."""
        others = [worker for worker in free if worker not in tried] or free
        return min(others, key=lambda worker: len(self.at_work.get(worker, ())), default=None)

    def _next(self, workers: int) -> tuple[Job, ...]:
        """As many jobs as are worth a task, but no more than the share of a worker of all that wait."""
        most = min(jobs_worth_a_task(self.seconds, workers), math.ceil(len(self.waiting) / (AHEAD * workers)))
        jobs: list[Job] = []
        while self.waiting and (not jobs or len(jobs) + len(self.waiting[0]) <= most):
            jobs += self.waiting.popleft()
        return tuple(jobs)

    def _given(self, task: Task) -> Task:
        self.at_work.setdefault(task.worker, []).append(task)
        return task

    def _leave(self, task: Task) -> None:
        tasks = self.at_work[task.worker]
        tasks.remove(task)
        if not tasks:
            del self.at_work[task.worker]


def jobs_worth_a_task(seconds: float | None, workers: int) -> int:
    """How many jobs of so many seconds make a task that costs little beside them; 1 as long as that is not known."""
    if seconds is None:
        return 1
    worth = max(TASK_COST / MOST_COST, workers * TASK_COST / BUSY)
    return max(1, min(MOST_JOBS, math.ceil(worth / max(seconds, 1e-3))))


def _pages(jobs: Iterable[Job]) -> list[tuple[Job, ...]]:
    """The jobs of each page together."""
    return [tuple(page) for _, page in groupby(jobs, lambda job: (job.source, job.page))]
