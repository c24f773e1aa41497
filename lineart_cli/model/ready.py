"""A network made ready by OpenVINO: compiled, or as it was compiled before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from lineart_cli.model.compiled import CompiledNetworks


def ready(
    core: Any,
    network: Path,
    device: str,
    settings: dict[str, Any],
    read: Callable[[], Any],
    compiled: CompiledNetworks,
    shape: tuple[int, int] | None = None,
) -> Any:
    """Find a network among those that were compiled before, or compile it and keep it there.

    Args:
        core: OpenVINO's.
        network: the file.
        device: that it is to run on.
        settings: of the device.
        read: gives the network itself.
        compiled: where it is kept.
        shape: of its input, if it is for one alone.

    Raises:
        RuntimeError: OpenVINO cannot prepare it.
    """
    key = _key(core, network, device, settings, shape)
    model = _kept(core, device, settings, compiled.find(key))
    if model is None:
        model = core.compile_model(read(), device, settings)
        compiled.keep(key, model.export_model().getvalue())
    return model


def _key(core: Any, network: Path, device: str, settings: dict[str, Any], shape: tuple[int, int] | None) -> str:
    """All that a compiled network depends on."""
    from openvino import get_version

    contents = hashlib.sha256(network.read_bytes()).hexdigest()
    machine = core.get_property(device, "FULL_DEVICE_NAME"), os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    return repr((contents, get_version(), device, machine, sorted(settings.items()), shape))


def _kept(core: Any, device: str, settings: dict[str, Any], compiled: bytes | None) -> Any:
    """A network that was compiled before; None where there is none, or the runtime no longer takes it."""
    if compiled is None:
        return None
    try:
        return core.import_model(BytesIO(compiled), device, settings)
    except RuntimeError:
        return None
