"""The runtimes behind one protocol; each is imported when it is first asked for."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

from lineart_cli.errors import EngineError
from lineart_cli.inference.engines.base import (
    CHANNELS,
    Engine,
    EngineChoice,
    MissingRuntimeError,
    OutOfMemoryError,
    UnusableError,
)
from lineart_cli.model.compiled import CompiledNetworks
from lineart_cli.runtimes import load

__all__ = [
    "CHANNELS",
    "CompiledNetworks",
    "Engine",
    "EngineChoice",
    "OutOfMemoryError",
    "UnusableError",
    "load_ahead",
    "open_engine",
]


def open_engine(
    network: Path, choice: EngineChoice, shape: tuple[int, int], compiled: CompiledNetworks | None = None
) -> Engine:
    """Make a network ready.

    Args:
        network: an ONNX file with inputs `sketch` (1, 2, H, W: darkness and draft) and `thickness` (1,), output `level`
            (1, 1, H, W).
        choice: runtime, device, precision and threads.
        shape: H and W of every sketch that will be given.
        compiled: networks that were compiled before, and the place for this one; where it is among them, it takes a
            fraction of the time.

    Raises:
        EngineError: the runtime is not installed, or refuses the device, the precision or the network.
    """
    if choice.backend == "openvino":
        from lineart_cli.inference.engines.openvino import OpenVinoEngine

        return OpenVinoEngine(network, choice, shape, compiled)
    if choice.backend == "onnxruntime":
        from lineart_cli.inference.engines.onnxruntime import OnnxRuntimeEngine

        return OnnxRuntimeEngine(network, choice, shape)
    if choice.backend != "auto":
        raise EngineError(f"--backend {choice.backend}: unknown; choose from auto, openvino, onnxruntime")
    return _open_first(network, choice, shape, compiled)


def load_ahead(choice: EngineChoice) -> None:
    """Begin to import the runtime that will be asked for, beside other work; what fails there is told when it is."""
    if choice.backend != "auto" and choice.backend not in sys.modules:
        Thread(target=_imported, args=(choice.backend,)).start()


def _imported(backend: str) -> None:
    with suppress(ImportError):
        load(backend)


def _open_first(
    network: Path, choice: EngineChoice, shape: tuple[int, int], compiled: CompiledNetworks | None
) -> Engine:
    from dataclasses import replace

    try:
        return open_engine(network, replace(choice, backend="openvino"), shape, compiled)
    except MissingRuntimeError as missing:
        try:
            return open_engine(network, replace(choice, backend="onnxruntime"), shape)
        except MissingRuntimeError:
            raise missing from None
