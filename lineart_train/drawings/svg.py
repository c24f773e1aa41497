"""The lines of an SVG drawing: its strokes where they are seen, and the middle of what is filled as a line is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element, tostring

import cv2
import numpy as np
import resvg_py
import svgelements
from defusedxml import ElementTree
from numpy.typing import NDArray

from lineart_train.drawings.line import SIDE, Floats, Line, Lines, Mask, NoLines
from lineart_train.drawings.trace import centre_lines, ink_of, line_width, outlined, traced
from lineart_train.generator.scenes.curves import arc_length, resample

_LARGEST = 3072  # px of the long side that a drawing is rendered to, at most
_WIDTH = 3.0  # px of most strokes from which their colour is told beyond doubt
_STEP = 2.0  # px between the places of a stroke that are looked at
_ALIKE = 60  # of 255, by which a stroke may look another colour than it says: its edge is blended
_OPAQUE = 0.95  # opacity from which a stroke looks as it says
_PALEST = 0.2  # darkness of a stroke that is a line, at least
_BRIDGED = 1.5  # widths of a stroke for which it may be covered: another line crosses it
_BESIDE = 2.0  # px beside a stroke that belong to it
_CURVED = 48  # places of a curve that it is drawn through, at most
_CURVE_STEP = 3.0  # px between them
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "mm": 96 / 25.4, "cm": 960 / 25.4}


@dataclass(frozen=True)
class _Stroke:
    """A stroke as it is drawn: its middle, its width in px, its colour (3,) RGB, 0 to 255, and its opacity."""

    points: Floats
    width: float
    colour: NDArray[np.float32]
    opacity: float


def lines_of(text: str) -> Lines:
    """The lines of a drawing.

    Args:
        text: of an SVG file.

    Raises:
        NoLines: it has no size, or shows no lines.
        Exception: it is damaged.
    """
    root = ElementTree.fromstring(text)
    view = _view(root)
    strokes = list(_strokes(root, view, SIDE))
    widths = [each.width for each in strokes]
    side = int(np.clip(SIDE * _WIDTH / np.median(widths), SIDE, _LARGEST)) if widths else 2 * SIDE
    if side != SIDE:
        strokes = list(_strokes(root, view, side))
    picture = _rendered(root, view, side)
    dark = 1 - cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    seen = [line for stroke in strokes for line in _seen(stroke, picture)]
    filled = _filled(dark, seen) if seen else traced(dark)
    return Lines([*seen, *filled], dark.shape[1], dark.shape[0])


def _filled(dark: Floats, strokes: list[Line]) -> list[Line]:
    """The middle of what is drawn by other means than strokes."""
    ink = ink_of(dark)
    width = line_width(ink)
    rest = outlined(ink, width).astype(np.uint8)
    for line in strokes:
        broad = max(round(line.width + 2 * _BESIDE), 1)
        cv2.polylines(rest, [np.floor(line.points).astype(np.int32)], False, 0, broad)
    core = cv2.morphologyEx(rest, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    return centre_lines(core, width)


def _view(root: Element) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is shown of a drawing, in its own units."""
    box = [float(each) for each in re.findall(_NUMBER, root.get("viewBox", ""), re.IGNORECASE)]
    if len(box) == 4 and min(box[2:]) > 0:
        return box[0], box[1], box[2], box[3]
    width, height = (_length(root.get(name, "")) for name in ("width", "height"))
    if not width or not height:
        raise NoLines("has no size; give it a view box")
    return 0.0, 0.0, width, height


def _length(text: str) -> float:
    found = re.fullmatch(rf"\s*({_NUMBER})\s*([a-z]*)\s*", text, re.IGNORECASE)
    return float(found[1]) * _UNITS.get(found[2].lower(), 0.0) if found else 0.0


def _sized(root: Element, view: tuple[float, float, float, float], side: int) -> tuple[str, int, int]:
    """The drawing anew, its long side `side` px long; its width and height."""
    left, top, width, height = view
    scale = side / max(width, height)
    wide, high = max(round(width * scale), 1), max(round(height * scale), 1)
    root.set("viewBox", f"{left} {top} {width} {height}")
    root.set("width", str(wide))
    root.set("height", str(high))
    return tostring(root, "unicode"), wide, high


def _rendered(root: Element, view: tuple[float, float, float, float], side: int) -> NDArray[np.uint8]:
    text, width, height = _sized(root, view, side)
    drawn = resvg_py.svg_to_bytes(svg_string=text, width=width, height=height, background="white", skip_system_fonts=True)
    picture = cv2.imdecode(np.frombuffer(drawn, np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(picture, np.uint8)


def _strokes(root: Element, view: tuple[float, float, float, float], side: int) -> Iterator[_Stroke]:
    """All strokes of a drawing whose long side is `side` px, in the order in which they are drawn."""
    text, _, _ = _sized(root, view, side)
    drawing = svgelements.SVG.parse(io.StringIO(text), reify=True)
    for shape in drawing.elements(lambda each: isinstance(each, svgelements.Shape)):
        colour, width = shape.stroke, shape.stroke_width
        if colour is None or colour.value is None or not width:
            continue
        opacity = colour.alpha / 255 * float(shape.values.get("opacity", 1))
        rgb = np.array([colour.red, colour.green, colour.blue], np.float32)
        for part in svgelements.Path(shape).as_subpaths():
            points = _flattened(svgelements.Path(part))
            if len(points) > 1 and arc_length(points)[-1] > 0:
                yield _Stroke(points, float(width), rgb, opacity)


def _flattened(path: Any) -> Floats:
    points: list[tuple[float, float]] = []
    for segment in path:
        if isinstance(segment, svgelements.Move):
            ends = [segment.end]
        elif isinstance(segment, svgelements.Line | svgelements.Close):
            ends = [segment.start, segment.end]
        else:
            count = int(np.clip(segment.length(error=1e-2, min_depth=2) / _CURVE_STEP, 4, _CURVED))
            ends = [segment.point(share) for share in np.linspace(0, 1, count + 1)]
        points += [(each.x, each.y) for each in ends if each is not None]
    kept = [one for one, other in pairwise([*points, None]) if one != other]
    return np.array(kept, np.float32).reshape(-1, 2)


def _seen(stroke: _Stroke, picture: NDArray[np.uint8]) -> Iterator[Line]:
    """The parts of a stroke that nothing covers, if it is a line at all."""
    light = float(stroke.colour @ [0.299, 0.587, 0.114]) / 255
    if (1 - light) * stroke.opacity < _PALEST:
        return
    if stroke.opacity < _OPAQUE:
        yield Line(stroke.points, stroke.width)
        return
    points = _dense(stroke.points)
    is_seen = _bridged(_looks_alike(points, stroke, picture), round(_BRIDGED * stroke.width / _STEP))
    if is_seen.all():
        yield Line(stroke.points, stroke.width)
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_seen, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        if last - first > 1:
            yield Line(points[first:last], stroke.width)


def _dense(points: Floats) -> Floats:
    """A polyline with its corners and more places between them, some `_STEP` px apart."""
    parts = [resample(np.stack(each), _STEP)[:-1] for each in pairwise(points)]
    return np.concatenate([*parts, points[-1:]]).astype(np.float32)


def _looks_alike(points: Floats, stroke: _Stroke, picture: NDArray[np.uint8]) -> Mask:
    """(N,) whether the picture has the stroke's colour at places, or beside them."""
    high, wide, _ = picture.shape
    blended = _ALIKE + (255 - _ALIKE) * np.clip(1 - stroke.width / 2, 0, 1)  # a hair has no pixel of its own
    x, y = np.floor(points).astype(int).T
    alike = np.zeros(len(points), bool)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            colour = picture[np.clip(y + dy, 0, high - 1), np.clip(x + dx, 0, wide - 1)].astype(np.float32)
            alike |= np.abs(colour - stroke.colour).max(1) < blended
    return np.asarray(alike & (x >= -1) & (x <= wide) & (y >= -1) & (y <= high))


def _bridged(is_seen: Mask, most: int) -> Mask:
    """Without gaps of up to `most` places between what is seen."""
    edges = np.flatnonzero(np.diff(is_seen.astype(np.int8))) + 1
    filled = is_seen.copy()
    for first, last in pairwise(edges):
        if not is_seen[first] and last - first <= most:
            filled[first:last] = True
    return filled
