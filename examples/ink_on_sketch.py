"""Lays blue ink over a faded sketch, with lineart as a Python library.

python examples/ink_on_sketch.py examples/pepper.png inked.png
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image

from lineart_cli import LineartError, ink_page

BLUE = np.array([20, 40, 120])
FADED = 0.3


def inked(sketch: np.ndarray, dpi: float | None) -> np.ndarray:
    """(H, W, 3) uint8 of the sketch, (H, W, 3) uint8 too, with its ink."""
    ink = ink_page(sketch, dpi, thickness="2px", pressure="sketch", bits=16)
    coverage = ink[..., None] / 65535
    paper = 255 - FADED * (255 - sketch.astype(float))
    return np.asarray(np.rint(coverage * BLUE + (1 - coverage) * paper), np.uint8)


def main(source: str, target: str) -> None:
    try:
        with Image.open(source) as image:
            dpi = image.info.get("dpi", (None,))[0]
            sketch = np.asarray(image.convert("RGB"))
        Image.fromarray(inked(sketch, dpi)).save(target)
    except (LineartError, OSError, ValueError) as error:  # OSError and ValueError of Pillow
        sys.exit(f"{source}, {target}: {error}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: python {sys.argv[0]} SKETCH OUT")
    main(*sys.argv[1:])
