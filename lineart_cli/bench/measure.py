"""What this machine can do: each way to ink a page is run as a command of its own, timed and watched."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lineart_cli.bench import sample
from lineart_cli.errors import ArgumentError, EngineError
from lineart_cli.inference.engines import EngineChoice, open_engine
from lineart_cli.machine.hardware import Device, Hardware
from lineart_cli.machine.process import peak_memory
from lineart_cli.model.card import ModelCard
from lineart_cli.options import BenchOptions, bytes_text
from lineart_cli.plan import Measured, PageSize, Plan, Request, plan
from lineart_cli.scale.working_scale import STROKE

PRECISIONS: tuple[str, ...] = ("f32", "int8", "bf16")
TILES = (None, 1024, 2048)
"""Sizes of tiles that are measured; None is the plan's own."""

QUICK_PARTS = 2  # of an A4 page's height and width that a quick run measures
QUICK_SECONDS = 11.0  # after which a quick run starts nothing more
QUICK_LAST = 14.0  # and stops what it has started
PATIENCE = 600.0  # seconds that a run may take in a bench that is not quick
FOLDER = 100  # pages
CLEARLY = 0.9  # of the time: a runtime that is no faster than so does not replace the first choice
_POLL = 0.01  # seconds between two readings of a run's memory

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """One way to ink the page, and what came of it.

    Attributes:
        choice: runtime, device, precision, threads.
        tile: as `--tile` takes it; None for the plan's own.
        expected_memory: bytes, by the plan.
        computed: megapixels that the network computes, halos included.
        seconds: of the whole command, from its start to its end.
        page_seconds: of the page: read, network made ready, inked, written.
        speed: megapixels of the page per second of `page_seconds`.
        memory: peak of the process, bytes.
        difference: largest from the first row in f32, in levels of 255; None before there is one.
        error: why there are no figures; else empty.
    """

    choice: EngineChoice
    tile: int | None
    expected_memory: int
    computed: float
    seconds: float = 0.0
    page_seconds: float = 0.0
    speed: float = 0.0
    memory: int = 0
    difference: int | None = None
    error: str = ""

    def __str__(self) -> str:
        choice = self.choice
        variant = f"{choice.backend} on {choice.device} in {choice.precision}"
        return f"{variant}, threads {choice.threads}, tile {self.tile or 'auto'}"

    def to_json(self) -> dict[str, Any]:
        """The row as a flat object."""
        entries = asdict(self)
        return {**entries.pop("choice"), **entries}


@dataclass(frozen=True)
class Report:
    """All that a bench found.

    Attributes:
        hardware: with devices, of which `failures` do not start: name and reason.
        plan: of an A4 page at 300 dpi, nothing measured.
        megapixels: of the page that was measured.
        rows: what was measured.
        used: what `lineart ink` takes as things stand, the row without `--tile` that has it.
        best: what the rows speak for, the first choice unless another is clearly faster; None without any figures.
        sentence: the end of it.
    """

    hardware: Hardware
    failures: dict[str, str]
    plan: Plan
    megapixels: float
    rows: tuple[Row, ...]
    used: EngineChoice
    best: Measured | None
    sentence: str

    def folder_seconds(self, row: Row) -> float | None:
        """Of a folder of `FOLDER` A4 pages, one start and then page after page; None where the row failed."""
        if row.error:
            return None
        page = row.page_seconds * math.prod(sample.A4) / 1e6 / self.megapixels
        return round(row.seconds - row.page_seconds + FOLDER * page, 1)

    def to_json(self) -> dict[str, Any]:
        """The report as the object that `--json` prints; memory in bytes."""
        return {
            "hardware": asdict(self.hardware),
            "failures": self.failures,
            "plan": {
                **asdict(self.plan.choice),
                "tiles": len(self.plan.tiles),
                "window": self.plan.window,
                "megapixels": round(self.plan.computed_megapixels, 2),
                "memory": self.plan.memory,
                "reasons": self.plan.reasons,
            },
            "megapixels": self.megapixels,
            "rows": [{**row.to_json(), "folder_seconds": self.folder_seconds(row)} for row in self.rows],
            "used": asdict(self.used),
            "best": self.best and asdict(self.best),
            "sentence": self.sentence,
        }


def run(
    options: BenchOptions, card: ModelCard, hardware: Hardware, progress: Progress, saved: Measured | None = None
) -> Report:
    """Measure this machine.

    Args:
        options: of `lineart bench`.
        card: of the model.
        hardware: with its devices.
        progress: told what is being done, a line at a time.
        saved: what was found to be best before, and `lineart ink` takes.

    Raises:
        ArgumentError: not even an A4 page fits in `--max-memory`.
    """
    began = time.monotonic()
    request = Request(max_memory=options.max_memory)
    a4 = PageSize(*sample.A4, sample.DPI)
    planned = plan(a4, card, hardware, request)
    parts = QUICK_PARTS if options.quick else 1
    page = PageSize(a4.height // parts, a4.width // parts, a4.dpi)
    failures = {each.name: reason for each in hardware.devices if (reason := _failure(each, card))}
    precisions, cuts = PRECISIONS, list(_cuts(planned))
    if options.quick:
        precisions, cuts = ("f32", planned.choice.precision), [(None, None)]
    variants = list(_variants(page, card, hardware, request, failures, dict.fromkeys(precisions), cuts))
    with tempfile.TemporaryDirectory(prefix="lineart-bench-") as name:
        work = _Work(Path(name), page, options, began)
        rows = []
        for number, variant in enumerate(variants, 1):
            progress(f"{number} of {len(variants)}: {variant}")
            rows.append(work.row(variant))
        best = _best(rows, planned.choice.precision)
        whole = best
        if best and options.quick:
            whole = _reckoned(best, a4, page, card, hardware, request)
            if time.monotonic() - began + whole.seconds < QUICK_SECONDS:
                progress(f"a whole A4 page: {best}")
                measured = _Work(Path(name), a4, options, began).row(replace(best, difference=None))
                whole = whole if measured.error else measured
    megapixels = page.height * page.width / 1e6
    used = saved.choice if saved else planned.choice
    chosen = Measured(best.choice, round(best.computed / best.page_seconds, 3)) if best else None
    return Report(hardware, failures, planned, megapixels, tuple(rows), used, chosen, _sentence(whole))


def _failure(device: Device, card: ModelCard) -> str:
    """Why a listed device of ONNX Runtime does not start; empty if it does. OpenVINO lists only what it has started."""
    if device.runtime != "onnxruntime" or device.name == "CPU":
        return ""
    try:
        open_engine(card.network, EngineChoice(device.runtime, device.name), (card.multiple_of, card.multiple_of))
    except EngineError as error:
        return str(error)
    return ""


def _cuts(planned: Plan) -> Iterator[tuple[int | None, int | None]]:
    """Tiles and threads to measure: tiles with all threads that are ours, fewer threads with the plan's own tiles."""
    yield from ((tile, None) for tile in TILES)
    threads = planned.choice.threads or 1
    yield from ((None, fewer) for fewer in dict.fromkeys((threads // 2, 1)) if 1 <= fewer < threads)


def _variants(
    page: PageSize,
    card: ModelCard,
    hardware: Hardware,
    request: Request,
    failures: dict[str, str],
    precisions: Iterable[str],
    cuts: Sequence[tuple[int | None, int | None]],
) -> Iterator[Row]:
    """Every runtime, device and precision, with tiles and threads of several numbers, that the plan grants."""
    for backend in hardware.runtimes:
        others = [each.name for each in hardware.devices if each.runtime == backend and each.name != "CPU"]
        for device in ("CPU", *(name for name in others if name not in failures)):
            for precision in precisions:
                if device == "CPU" and precision == "bf16" and not hardware.has_bf16:
                    continue
                seen = set()
                for tile, threads in cuts if device == "CPU" else [cut for cut in cuts if cut[1] is None]:
                    wish = replace(request, backend=backend, device=device, precision=precision)
                    try:
                        granted = plan(page, card, hardware, replace(wish, tile=tile, threads=threads))
                    except ArgumentError:
                        continue
                    if (granted.window, threads) not in seen:
                        seen.add((granted.window, threads))
                        yield Row(granted.choice, tile, granted.memory, granted.computed_megapixels)


class _Work:
    """Runs one way after the other on the same page, in a folder of its own."""

    def __init__(self, folder: Path, page: PageSize, options: BenchOptions, began: float) -> None:
        self._folder = folder
        self._page = page
        self._options = options
        self._began = began
        self._exact: NDArray[np.uint8] | None = None
        image = Image.fromarray(sample.page(page.height, page.width))
        image.save(folder / "page.png", dpi=(page.dpi, page.dpi))

    def row(self, variant: Row) -> Row:
        """The way with its figures, or with the reason why there are none."""
        passed = time.monotonic() - self._began
        if self._options.quick and passed > QUICK_SECONDS:
            return replace(variant, error="left out for lack of time")
        command = [sys.executable, "-m", "lineart_cli", "ink", "page.png", "--output", "ink", "--overwrite", "--json"]
        command += ["--drawing", f"{STROKE:g}px"]  # worked on as it is, like the pages of the plans
        command += [
            "--backend",
            variant.choice.backend,
            "--device",
            variant.choice.device,
            "--tile",
            str(variant.tile or "auto"),
        ]
        command += ["--precision", variant.choice.precision, "--threads", str(variant.choice.threads)]
        if self._options.max_memory is not None:
            command += ["--max-memory", bytes_text(self._options.max_memory)]
        patience = QUICK_LAST - passed if self._options.quick else PATIENCE
        return self._measured(variant, command, patience)

    def _measured(self, variant: Row, command: list[str], patience: float) -> Row:
        start = time.monotonic()
        peak = 0
        with (self._folder / "said").open("w+", encoding="utf-8") as said:
            process = subprocess.Popen(command, cwd=self._folder, stdout=said, stderr=subprocess.STDOUT)  # noqa: S603
            try:
                while process.poll() is None:
                    if time.monotonic() - start > patience:
                        return replace(variant, error=f"took longer than {patience:.0f} s")
                    peak = max(peak, peak_memory(process.pid))
                    time.sleep(_POLL)
            finally:
                process.kill()
                process.wait()
            seconds = time.monotonic() - start
            said.seek(0)
            lines = said.read().splitlines()
        if process.returncode != 0:
            return replace(variant, error=next((line for line in lines if line.startswith("lineart: ")), "failed"))
        page_seconds = next(json.loads(line)["seconds"] for line in lines if line.startswith("{"))
        return replace(
            variant,
            seconds=round(seconds, 3),
            page_seconds=page_seconds,
            speed=round(self._page.height * self._page.width / 1e6 / page_seconds, 3),
            memory=peak,
            difference=self._difference(variant),
        )

    def _difference(self, variant: Row) -> int | None:
        with Image.open(self._folder / "ink" / "page.png") as image:
            ink = np.asarray(image.convert("L"))
        if self._exact is None and variant.choice.precision == "f32":
            self._exact = ink
        if self._exact is None:
            return None
        return int(np.abs(ink.astype(np.int16) - self._exact).max())


def _best(rows: list[Row], precision: str) -> Row | None:
    """The row for the sentence and for `--save`, in tiles and precision that the plan takes by itself on its device.

    Args:
        rows: all.
        precision: of the plan, on the CPU; elsewhere it is f32.
    """
    done = [row for row in rows if not row.error and row.tile is None]
    own = [row for row in done if row.choice.precision == (precision if row.choice.device == "CPU" else "f32")]
    able = own or [row for row in done if row.choice.precision == "f32"]
    if not able:
        return None
    fastest = min(able, key=lambda row: row.page_seconds)
    return fastest if fastest.page_seconds < CLEARLY * able[0].page_seconds else able[0]


def _reckoned(best: Row, a4: PageSize, page: PageSize, card: ModelCard, hardware: Hardware, request: Request) -> Row:
    """What an A4 page would take, going by a smaller one; it has no speed of its own."""
    wish = replace(request, backend=best.choice.backend, device=best.choice.device)
    whole, part = (plan(each, card, hardware, wish) for each in (a4, page))
    seconds = best.seconds + best.page_seconds * (whole.computed_megapixels / part.computed_megapixels - 1)
    return replace(best, seconds=seconds, memory=round(best.memory * whole.memory / part.memory), speed=0.0)


def _sentence(whole: Row | None) -> str:
    """The result, from the row of an A4 page."""
    if whole is None:
        return "Nothing could be measured; the reasons are in the table."
    about, how = ("", "") if whole.speed else ("about ", ", reckoned from a quarter of one")
    figures = f"{whole.seconds:.1f} s and {whole.memory / 1e6:.0f} MB"
    return f"An A4 page at 300 dpi takes {about}{figures} on this machine{how}."
