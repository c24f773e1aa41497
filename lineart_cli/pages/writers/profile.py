"""ICC profiles for what lineart writes: grey and RGB, both with the curve of sRGB.

Grey is luma of encoded values, so a grey page means what an sRGB page with three equal channels means. Browsers and
most painting programs take grey without a profile like that too; Photoshop takes it for print, at a dot gain of 20 %,
and changes the edges of the ink. The profiles are of version 2 (ICC.1:2001-04), which every program reads.
"""

from __future__ import annotations

import struct
from functools import cache

import numpy as np

_D50 = (0.9642, 1.0, 0.8249)
_PRIMARIES = {"r": (0.43607, 0.22249, 0.01392), "g": (0.38515, 0.71687, 0.09708), "b": (0.14307, 0.06061, 0.71410)}
"""XYZ of sRGB's red, green and blue, adapted to D50."""

_CURVE_POINTS = 256  # linear in between, the curve is then off by less than half of a 16-bit step
_HEADER = 128


@cache
def icc_profile(samples: int) -> bytes:
    """The profile for pixels of so many colour samples: 1 (grey) or 3 (RGB); the same bytes on every machine."""
    curve = b"curv" + struct.pack(">4xI", _CURVE_POINTS) + _srgb_curve().astype(">u2").tobytes()
    if samples == 1:
        name, space, colours = "Grey with the curve of sRGB", b"GRAY", {b"kTRC": curve}
    else:
        name, space, colours = "sRGB", b"RGB ", {f"{each}XYZ".encode(): _xyz(_PRIMARIES[each]) for each in _PRIMARIES}
        colours |= {f"{each}TRC".encode(): curve for each in _PRIMARIES}
    return _assemble(space, {b"desc": _description(name), b"cprt": _text("No rights"), b"wtpt": _xyz(_D50)} | colours)


def _srgb_curve() -> np.ndarray:
    """IEC 61966-2-1: light, 0 to 65535, for encoded values in equal steps."""
    encoded = np.linspace(0, 1, _CURVE_POINTS)
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.round(light * 65535)


def _assemble(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body, places = b"", b"", dict[bytes, int]()
    start = _HEADER + 4 + 12 * len(tags)
    for name, data in tags.items():
        if data not in places:  # equal curves are kept once
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", places[data], len(data))
    header = struct.pack(">I4xI", start + len(body), 0x02400000) + b"mntr" + space + b"XYZ "
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _numbers(_D50)
    return header.ljust(_HEADER, b"\0") + struct.pack(">I", len(tags)) + table + body


def _numbers(values: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + _numbers(values)


def _text(text: str) -> bytes:
    return b"text" + bytes(4) + text.encode() + b"\0"


def _description(text: str) -> bytes:
    ascii_text = text.encode() + b"\0"
    return b"desc" + struct.pack(">4xI", len(ascii_text)) + ascii_text + bytes(4 + 4 + 2 + 1 + 67)
