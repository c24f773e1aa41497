"""The card of a model: all that is known about its network without opening it."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lineart_cli.errors import ModelError

CARD = "card.toml"

RUNTIMES = ("openvino", "onnxruntime")
"""The runtimes that lineart can use, the one it prefers first; a card knows the memory of each."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class TestPage:
    """A page that proves the model: `network` must turn `input` into `output`.

    Attributes:
        input: picture of the darkness that the network is given, with an empty draft; white is 0, black is 1.
        output: picture of the coverage that comes out; white is none, black is full.
        thickness: working px.
        tolerance: largest difference of the level between runtimes, px.
    """

    __test__ = False  # no test class, whatever pytest thinks of the name

    input: Path
    output: Path
    thickness: float
    tolerance: float


@dataclass(frozen=True)
class Footprint:
    """Bytes of a process that runs the network: before it sees a tile, and for each px of a tile's window."""

    base: float
    per_px: float


@dataclass(frozen=True)
class Draft:
    """The ink of a first pass over a page, which the network is given beside the sketch in the next pass.

    Attributes:
        thickness: of its lines, working px.
        scale: share of the working resolution at which the first pass is made: 1, 1/2, 1/4, ...
    """

    thickness: float
    scale: float

    @property
    def step(self) -> int:
        """Working px beside each other that the first pass sees as one."""
        return round(1 / self.scale)

    def shape(self, page: tuple[int, int]) -> tuple[int, int]:
        """Height and width at which the first pass sees a page of that height and width; halves count as whole."""
        return -(-page[0] // self.step), -(-page[1] // self.step)


@dataclass(frozen=True)
class ModelCard:
    """What a model folder says of itself.

    Attributes:
        network: the ONNX file; inputs `sketch` (1, 2, H, W: darkness and draft) and `thickness`, output
            `level`.
        sha256: of that file, hexadecimal.
        halo_px: how far a pixel of the network's output sees, px.
        multiple_of: height and width of the input are multiples of this, px.
        dpi: resolution of the network's pixels, the working px, of a page whose scale is 1.
        thickness_px: least and greatest thickness of lines it can draw, working px.
        level_px: the level is clipped to about +- this, working px.
        kmac_per_px: thousand multiply-adds per input pixel.
        memory: by runtime and precision, such as `openvino_f32`.
        training: free table: configuration, sources of data, licences, figures.
        int8: the quantised network and its sha256, where there is one: it scored as well as f32.
        scale: the small network that reads the scale of a drawing and its sha256, where there is one.
        draft: of networks that were trained for two passes; others are given an empty one.
    """

    name: str
    version: str
    description: str
    licence: str
    network: Path
    sha256: str
    opset: int
    halo_px: int
    multiple_of: int
    dpi: float
    thickness_px: tuple[float, float]
    level_px: float
    kmac_per_px: float
    memory: dict[str, Footprint]
    test: TestPage
    training: dict[str, Any]
    int8: tuple[Path, str] | None = None
    draft: Draft | None = None
    scale: tuple[Path, str] | None = None

    @property
    def files(self) -> dict[Path, str]:
        """The networks, and the sha256 of each."""
        return {self.network: self.sha256} | dict(each for each in (self.int8, self.scale) if each)

    @property
    def scale_network(self) -> Path | None:
        """The ONNX file that reads the scale of a drawing, if there is one."""
        return self.scale[0] if self.scale else None

    def reach(self, passes: int) -> int:
        """How far a pixel of the ink sees in so many passes, px: the first is at the draft's scale."""
        if self.draft is None or passes == 1:
            return self.halo_px
        return self.halo_px * (self.draft.step + passes - 1)

    def network_for(self, precision: str) -> Path:
        """The ONNX file to run in a precision."""
        return self.int8[0] if precision == "int8" and self.int8 else self.network

    def footprint(self, backend: str, precision: str) -> Footprint:
        """The memory of a runtime in a precision; that of f32, which is no less, where only that was measured."""
        return self.memory.get(f"{backend}_{precision}") or self.memory[f"{backend}_f32"]


def load(folder: Path) -> ModelCard:
    """Read the card of a model folder; the files it names are not opened.

    Raises:
        ModelError: there is no card, it is no TOML, or a key is missing or has a wrong value; the message names it.
    """
    path = folder / CARD
    try:
        top = _Table(path, "", tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); a model folder needs a card") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: is no TOML ({error}); install the model again") from error
    network, test = top.table("network"), top.table("test")
    return ModelCard(
        name=top.text("name"),
        version=top.text("version"),
        description=top.text("description"),
        licence=top.text("licence"),
        network=folder / network.text("file"),
        sha256=network.text("sha256"),
        opset=network.whole("opset"),
        halo_px=network.whole("halo_px", least=0),
        multiple_of=network.whole("multiple_of"),
        dpi=network.number("dpi"),
        thickness_px=network.range("thickness_px"),
        level_px=network.number("level_px"),
        kmac_per_px=network.number("kmac_per_px"),
        memory=_memory(top.table("memory")),
        test=TestPage(
            input=folder / test.text("input"),
            output=folder / test.text("output"),
            thickness=test.number("thickness"),
            tolerance=test.number("tolerance"),
        ),
        training=top.entries.get("training", {}),
        int8=_file(folder, top, "int8"),
        scale=_file(folder, top, "scale"),
        draft=_draft(top.table("draft")) if "draft" in top.entries else None,
    )


def _file(folder: Path, top: _Table, name: str) -> tuple[Path, str] | None:
    if name not in top.entries:
        return None
    table = top.table(name)
    return folder / table.text("file"), table.text("sha256")


def _draft(table: _Table) -> Draft:
    return Draft(table.number("thickness"), table.halving("scale"))


def _memory(table: _Table) -> dict[str, Footprint]:
    for runtime in RUNTIMES:
        table.pair(f"{runtime}_f32")
    return {name: Footprint(*table.pair(name)) for name in table.entries}


@dataclass(frozen=True)
class _Table:
    """A table of the card whose entries are checked as they are read."""

    path: Path
    name: str
    entries: dict[str, Any]

    def text(self, key: str) -> str:
        return self._entry(key, str, "a text")

    def whole(self, key: str, least: int = 1) -> int:
        value = self._entry(key, int, "a whole number")
        if isinstance(value, bool) or value < least:
            raise self._error(key, f"{value} is not a whole number from {least} up")
        return value

    def number(self, key: str) -> float:
        return self._positive(key, self._entry(key, object, "a number"))

    def halving(self, key: str) -> float:
        value = self.number(key)
        if math.frexp(value)[0] != 0.5 or value > 1:
            raise self._error(key, f"{value:g} is not 1, 1/2, 1/4, ...")
        return value

    def pair(self, key: str) -> tuple[float, float]:
        value = self._entry(key, list, "a list of two numbers")
        if len(value) != 2:
            raise self._error(key, f"{value} is not a list of two numbers")
        first, second = (self._positive(key, each) for each in value)
        return first, second

    def range(self, key: str) -> tuple[float, float]:
        low, high = self.pair(key)
        if low > high:
            raise self._error(key, f"{self.entries[key]} does not rise")
        return low, high

    def table(self, key: str) -> _Table:
        return _Table(self.path, f"{key}.", self._entry(key, dict, "a table"))

    def _positive(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise self._error(key, f"{value!r} is not a positive number")
        return float(value)

    def _entry(self, key: str, kind: type[_T], wanted: str) -> _T:
        if key not in self.entries:
            raise self._error(key, f"is missing; it must be {wanted}")
        value = self.entries[key]
        if not isinstance(value, kind):
            raise self._error(key, f"{value!r} is not {wanted}")
        return value

    def _error(self, key: str, what: str) -> ModelError:
        return ModelError(f"{self.path}: {self.name}{key}: {what}; install the model again")
