"""How a stroke ends: where its last point is, and how much ink there is around it."""

from __future__ import annotations

import cv2
import numpy as np

from lineart_cli.brushes.noise import Floats
from lineart_cli.brushes.style import CAPS, hats

_RISES = (0.56, 1.37)
"""Half widths in which the ink of a round end rises from a tenth to nine tenths: of one solid stamp, where it is the
chord of a circle; and of many faint ones that add up, where it is the area on one side of the chord."""
_BEYOND = (0.87, 0.0)
"""Half widths from the last point to where half of the ink is, for both."""
_SMOOTH = 0.25  # half widths over which the ink is averaged
_LEVEL = (2.5, 10.0)  # half widths before the end of the ink where it is level
_GENTLE = 0.1  # weight of a straight centre line of the factors
_FIXED = 100.0  # times as much weight of the last one


def place(centre_line: Floats, half: float) -> float:
    """Where the last point of a stroke is: between what a solid stamp and what faint ones would have to be.

    Args:
        centre_line: (N,) ink per px of the stroke up to where there is none.
        half: half its width, px.

    Returns:
        A column.
    """
    even = cv2.GaussianBlur(centre_line[None].astype(np.float32), (0, 0), sigmaX=_SMOOTH * half, sigmaY=0.1)[0][::-1]
    near, far = (min(round(each * half), len(even) - 1) for each in _LEVEL)
    share = even / max(float(np.median(even[near : far + 1])), 1e-6)
    tenth, middle, most = (_reached(share, each) for each in (0.1, 0.5, 0.9))
    return len(even) - 1 - middle - float(np.interp((most - tenth) / half, _RISES, _BEYOND)) * half


def _reached(rising: Floats, level: float) -> float:
    after = int(np.argmax(rising >= level))
    if after == 0:
        return 0.0
    before = float(rising[after - 1])
    return after - (float(rising[after]) - level) / max(float(rising[after]) - before, 1e-6)


def factors(seen: Floats, drawn: Floats, last: int, half: float) -> Floats:
    """Factors of the coverage of a line that simply ends, with which it has as much ink near its end as a stroke.

    Args:
        seen: (N,) ink per px of the stroke.
        drawn: (N,) ink per px of the line.
        last: column of the last point of both.
        half: half of the width, px.

    Returns:
        (len(CAPS),) in [0, 2], 1 at the end.
    """
    way = (last - np.arange(len(seen))) / half
    level = (way > CAPS[-1]) & (way < 3 * CAPS[-1])
    wanted = seen * (drawn[level].sum() / max(float(seen[level].sum()), 1e-6))
    near = way < CAPS[-1]
    at = np.interp(way[near], CAPS, np.arange(len(CAPS)))
    inked = (hats(at, len(CAPS)) * drawn[near]).T
    # By least squares, drawn gently to straight lines between.
    gentle = _GENTLE * float(np.linalg.norm(inked)) / np.sqrt(len(CAPS))
    bend, fixed = gentle * np.diff(np.eye(len(CAPS)), 2, axis=0), _FIXED * gentle * np.eye(len(CAPS))[-1:]
    values = np.concatenate([wanted[near], np.zeros(len(bend)), fixed[:, -1]])
    found = np.linalg.lstsq(np.vstack([inked, bend, fixed]), values, rcond=None)[0]
    return np.append(np.clip(found[:-1], 0, 2), 1.0)
