"""The network that reads scales, made ready: OpenVINO runs it in a third of OpenCV's time, OpenCV wherever it is.

What they give differs by less than a millionth of an octave.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.model.compiled import CompiledNetworks
from lineart_cli.model.ready import ready
from lineart_cli.runtimes import UNBOUND, load
from lineart_cli.stamps import Stamp, stamp

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Read = Callable[[Floats], Floats]


class _Disk:
    """Where networks are kept as they are compiled; None for nowhere."""

    folder: Path | None = None


def opened(network: Path) -> Read:
    """What runs a network, in any thread: of (1, 1, H, W) it makes (1, 2, H / 32, W / 32). It stays ready.

    Args:
        network: ONNX file, see `network.excess`.
    """
    return _kept(network, stamp(network))


def keep_compiled(folder: Path | None) -> None:
    """Keep the networks of this process, as they are compiled, in a folder too, where the next one finds them."""
    _Disk.folder = folder


def forget() -> None:
    """Let go of the networks that are kept."""
    _kept.cache_clear()


@lru_cache(maxsize=1)
def _kept(network: Path, _: Stamp | None) -> Read:
    try:
        read = _of_openvino(network)
    except (ImportError, RuntimeError):  # what is wrong with it is told when a page is inked
        read = _of_opencv(network)
    lock = Lock()

    def one_at_a_time(sketch: Floats) -> Floats:
        with lock:
            return read(sketch)

    return one_at_a_time


def _of_openvino(network: Path) -> Read:
    core = load("openvino").Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": cv2.getNumThreads(), **UNBOUND}
    compiled = ready(core, network, "CPU", settings, lambda: core.read_model(network), CompiledNetworks(_Disk.folder))

    def read(sketch: Floats) -> Floats:
        octaves = compiled.create_infer_request().infer([sketch], share_inputs=True)[compiled.output(0)]
        compiled.release_memory()
        return np.array(octaves, np.float32)

    return read


def _of_opencv(network: Path) -> Read:
    # From memory: by name, OpenCV does not find files in folders with letters beyond the code page of Windows.
    reader = cv2.dnn.readNetFromONNX(np.fromfile(network, np.uint8))

    def read(sketch: Floats) -> Floats:
        reader.setInput(sketch)
        return np.asarray(reader.forward(), np.float32)

    return read
