"""What every runtime offers, and what is asked of it."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from lineart_cli.errors import EngineError

if TYPE_CHECKING:
    import numpy.typing as npt

    Level = npt.NDArray[np.float16] | npt.NDArray[np.float32]


@dataclass(frozen=True)
class EngineChoice:
    """How a network is to be run.

    Attributes:
        backend: `auto`, `openvino` or `onnxruntime`; `auto` takes the first that is installed.
        device: a device of that runtime, in any case; `auto` is the CPU.
        precision: `auto`, `f32`, `bf16` or `int8`, which is f32 with a network of its own; `auto` is f32.
        threads: of the CPU; None leaves it to the runtime, which takes one per core.
    """

    backend: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None


CHANNELS = 2
"""Of a sketch: its darkness, and the draft."""


class Engine(Protocol):
    """A network made ready for inputs of one shape."""

    def run(self, sketch: npt.NDArray[np.float16], thickness: float) -> Level:
        """Run the network once.

        Args:
            sketch: (1, 2, H, W) float16 in [0, 1]: darkness, 0 = paper, and the draft's coverage, 0 = none; H and W as
                the engine was opened for.
            thickness: of the lines, working px.

        Returns:
            (1, 1, H, W) float16 or float32, the level: signed distance from the edge of the ink in working px, > 0
            inside. It is the engine's own memory: copy it to keep it beyond the next run.

        Raises:
            EngineError: the runtime failed, or its result has another shape or is not finite.
        """

    def rest(self) -> bool:
        """Give back the memory that a run has taken, its result too, until the next run; False where that cannot be."""


class UnusableError(EngineError):
    """A runtime or device cannot be used at all: no page can be inked with it."""


class MissingRuntimeError(UnusableError):
    """A runtime is not installed, or cannot be loaded."""

    def __init__(self, package: str, error: ImportError) -> None:
        """Tells how to install `package`, which could not be imported because of `error`."""
        super().__init__(f"--backend {package}: cannot be loaded ({error}); run pip install {package}")


class OutOfMemoryError(EngineError):
    """A runtime did not get the memory for tiles of this size."""


class CheckedEngine(ABC):
    """What all runtimes do alike: what a network gives is looked at before anybody uses it."""

    backend: ClassVar[str]

    def __init__(self, shape: tuple[int, int]) -> None:
        """Takes height and width of every sketch."""
        self._sketch_shape = (1, CHANNELS, *shape)
        self._shape = (1, 1, *shape)

    def run(self, sketch: npt.NDArray[np.float16], thickness: float) -> Level:
        """See `Engine.run`."""
        level = self._infer(sketch, np.array([thickness], np.float32))
        if level.shape != self._shape:
            what = f"the network gave {level.shape} for {self._shape}"
            raise EngineError(f"--backend {self.backend}: {what}; install the model again")
        if not _is_finite(level):
            raise EngineError(f"--backend {self.backend}: the network's result is not finite; try --precision f32")
        return level

    def rest(self) -> bool:
        """See `Engine.rest`."""
        return False

    @abstractmethod
    def _infer(self, sketch: npt.NDArray[np.float16], thickness: npt.NDArray[np.float32]) -> Level:
        """The network's output, whatever it is."""


_NO_MEMORY = re.compile(r"alloc|out.of.memory", re.IGNORECASE)
_INFINITY, _MINUS_INFINITY = 0x7C00, 0xFC00  # bits of a float16; NaN lies above, with the same sign


def failure(error: Exception, message: str) -> EngineError:
    """The error for what a runtime has raised: an OutOfMemoryError if it speaks of memory; these share no type."""
    kind = OutOfMemoryError if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)) else EngineError
    return kind(message)


def _is_finite(level: Level) -> bool:
    if level.dtype == np.float32:
        return math.isfinite(float(level.sum()))
    # By their bits, as adding float16 up is slow: the largest of those below 0, and the largest of all others.
    return int(level.view(np.uint16).max()) < _MINUS_INFINITY and int(level.view(np.int16).max()) < _INFINITY
