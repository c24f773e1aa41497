"""Sketches of things that keep still: a house, a flower and a robot."""

from __future__ import annotations

import math
from collections.abc import Callable

from easel import Easel

Place = tuple[float, float, float]
Wall = Callable[[float, float], Place]
"""A place on an upright plane, by how far along and how high."""


def house() -> Easel:
    """A house with a tree and a fence, seen from its corner. Lengths in metres until they are projected."""
    page = Easel(351, 248)
    page.line("0,118 50,100 100,106 150,118", "180,112 240,92 300,98 351,88", "90,104 130,92 190,94 230,96")
    for x, y, size in ((50, 38, 0.95), (300, 26, 0.8)):
        with page.frame(x, y, 0, (size, size)):
            page.flap(
                "-34,12 -36,2 -26,-2 ^-22,-4 -20,-14 -6,-16 ^0,-10 10,-16 22,-10 ^22,-2 34,-2 36,8 28,12", fine=True
            )
            page.line("-34,12 0,13 28,12", fine=True)
    _fir(page, 42, 150, 1.0)
    _fir(page, 70, 146, 0.7)
    _tree(page)
    _cottage(page)
    _fence(page)
    return page


def _cottage(page: Easel) -> None:
    page.shape(_ring((0, 0, 0), (7, 0, 0), (7, 0, 2.7), (0, 0, 2.7)))
    page.shape(_ring((0, 0, 0), (0, 5, 0), (0, 5, 2.7), (0, 2.5, 5), (0, 0, 2.7)))
    _window(page, lambda a, z: (a, 0, z), 1.0, 2.3)
    _window(page, lambda a, z: (a, 0, z), 4.9, 6.2)
    _window(page, lambda a, z: (0, a, z), 1.7, 3.3)
    page.shape(_ring((0, 2.4, 3.0), (0, 3.1, 3.0), (0, 3.1, 3.7), (0, 2.4, 3.7)), fine=True)
    page.shape(_ring((3.0, 0, 0), (4.1, 0, 0), (4.1, 0, 2.1), (3.0, 0, 2.1)))
    page.line(_path((3.37, 0, 0), (3.37, 0, 2.1)), _path((3.74, 0, 0), (3.74, 0, 2.1)), fine=True)
    page.shape(_ring((2.8, -0.5, 0), (4.3, -0.5, 0), (4.3, 0, 0.15), (2.8, 0, 0.15)), fine=True)
    # Roof: the far slope shows as a board only.
    page.shape(_ring((-0.5, 2.5, 5.15), (-0.5, 5.6, 2.35), (-0.5, 5.6, 2.15), (-0.5, 2.5, 4.93)))
    page.shape(_ring((-0.5, -0.6, 2.35), (7.5, -0.6, 2.35), (7.5, 2.5, 5.15), (-0.5, 2.5, 5.15)))
    page.shape(_ring((-0.5, -0.6, 2.35), (-0.5, 2.5, 5.15), (-0.5, 2.5, 4.93), (-0.5, -0.6, 2.15)))
    page.shape(_ring((-0.5, -0.6, 2.35), (7.5, -0.6, 2.35), (7.5, -0.6, 2.15), (-0.5, -0.6, 2.15)))
    for row, (first, last) in enumerate(((0.0, 5.2), (1.4, 7.5), (-0.5, 3.6), (3.0, 7.5))):
        v = 0.02 + 0.55 * row
        z = 2.35 + (v + 0.6) * 2.8 / 3.1
        page.line(_path((first, v, z), (last, v, z)), fine=True)
    page.shape(_ring((4.9, 1.3, 4.07), (5.7, 1.3, 4.07), (5.7, 1.3, 5.9), (4.9, 1.3, 5.9)))
    page.shape(_ring((4.9, 1.3, 4.07), (4.9, 2.1, 4.79), (4.9, 2.1, 5.9), (4.9, 1.3, 5.9)))
    page.shape(_ring((4.75, 1.15, 5.9), (5.85, 1.15, 5.9), (5.85, 1.15, 6.15), (4.75, 1.15, 6.15)))
    page.shape(_ring((4.75, 1.15, 5.9), (4.75, 2.25, 5.9), (4.75, 2.25, 6.15), (4.75, 1.15, 6.15)))
    x, y = _project((5.2, 1.7, 6.2))
    with page.frame(x, y):
        page.line("-3,-1 -5,-7 1,-12 14,-13 26,-18 42,-16", "4,-1 4,-5 10,-8 20,-7 32,-12 42,-16")
    page.line("104,30 109,26 ^113,31 118,26 124,29", "122,40 126,37 ^129,41 133,37 138,39", fine=True)


def _window(page: Easel, wall: Wall, first: float, last: float) -> None:
    page.shape(_ring(*(wall(a, z) for a, z in ((first, 0.9), (last, 0.9), (last, 2.0), (first, 2.0)))))
    middle = (first + last) / 2
    page.line(_path(wall(middle, 0.9), wall(middle, 2.0)), _path(wall(first, 1.5), wall(last, 1.5)), fine=True)


def _fence(page: Easel) -> None:
    page.line(_path((2.9, -0.5, 0), (2.7, -2, 0), (2.9, -3.6, 0), (1.8, -6.0, 0)))
    page.line(_path((4.2, -0.5, 0), (4.4, -2, 0), (4.6, -3.6, 0), (3.6, -6.6, 0)))
    _tufts(page, (0.4, -1.5), (6.3, -1.6), (-1.6, 1.0), (8.2, -2.4))
    for first, last in ((4.9, 11.5), (-2.9, 2.8)):
        _pickets(page, lambda a, z: (a, -3.5, z), first, last)
    _pickets(page, lambda a, z: (-3.0, -a, z), -6.5, 3.4)
    _tufts(page, (-1.5, -4.6), (1.2, -4.8), (6.2, -4.6), (-4.2, 0.5))


def _pickets(page: Easel, wall: Wall, first: float, last: float) -> None:
    for z in (0.3, 0.7):
        page.shape(_ring(wall(first, z), wall(last, z), wall(last, z + 0.13), wall(first, z + 0.13)))
    count = round((last - first) / 0.62)
    for i in range(count):
        a = first + 0.1 + i * (last - first - 0.4) / (count - 1)
        page.shape(_ring(wall(a, 0), wall(a + 0.26, 0), wall(a + 0.26, 0.95), wall(a + 0.13, 1.15), wall(a, 0.95)))


def _tufts(page: Easel, *places: tuple[float, float]) -> None:
    for u, v in places:
        x, y = _project((u, v, 0))
        with page.frame(x, y):
            page.line("-5,0 -5,-4 -7,-8", "-2,0 -1,-5 -1,-10", "2,0 3,-4 6,-8", fine=True)


def _tree(page: Easel) -> None:
    with page.frame(296, 172):
        page.flap("-22,6 -12,-2 -9,-20 -10,-48 14,-48 12,-20 14,-4 26,8")
        page.line("-2,-14 -3,-36", "5,-8 5,-26", fine=True)
        page.shape(
            "^-12,-42 -30,-36 -44,-46 ^-42,-58 -54,-66 -54,-82 ^-44,-90 -46,-106 -30,-114 ^-18,-112 -8,-126 12,-122"
            " ^18,-112 34,-116 44,-100 ^40,-90 54,-82 52,-64 ^42,-58 42,-44 26,-38 ^14,-42 2,-36"
        )
        page.line(
            "-34,-70 -28,-80 -18,-80",
            "-6,-94 4,-102 14,-96",
            "10,-62 20,-68 28,-60",
            "-16,-54 -8,-60 0,-54",
            "26,-86 34,-88 38,-80",
            fine=True,
        )


def _fir(page: Easel, x: float, y: float, size: float) -> None:
    with page.frame(x, y, 0, (size, size)):
        page.flap("-4,0 -4,-14 4,-14 4,0")
        for low, wide in ((-10, 24), (-34, 19), (-56, 14)):
            page.shape(
                f"^0,{low - 36} {wide * 0.4:g},{low - 18} ^{wide},{low} {wide * 0.4:g},{low + 3} 0,{low}"
                f" {-wide * 0.4:g},{low + 3} ^{-wide},{low} {-wide * 0.4:g},{low - 18}"
            )


def _project(place: Place) -> tuple[float, float]:
    """Where a point (right, away, up) in metres falls on the page, in units, seen from a step 2.4 m up."""
    turn = math.radians(38)
    u, v, z = place[0] + 6.5, place[1] + 10.0, place[2] - 2.4
    right, away = u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn)
    return 160 + 340 * right / away, 122 - 340 * z / away


def _path(*places: Place) -> str:
    return " ".join("{:.2f},{:.2f}".format(*_project(place)) for place in places)


def _ring(*places: Place) -> str:
    return " ".join("^{:.2f},{:.2f}".format(*_project(place)) for place in places)


def flower() -> Easel:
    """Two open blossoms, one seen from the side, and a bud on long stems."""
    page = Easel()
    page.tube("183,88 180,150 158,220 136,290 128,352", 2.4)
    page.tube("48,70 54,130 84,210 110,280 120,352", 2.4)
    page.tube("108,160 112,210 120,280 124,352", 3.0)
    for x, y, turn, size in ((112, 232, -62, 1.0), (122, 282, 58, 1.15), (150, 246, 48, 0.75), (116, 310, -48, 0.9)):
        with page.frame(x, y, turn, (size, size)):
            page.shape("^0,0 -16,-18 -22,-46 -14,-74 ^2,-104 16,-78 20,-46 14,-18")
            page.line("0,-4 -3,-46 1,-92")
            for step in (-22, -42, -62):
                page.line(
                    f"-2,{step} -9,{step - 9} -15,{step - 12}", f"-2,{step - 6} 7,{step - 15} 13,{step - 17}", fine=True
                )
    _bud(page)
    _side_blossom(page)
    with page.frame(110, 132, -14, (1.0, 0.82)):
        for layer, offset in ((1.08, 22.5), (0.9, 0.0)):
            for k in (0, 7, 1, 6, 2, 5, 3, 4):
                with page.frame(0, 0, 45 * k + offset, (layer, layer)):
                    page.shape("^0,0 -12,-22 -23,-52 -20,-76 ^-10,-84 -4,-80 ^1,-87 7,-81 ^14,-83 22,-70 22,-48 12,-22")
                    page.line("-4,-24 -8,-46 -8,-62", "4,-24 7,-44 8,-58", "0,-24 0,-40", fine=True)
        page.oval(0, 0, 19, 19)
        for k in range(9):
            with page.frame(0, 0, 40 * k):
                page.line("-3,-13 0,-16 3,-13", fine=True)
        for k in range(5):
            with page.frame(0, 0, 72 * k + 10):
                page.line("-2,-6 0,-8.5 2,-6", fine=True)
        page.guide_oval(0, 0, 88, 88)
        page.guide_oval(0, 0, 24, 24)
        page.guide("-96,0 96,0", "0,-96 0,96")
    page.guide_oval(188, 56, 44, 30)
    page.guide_oval(45, 41, 18, 30)
    page.guide("108,132 112,210 124,351", "190,50 180,150 136,290", "44,10 54,130 110,280", "60,200 190,190")
    return page


def _bud(page: Easel) -> None:
    with page.frame(48, 70, -8):
        page.shape("^0,0 -16,-14 -16,-36 ^0,-58 16,-36 16,-14")
        page.line("-4,-4 -8,-28 ^0,-56 8,-30 5,-4", fine=True)
        page.shape("^-4,4 -15,-4 ^-18,-20 -8,-14 ^0,-24 8,-14 ^18,-20 15,-4 ^4,4 0,6")


def _side_blossom(page: Easel) -> None:
    with page.frame(184, 84, 10):
        for turn, high in (
            (-30, 0.86),
            (30, 0.86),
            (-10, 0.92),
            (12, 0.9),
            (-58, 0.9),
            (58, 0.9),
            (-38, 0.95),
            (36, 0.95),
            (0, 1.0),
        ):
            with page.frame(0, 0, turn, (0.82, high * 0.72)):
                page.shape("^0,0 -12,-22 -20,-52 -16,-72 ^-6,-80 0,-76 ^8,-80 18,-70 20,-48 12,-22")
                page.line("-4,-30 -7,-48 -6,-60", "4,-30 7,-46", fine=True)
        page.shape("^-5,6 -16,0 ^-22,-14 -11,-10 ^-4,-20 0,-12 ^6,-20 11,-10 ^22,-14 16,0 ^5,6 0,8")


def robot() -> Easel:
    """A robot that holds out a daisy."""
    page = Easel()
    for x, side in ((102, -1.0), (146, 1.0)):
        page.tube(f"{x},246 {x + 3 * side:g},274 {x + 4 * side:g},304", 11, 9)
        with page.frame(x + 9 * side, 330, 0, (side, 1.0)):
            page.shape("^-26,0 -25,-18 -12,-30 4,-31 20,-24 28,-12 ^30,0")
            page.line("-2,-31 4,-20 4,-8 ^4,0", "-25,-12 -10,-9 4,-8")
            page.shape(_plate(-29, 0, 62, 7, 3))
    page.line("40,337 70,337", "176,337 216,337", "52,342 110,342", "140,342 200,342")
    _arms(page)
    # Trunk.
    for y in (154, 146, 138):
        page.oval(124, y, 22, 7)
    page.shape(
        "^88,154 124,150 ^160,154 172,158 ^178,170 ^171,236 166,248 ^154,252 124,255 ^94,252 82,248 ^77,236 ^70,170"
        " 76,158"
    )
    page.shape(_plate(88, 168, 72, 48, 8))
    page.oval(110, 192, 16, 16)
    page.oval(110, 192, 2.6, 2.6, fine=True)
    for k in range(7):
        with page.frame(110, 192, 45 * k - 135):
            page.line("0,-12 0,-9", fine=True)
    page.line("111.5,189.5 118,182", fine=True)
    for y in (180, 192, 204):
        page.oval(145, y, 5.5, 4.5, fine=True)
    page.line("92,226 156,226", "93,233 155,233", "94,240 154,240")
    for x, y in ((79, 172), (169, 172), (84, 240), (164, 240)):
        page.oval(x, y, 2, 2, fine=True)
    # Head.
    page.tube("124,52 124,26", 2.2)
    page.oval(124, 19, 8, 8)
    page.line("119,17 122,13.5", fine=True)
    page.line("106,12 102,19 106,27", "142,12 146,19 142,27", "98,7 92,19 98,32", "150,7 156,19 150,32", fine=True)
    page.shape("^112,50 116,42 124,40 132,42 ^136,50")
    for side in (-1.0, 1.0):
        with page.frame(124, 88, 0, (side, 1.0)):
            page.shape(_plate(56, -14, 14, 28, 3))
            page.shape(_plate(70, -8, 7, 16, 3))
    page.shape(_plate(64, 48, 120, 80, 20))
    page.shape(_plate(75, 58, 98, 60, 15))
    for x in (102, 146):
        page.oval(x, 84, 18, 18)
        page.oval(x, 84, 12.5, 12.5, fine=True)
        page.spot(x + 1, 85, 5.5, 6)
        page.oval(x - 4, 79.5, 3, 3, fine=True)
    page.line(
        "112,108 118,111.5 124,112.5 130,111.5 136,108", "110,106.5 112.5,109.5", "138,106.5 135.5,109.5", fine=True
    )
    for x, y in ((70, 62), (178, 62), (70, 114), (178, 114)):
        page.oval(x, y, 1.8, 1.8, fine=True)
    # Daisy and hand.
    page.tube("221,150 219,120 222,92", 1.6)
    page.shape("^220,126 208,122 ^202,110 214,112 ^220,122", fine=True)
    with page.frame(222, 84, 10):
        for k in (0, 8, 1, 7, 2, 6, 3, 5, 4):
            with page.frame(0, 0, 40 * k):
                page.shape("^0,0 -5,-9 -5,-17 0,-20 5,-17 5,-9")
        page.oval(0, 0, 6.5, 6.5)
    page.oval(222, 152, 12, 8)
    page.flap("212,148 206,138 ^210,126 218,128 ^216,136 ^220,146")
    page.flap("222,146 ^226,136 ^222,128 232,124 ^237,138 232,148")
    page.guide_oval(124, 88, 66, 46)
    return page


def _arms(page: Easel) -> None:
    page.tube("58,178 40,196 32,222 38,250", 8, 8)
    page.oval(39, 254, 12, 8)
    page.shape(
        "^32,258 20,268 18,284 ^26,296 30,288 29,278 ^38,268 ^46,278 48,288 ^53,295 60,282 56,266 ^46,258 39,262"
    )
    page.tube("190,178 210,190 224,178 222,150", 8, 8)
    page.oval(62, 174, 17, 18)
    page.oval(186, 174, 17, 18)
    page.oval(62, 174, 9, 10, fine=True)
    page.oval(186, 174, 9, 10, fine=True)


def _plate(x: float, y: float, wide: float, high: float, radius: float) -> str:
    """A rectangle with round corners, its upper left corner at (x, y)."""
    right, low = x + wide - radius, y + high - radius
    centres = ((right, y + radius), (right, low), (x + radius, low), (x + radius, y + radius))
    words = []
    for quarter, (cx, cy) in enumerate(centres):
        for step in range(5):
            angle = math.radians(90 * quarter - 90 + 22.5 * step)
            sharp = "^" if step in (0, 4) else ""
            words.append(f"{sharp}{cx + radius * math.cos(angle):.2f},{cy + radius * math.sin(angle):.2f}")
    return " ".join(words)
