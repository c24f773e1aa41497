"""Turns sketches into clean ink. Importing this package loads nothing else; its names are loaded when they are used."""

import importlib
import os
from typing import Any

__version__ = "0.7.0"

PARENT = os.getppid()
"""The process that started this one, asked before anything is loaded that takes time; it may be gone by then."""

_HOMES = {
    "Inker": "api",
    "ink_page": "api",
    "ArgumentError": "errors",
    "EngineError": "errors",
    "LineartError": "errors",
    "ModelError": "errors",
    "PageError": "errors",
}

__all__ = ["ArgumentError", "EngineError", "Inker", "LineartError", "ModelError", "PageError", "ink_page"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
