"""What a cluster makes of more workers: python tests/benchmarks/cluster.py SKETCHES, or --simulate alone.

Measured on this machine, with `--cluster local:N`: seconds and core seconds of all pages by 1, 2 and more workers, and
by this process alone; then again when all pages are finished, which tells what is no inking. `here_ms` is what a page
costs us and the scheduler, one process here: with its task and, when it is inked, with putting it into its place.
`efficiency` is the core seconds of this process alone over those of all processes, their start and end included, and
`same_bytes` tells whether the folder of ink is that of this process alone, the manifest included.
Beside other work on the same cores, compare core seconds. With `--kill` a worker is killed every so many seconds.

Simulated with these costs: 1 to 1,000 workers on 100,000 frames. Each worker has `dispatch.AHEAD` tasks, of as many
pages as `dispatch.jobs_worth_a_task` says. Three things can be the limit: we, who hand out tasks and put pages into
their places one at a time; the scheduler; and the disk that all share, at so many bytes a second.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from common import LINEART, arguments, drawing, keep

from lineart_cli.cluster.dispatch import AHEAD, jobs_worth_a_task
from lineart_cli.stamps import sha256


class Costs(NamedTuple):
    """Seconds: of a page in a worker, of a task and of a page here, of a task in the scheduler; bytes of a page."""

    page: float = 2.0
    task: float = 0.004
    settled: float = 0.002
    scheduled: float = 0.001
    bytes: float = 1_000_000
    disk: float = 1_000_000_000


def main() -> None:
    """Measure and simulate."""
    parser = arguments(__doc__ or "")
    parser.add_argument("sketches", type=Path, nargs="?", help="folder of pages")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--kill", type=float, metavar="SECONDS", help="kill a worker that often")
    parser.add_argument("--simulate", action="store_true", help="with the costs below")
    for name, value in Costs()._asdict().items():
        parser.add_argument(f"--{name}", type=float, default=value)
    parser.add_argument("--frames", type=int, default=100_000)
    options = parser.parse_args()
    rows = _measured(options) if options.sketches else []
    if options.simulate:
        costs = Costs(*(getattr(options, name) for name in Costs._fields))
        rows += [_simulated(options.frames, workers, costs) for workers in (1, 10, 100, 1000)]
    keep(options.json, rows)


def _measured(options: argparse.Namespace) -> list[dict[str, Any]]:
    out = options.folder / "cluster-ink"
    rows: list[dict[str, Any]] = []
    alone: dict[str, str] = {}
    for workers in [0, *options.workers]:
        shutil.rmtree(out, ignore_errors=True)
        row: dict[str, Any] = {"workers": workers, **_run(options.sketches, out, workers, options.kill)}
        made = {str(path.relative_to(out)): sha256(path) for path in out.rglob("*") if path.is_file()}
        alone = made if not workers else alone
        row["same_bytes"] = made == alone
        row["again"] = _run(options.sketches, out, workers, None)
        row["core_seconds_a_page"] = (row["core_seconds"] - row["again"]["core_seconds"]) / row["pages"]
        row["efficiency"] = (rows or [row])[0]["core_seconds"] / row["core_seconds"]
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def _run(sketches: Path, out: Path, workers: int, kill: float | None) -> dict[str, Any]:
    """Ink the sketches, by as many workers of one thread each or, with none, here: pages, seconds from the first to the
    last, core seconds, and workers that were killed.
    """
    by = ["--cluster", f"local:{workers}"] if workers else []
    command = [*LINEART, "ink", str(sketches), "-o", str(out), "--json", *drawing(300), *by]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    over, killed = threading.Event(), [0]
    if kill and workers:
        threading.Thread(target=_kill, args=(process.pid, kill, over, killed), daemon=True).start()
    ends: list[float] = []
    ours: list[float] = []
    inputs: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] in {"page_done", "page_skipped"}:
            ends.append(time.monotonic())
            ours.append(sum(psutil.Process(process.pid).cpu_times()[:2]))
            inputs.append(event["input"])
    over.set()
    _, status, usage = os.wait4(process.pid, 0)
    return {
        "pages": len(ends),
        "doubled": len(inputs) - len(set(inputs)),
        "seconds": ends[-1] - ends[0] if ends else 0.0,
        "here_ms": 1000 * (ours[-1] - ours[0]) / (len(ours) - 1) if workers and len(ours) > 1 else None,
        "core_seconds": usage.ru_utime + usage.ru_stime,
        "killed": killed[0],
        "exit": os.waitstatus_to_exitcode(status),
    }


def _kill(parent: int, every: float, over: threading.Event, killed: list[int]) -> None:
    while not over.wait(every):
        for child in psutil.Process(parent).children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has just ended
                if "spawn_main" in " ".join(child.cmdline()):
                    child.send_signal(signal.SIGKILL)
                    killed[0] += 1
                    break


def _simulated(frames: int, workers: int, costs: Costs) -> dict[str, Any]:
    """The run event by event: what we, the scheduler, the disk and the workers do, each one thing at a time."""
    count = jobs_worth_a_task(costs.page, workers)
    free = dict.fromkeys(("here", "scheduler", "disk"), 0.0)
    busy = dict.fromkeys(free, 0.0)

    def use(what: str, since: float, seconds: float) -> float:
        free[what] = max(free[what], since) + seconds
        busy[what] += seconds
        return free[what]

    left, clock, worked = frames, 0.0, [0.0] * workers
    arrivals: list[tuple[float, int, int]] = []
    ready = [(0.0, worker) for _ in range(AHEAD) for worker in range(workers)]
    heapq.heapify(ready)
    while ready or arrivals:
        if ready and left and (not arrivals or ready[0][0] <= arrivals[0][0]):
            since, worker = heapq.heappop(ready)
            pages = min(count, left)
            left -= pages
            sent = use("scheduler", use("here", since, costs.task), costs.scheduled)
            read = use("disk", sent, pages * costs.bytes / costs.disk)
            worked[worker] = max(worked[worker], read) + pages * costs.page
            heapq.heappush(arrivals, (worked[worker], worker, pages))
        elif arrivals:
            since, worker, pages = heapq.heappop(arrivals)
            clock = use("here", since, pages * costs.settled)
            heapq.heappush(ready, (clock, worker))
        else:
            break
    efficiency = frames * costs.page / (workers * clock)
    row: dict[str, Any] = {"simulated": workers, "task": count, "hours": clock / 3600, "efficiency": efficiency}
    row |= {f"{what}_busy": seconds / clock for what, seconds in busy.items()}
    print(
        f"{workers:5} workers, {count:2} pages a task: {row['hours']:.2f} h, efficiency {efficiency:.1%}; busy: "
        + ", ".join(f"{what} {seconds / clock:.1%}" for what, seconds in busy.items()),
        flush=True,
    )
    return row


if __name__ == "__main__":
    main()
