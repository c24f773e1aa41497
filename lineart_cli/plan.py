"""How a page is to be inked on a machine: one pure function, and a reason for each of its choices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from lineart_cli.engines.base import EngineChoice
from lineart_cli.errors import ArgumentError
from lineart_cli.hardware import RUNTIMES, Device, Hardware
from lineart_cli.model_card import ModelCard
from lineart_cli.options import InkOptions, bytes_text
from lineart_cli.regions import Tile, best_tiles, plan_tiles

MOST_BY_DEFAULT = 1_000_000_000
FREE_BY_DEFAULT = 0.6
"""What a run may take where nobody says: so many bytes, or this share of what is free, the less."""

MODEST = 200_000_000
"""Bytes for the runtime's work where nobody says: an A4 page is then inked in three bands of rows."""

SAME_SCALE = 0.02
"""Pages whose dpi differ from the network's by no more than this share are worked on as they are."""


@dataclass(frozen=True)
class _Appetite:
    """What a runtime takes, as measured: bytes before it sees a page, then bytes for a window by its pixels.

    `first` and `more` are shares of what the model's card says of a pixel: for the pixels up to `_KNEE`, and beyond.
    """

    base: int
    first: float
    more: float

    def bytes(self, px: float, per_px: float) -> float:
        return self.base + per_px * (self.first * min(px, _KNEE) + self.more * max(px - _KNEE, 0))

    def px(self, room: float, per_px: float) -> int:
        """The largest window that keeps within `room` bytes, at least 1 px."""
        share = (room - self.base) / per_px
        return max(1, int(min(share / self.first, _KNEE) + max(share - self.first * _KNEE, 0) / self.more))


_KNEE = 2_500_000
_APPETITES = {"openvino": _Appetite(165_000_000, 1, 1), "onnxruntime": _Appetite(125_000_000, 2.2, 0.4)}

READING = 8
"""Bytes per pixel of a page that is being read: the decoder's colours, and the grey."""

WRITING = {"webp": 20}
"""Bytes per pixel of a page that is being written, for the formats whose encoder needs more than `READING`."""

SKETCH = 4
"""Bytes per pixel of a window: what the network is given."""

_ROUND = 10_000_000  # of the memory that is advised


@dataclass(frozen=True)
class PageSize:
    """A page: pixels, and how many of them an inch has."""

    height: int
    width: int
    dpi: float

    def fitted(self, dpi: float) -> tuple[float, tuple[int, int]]:
        """The scale and the height and width at which a network for `dpi` works on the page."""
        scale = self.dpi / dpi
        if abs(scale - 1) <= SAME_SCALE:
            scale = 1.0
        return scale, (max(1, round(self.height / scale)), max(1, round(self.width / scale)))


@dataclass(frozen=True)
class Wishes:
    """What the user asks for; see `InkOptions`. None and `auto` leave it to the plan.

    `format` is that of the ink; `measured` is what `lineart bench --save` found to be best on this very machine.
    """

    backend: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    tile: int | None = None
    threads: int | None = None
    jobs: int | None = None
    max_memory: int | None = None
    format: str = "png"
    measured: EngineChoice | None = None

    @classmethod
    def of(cls, options: InkOptions, measured: EngineChoice | None = None) -> Wishes:
        """The wishes among the options of `lineart ink`."""
        return cls(
            options.backend,
            options.device,
            options.precision,
            options.tile,
            options.threads,
            options.jobs,
            options.max_memory,
            options.format,
            measured,
        )


@dataclass(frozen=True)
class Plan:
    """How a page will be inked.

    Attributes:
        choice: runtime, device, precision and threads.
        tiles: of the page at the network's resolution; all windows have one shape.
        memory: expected peak of the process, bytes.
        reasons: one line for each choice.
    """

    choice: EngineChoice
    tiles: tuple[Tile, ...]
    memory: int
    reasons: tuple[str, ...]

    @property
    def window(self) -> tuple[int, int]:
        """Height and width of what the network is given, px."""
        return self.tiles[0].window.shape

    @property
    def computed_megapixels(self) -> float:
        """What the network computes for the page, halos included."""
        return len(self.tiles) * math.prod(self.window) / 1e6

    def __str__(self) -> str:
        choice, (height, width) = self.choice, self.window
        tiles = f"{len(self.tiles)} x {height} x {width} px, {self.computed_megapixels:.1f} megapixels computed"
        runtime = f"{choice.backend} on {choice.device} in {choice.precision}, threads {choice.threads}"
        return f"{runtime}; {tiles}; {bytes_text(self.memory)}"


def plan(page: PageSize, card: ModelCard, hardware: Hardware, wishes: Wishes) -> Plan:
    """Choose how to ink a page.

    Args:
        page: its size.
        card: of the model.
        hardware: with its devices, if `wishes` names one that is not the CPU.
        wishes: of the user; they are granted, or refused with an error.

    Raises:
        ArgumentError: a wish cannot be granted, or the page does not fit in the memory; the message says what would do.
    """
    backend, why_backend = _backend(hardware, wishes)
    device, why_device = _device(hardware, wishes, backend)
    precision, why_precision = _precision(hardware, wishes, backend, device)
    threads, why_threads = _threads(hardware, wishes)
    tiles, memory, why_tiles = _Memory(page, card, hardware, wishes, backend).tiles()
    return Plan(
        EngineChoice(backend, device, precision, threads),
        tiles,
        memory,
        (
            f"backend {backend}: {why_backend}",
            f"device {device}: {why_device}",
            f"precision {precision}: {why_precision}",
            f"threads {threads}: {why_threads}",
            *why_tiles,
        ),
    )


def _backend(hardware: Hardware, wishes: Wishes) -> tuple[str, str]:
    if wishes.backend != "auto":
        if wishes.backend not in hardware.runtimes:
            raise ArgumentError("--backend", wishes.backend, f"is not installed; run pip install {wishes.backend}")
        return wishes.backend, "as asked for"
    if not hardware.runtimes:
        raise ArgumentError("--backend", "auto", f"no runtime is installed; run pip install {RUNTIMES[0]}")
    if not _is_cpu(wishes.device):
        able = [name for name in hardware.runtimes if _find(hardware, wishes.device, name)]
        if able:
            return able[0], f"the one that knows the device {wishes.device}"
    measured = wishes.measured
    if measured and measured.backend in hardware.runtimes and wishes.precision in {"auto", "f32"}:
        return measured.backend, "the fastest here, says lineart bench"
    first = hardware.runtimes[0]
    return first, "the first choice on a CPU" if first == RUNTIMES[0] else f"{RUNTIMES[0]} is not installed"


def _device(hardware: Hardware, wishes: Wishes, backend: str) -> tuple[str, str]:
    if _is_cpu(wishes.device):
        return "CPU", "as asked for" if wishes.device != "auto" else "the same ink on every machine"
    found = _find(hardware, wishes.device, backend)
    if found is None:
        names = [each.name for each in hardware.devices if each.runtime == backend]
        known = ", ".join(dict.fromkeys(["CPU", *names]))
        raise ArgumentError("--device", wishes.device, f"{backend} finds no such device here; there is {known}")
    return found.name, f"as asked for: {found.full_name}"


def _is_cpu(device: str) -> bool:
    return device.lower() in {"auto", "cpu"}


def _find(hardware: Hardware, name: str, backend: str) -> Device | None:
    """The device of that name; `GPU` stands for the first of several."""
    devices = sorted((each for each in hardware.devices if each.runtime == backend), key=lambda each: each.name)
    matches = [each for each in devices if name.lower() in {each.name.lower(), each.name.lower().partition(".")[0]}]
    return matches[0] if matches else None


def _precision(hardware: Hardware, wishes: Wishes, backend: str, device: str) -> tuple[str, str]:
    if wishes.precision == "auto":
        return "f32", "the same ink on every machine"
    if wishes.precision == "bf16":
        if backend != "openvino":
            raise ArgumentError("--precision", "bf16", f"{backend} computes f32 only; use f32, or --backend openvino")
        found = _find(hardware, device, backend)
        able = hardware.has_bf16 if device == "CPU" else found is not None and "BF16" in found.capabilities
        if able is False:
            name = hardware.cpu if device == "CPU" else device
            raise ArgumentError("--precision", "bf16", f"{name} does not compute it natively; use --precision f32")
    return wishes.precision, "as asked for"


def _threads(hardware: Hardware, wishes: Wishes) -> tuple[int, str]:
    if wishes.threads is not None:
        return wishes.threads, "as asked for"
    ours = max(1, math.floor(min(hardware.cores, hardware.share)))
    if hardware.share < hardware.cores:
        return ours, f"{hardware.share:g} of {hardware.cores} cores are ours"
    return ours, "one for each physical core"


@dataclass(frozen=True)
class _Memory:
    """How much a page takes in tiles of one size or another, and how much it may take."""

    page: PageSize
    card: ModelCard
    hardware: Hardware
    wishes: Wishes
    backend: str

    def tiles(self) -> tuple[tuple[Tile, ...], int, Iterator[str]]:
        """The tiles, the expected memory, and why."""
        tiles = self._chosen()
        memory = self._needed(tiles)
        if memory > self._limit:
            raise self._refusal(tiles)
        return tiles, memory, self._reasons(tiles, memory)

    @property
    def _limit(self) -> int:
        most = min(MOST_BY_DEFAULT, int(FREE_BY_DEFAULT * self.hardware.memory_free))
        return most if self.wishes.max_memory is None else self.wishes.max_memory

    def _chosen(self) -> tuple[Tile, ...]:
        _, size = self.page.fitted(self.card.dpi)
        if self.wishes.tile is not None:
            return plan_tiles(*size, (self.wishes.tile, self.wishes.tile), self.card.multiple_of, self.card.halo_px)
        room = self._appetite.px(self._limit - self._for_pixels(), self._per_px)
        return self._best(min(room, int(MODEST / self.card.bytes_per_px)) if self.wishes.max_memory is None else room)

    def _best(self, most_px: int) -> tuple[Tile, ...]:
        _, size = self.page.fitted(self.card.dpi)
        return best_tiles(*size, most_px, self.card.multiple_of, self.card.halo_px)

    @property
    def _appetite(self) -> _Appetite:
        return _APPETITES[self.backend]

    @property
    def _per_px(self) -> float:
        return self.card.bytes_per_px + SKETCH

    def _needed(self, tiles: tuple[Tile, ...]) -> int:
        """Bytes of the whole process at its peak."""
        return int(self._for_pixels() + self._appetite.bytes(math.prod(tiles[0].window.shape), self._per_px))

    def _for_pixels(self) -> int:
        """Bytes of the page itself, in all its states, and of others that are read or written meanwhile."""
        scale, size = self.page.fitted(self.card.dpi)
        page_px, fitted_px = self.page.height * self.page.width, math.prod(size)
        inking = 5 * page_px if scale == 1 else max(4 * page_px + 6 * fitted_px, 5 * page_px + 2 * fitted_px)
        coding = max(READING, WRITING.get(self.wishes.format, 0)) * page_px
        return max(inking, coding) + coding * ((self.wishes.jobs or 1) - 1)

    def _refusal(self, tiles: tuple[Tile, ...]) -> ArgumentError:
        least = self._needed(self._best(1) if self.wishes.tile is None else tiles)
        page = f"a page of {self.page.height} x {self.page.width} px"
        if self.page.height * self.page.width == 1:
            page = "even the smallest page"
        advice = f"{page} needs {_up(least)}; give --max-memory {_up(least)}"
        if self.wishes.tile is not None:
            advice += ", or a smaller --tile"
        given = self.wishes.max_memory
        default = f"{bytes_text(self._limit)}, the default with {bytes_text(self.hardware.memory_free)} free"
        return ArgumentError("--max-memory", bytes_text(given) if given is not None else default, advice)

    def _reasons(self, tiles: tuple[Tile, ...], memory: int) -> Iterator[str]:
        count, (height, width) = len(tiles), tiles[0].window.shape
        limit, free = bytes_text(self._limit), bytes_text(self.hardware.memory_free)
        if self.wishes.tile is not None:
            why = "as asked for"
        elif count == 1:
            why = "the whole page fits"
        elif self.wishes.max_memory is not None:
            why = f"the fewest computed pixels within {limit}"
        else:
            why = f"the fewest computed pixels with about {bytes_text(MODEST)} for the network's work"
        yield f"tiles {count} x {height} x {width} px: {why}"
        asked = f"--max-memory {limit}" if self.wishes.max_memory is not None else f"{limit} allowed, {free} are free"
        yield f"memory {bytes_text(memory)}: {asked}"


def _up(memory: int) -> str:
    return bytes_text(-(-memory // _ROUND) * _ROUND)
