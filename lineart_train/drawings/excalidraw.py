"""Excalidraw's libraries and scenes become SVG drawings, straight where its own hand would tremble."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import quoteattr

Point = tuple[float, float]

KINDS = ("excalidrawlib", "excalidraw")
"""What files call themselves."""
_MARGIN = 4.0  # stroke widths around a drawing
_FREE = 2.0  # times as broad as it says is a line drawn by hand
_ROUND = 32.0  # px of a round corner, at most
_ROUND_SHARE = 0.25  # of the short side, likewise


def drawings(held: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The name and the SVG text of each drawing of a library, or of the one of a scene.

    Raises:
        Exception: it is damaged.
    """
    if held["type"] == "excalidraw":
        yield "", _svg(held["elements"])
        return
    for number, item in enumerate(held.get("libraryItems") or held.get("library") or []):
        elements = item if isinstance(item, list) else item.get("elements") or item.get("items") or []
        yield str(number), _svg(elements)


def _svg(elements: list[dict[str, Any]]) -> str:
    drawn = [each for each in elements if each["type"] in _PATHS and not each.get("isDeleted")]
    corners = [corner for each in drawn for corner in _turned(each, _corners(each))]
    if not corners:
        return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    margin = _MARGIN * max(_width(each) for each in drawn)
    (left, right), (top, bottom) = ((min(each) - margin, max(each) + margin) for each in zip(*corners, strict=True))
    shapes = "".join(_shape(each) for each in drawn)
    view = f"{left} {top} {right - left} {bottom - top}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}">{shapes}</svg>'


def _shape(element: dict[str, Any]) -> str:
    fill = element.get("backgroundColor", "transparent") if element.get("fillStyle") == "solid" else "transparent"
    (x, y), angle = _middle(element), math.degrees(element.get("angle") or 0)
    attributes = {
        "d": _PATHS[element["type"]](element),
        "transform": f"rotate({angle} {x} {y})",
        "stroke": _colour(element.get("strokeColor", "#000000")),
        "fill": _colour(fill) if _is_closed(element) else "none",
        "stroke-width": str(_width(element)),
        "opacity": str((100 if element.get("opacity") is None else element["opacity"]) / 100),
    }
    return f"<path {' '.join(f'{name}={quoteattr(value)}' for name, value in attributes.items())}/>"


def _colour(name: str) -> str:
    return "none" if name == "transparent" else name


def _width(element: dict[str, Any]) -> float:
    return float(element.get("strokeWidth", 1)) * (_FREE if element["type"] in {"freedraw", "draw"} else 1)


def _is_closed(element: dict[str, Any]) -> bool:
    points = element.get("points")
    return not points or points[0] == points[-1]


def _points(element: dict[str, Any]) -> list[Point]:
    return [(element["x"] + each[0], element["y"] + each[1]) for each in element["points"]]


def _corners(element: dict[str, Any]) -> list[Point]:
    if element.get("points"):
        return _points(element)
    x, y, width, height = (float(element[name]) for name in ("x", "y", "width", "height"))
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def _middle(element: dict[str, Any]) -> Point:
    (left, right), (top, bottom) = ((min(each), max(each)) for each in zip(*_corners(element), strict=True))
    return (left + right) / 2, (top + bottom) / 2


def _turned(element: dict[str, Any], corners: list[Point]) -> Iterator[Point]:
    (x, y), angle = _middle(element), element.get("angle") or 0
    for one, other in corners:
        dx, dy = one - x, other - y
        yield x + dx * math.cos(angle) - dy * math.sin(angle), y + dx * math.sin(angle) + dy * math.cos(angle)


def _is_round(element: dict[str, Any]) -> bool:
    return bool(element.get("roundness")) or element.get("strokeSharpness") == "round"


def _polyline(points: list[Point]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def _line(element: dict[str, Any]) -> str:
    """Lines and arrows: straight from point to point, or a Catmull-Rom curve through them."""
    points = _points(element)
    if not _is_round(element) or len(points) < 3:
        return _polyline(points)
    ring = points[0] == points[-1]
    before, after = (points[-2], points[1]) if ring else (points[0], points[-1])
    padded = [before, *points, after]
    path = f"M{points[0][0]} {points[0][1]}"
    for number, (start, end) in enumerate(pairwise(points)):
        one = [start[axis] + (end[axis] - padded[number][axis]) / 6 for axis in (0, 1)]
        other = [end[axis] - (padded[number + 3][axis] - start[axis]) / 6 for axis in (0, 1)]
        path += f"C{one[0]} {one[1]} {other[0]} {other[1]} {end[0]} {end[1]}"
    return path


def _rectangle(element: dict[str, Any]) -> str:
    (x, y), (right, _), (_, bottom), _ = _corners(element)
    if not _is_round(element):
        return _polyline(_corners(element)) + "Z"
    r = min(_ROUND, _ROUND_SHARE * min(right - x, bottom - y))
    arc = f"A{r} {r} 0 0 1 "
    sides = [(right - r, y, right, y + r), (right, bottom - r, right - r, bottom)]
    sides += [(x + r, bottom, x, bottom - r), (x, y + r, x + r, y)]
    return f"M{x + r} {y}" + "".join(f"L{a} {b}{arc}{c} {d}" for a, b, c, d in sides) + "Z"


def _diamond(element: dict[str, Any]) -> str:
    (left, top), (right, _), (_, bottom), _ = _corners(element)
    x, y = (left + right) / 2, (top + bottom) / 2
    return _polyline([(x, top), (right, y), (x, bottom), (left, y)]) + "Z"


def _ellipse(element: dict[str, Any]) -> str:
    (left, top), (right, _), (_, bottom), _ = _corners(element)
    arc = f"A{(right - left) / 2} {(bottom - top) / 2} 0 0 1 "
    y = (top + bottom) / 2
    return f"M{left} {y}{arc}{right} {y}{arc}{left} {y}Z"


_PATHS = {
    "line": _line,
    "arrow": _line,
    "freedraw": lambda element: _polyline(_points(element)),
    "draw": lambda element: _polyline(_points(element)),
    "rectangle": _rectangle,
    "diamond": _diamond,
    "ellipse": _ellipse,
}
