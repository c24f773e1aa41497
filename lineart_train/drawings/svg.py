"""The lines of an SVG drawing: its strokes where they are seen, and the middle of what is filled as a line is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element, ParseError, tostring

import cv2
import numpy as np
import resvg_py
import svgelements
from defusedxml import DefusedXmlException, ElementTree
from numpy.typing import NDArray

from lineart_cli.errors import Unreadable
from lineart_cli.pages.readers.svg import size, view_box
from lineart_train.drawings.line import MOST, SIDE, Floats, Line, Lines, Mask, check_count
from lineart_train.drawings.trace import traced
from lineart_train.generator.scenes.curves import arc_length, normals, resample

_LARGEST = 2048  # px of the long side that a drawing is rendered to, at most
_WIDTH = 3.0  # px of most strokes from which their colour is told beyond doubt
_MOST_STROKES = 5 * MOST  # of a drawing, hidden ones among them, at most
_FAR = 16  # times the long side of a drawing from which a stroke is out of sight
_STEP = 2.0  # px between the places of a stroke that are looked at
_ALIKE = 60  # of 255, by which a stroke may look another colour than it says: its edge is blended
_OPAQUE = 0.95  # opacity from which a stroke looks as it says
_PALEST = 0.2  # darkness of a stroke that is a line, at least
_BRIDGED = 1.5  # widths of a stroke for which it may be covered: another line crosses it
_UNDER = 6.0  # widths of a part of a stroke that may be another's, at most
_ASIDE = 3.0  # px beside a stroke where its own colour has ended
_MOSTLY = 0.4  # of such a part has its colour on both sides
_CURVED = 48  # places of a curve that it is drawn through, at most
_CURVE_STEP = 3.0  # px between them


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
        NoLines: it shows no lines.
        Unreadable: it is damaged, or has no size.
    """
    root = _parsed(text)
    view = _view(root)
    strokes = list(_strokes(root, view, SIDE))
    check_count(len(strokes), _MOST_STROKES)
    widths = [each.width for each in strokes]
    side = int(np.clip(SIDE * _WIDTH / np.median(widths), SIDE, _LARGEST)) if widths else _LARGEST
    if side != SIDE:
        strokes = list(_strokes(root, view, side))
    picture = _rendered(root, view, side)
    dark = np.asarray(1 - cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) / 255, np.float32)
    parts = (line for stroke in strokes for line in _seen(stroke, picture))
    seen = [line for line in parts if arc_length(line.points)[-1] > line.width / 2]  # the rest are dots
    return Lines([*seen, *traced(dark, seen)], dark.shape[1], dark.shape[0], _credit(root))


def _credit(root: Element) -> str:
    """Rights, or else creator and licence, of a drawing's metadata; empty where it has none."""
    told = dict.fromkeys(("rights", "creator", "license"), "")
    for element in root.iterfind(".//{*}metadata//*"):
        name = element.tag.rpartition("}")[2]
        link = next((value for key, value in element.items() if key.rpartition("}")[2] == "resource"), "")
        if name in told and not told[name]:
            told[name] = link or " ".join("".join(element.itertext()).split())
    return told["rights"] or ", ".join(each for each in (told["creator"], told["license"]) if each)


def _parsed(text: str) -> Element:
    try:
        root: Element = ElementTree.fromstring(text)
    except DefusedXmlException as error:
        raise Unreadable("defines entities, which may hide anything", "save it anew as plain SVG") from error
    except ParseError as error:
        raise Unreadable(f"is cut off or damaged ({error})", "download or save it again") from error
    if root.tag.rpartition("}")[2] != "svg":
        raise Unreadable("is no SVG drawing", "download it again")
    return root


def _view(root: Element) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is shown of a drawing, in its own units."""
    box = view_box(root)
    view = box if box and min(box[2:]) > 0 else (0.0, 0.0, *size(root))
    if min(view[2:]) <= 0:
        raise Unreadable("has no size", "give it a view box")
    return view


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
    drawn = resvg_py.svg_to_bytes(
        svg_string=text, width=width, height=height, background="white", skip_system_fonts=True
    )
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
            if len(points) > 1 and float(np.abs(points).max()) < _FAR * side and arc_length(points)[-1] > 0:
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
        run = points[first:last]
        if len(run) > 1 and not _is_under(run, stroke, picture):
            yield Line(run, stroke.width)


def _is_under(run: Floats, stroke: _Stroke, picture: NDArray[np.uint8]) -> bool:
    """Whether a short part of a stroke lies below something of its own colour, which shows in its stead."""
    if arc_length(run)[-1] > _UNDER * stroke.width:
        return False
    aside = normals(run) * (stroke.width / 2 + _ASIDE)
    both = _looks_alike(run + aside, stroke, picture) & _looks_alike(run - aside, stroke, picture)
    return bool(both.mean() > _MOSTLY)


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
