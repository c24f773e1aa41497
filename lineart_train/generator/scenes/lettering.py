"""Letters as strokes, on a grid of 4 x 6 units, y down; what a hand writes on a sketch."""

from __future__ import annotations

import numpy as np

from lineart_train.generator.scenes.curves import Points

GLYPHS: dict[str, tuple[str, ...]] = {
    "A": ("062046", "1434"),
    "B": ("0006", "00304132230313", "03334445360636"),
    "C": ("4130100105163645",),
    "D": ("0006", "002041451606"),
    "E": ("40000646", "0333"),
    "F": ("400006", "0333"),
    "G": ("41301001051636454323",),
    "H": ("0006", "4046", "0343"),
    "I": ("2026",),
    "K": ("0006", "400346"),
    "L": ("000646",),
    "M": ("0600244046",),
    "N": ("06004640",),
    "O": ("10010516364541301010",),
    "P": ("0006", "003041423303"),
    "R": ("0006", "003041423303", "2346"),
    "S": ("4130100112344536160405",),
    "T": ("0040", "2026"),
    "U": ("000516364540",),
    "V": ("002640",),
    "W": ("0016233640",),
    "X": ("0046", "4006"),
    "Y": ("0023", "4026"),
    "Z": ("00400646",),
    "a": ("42120405163646", "4246"),
    "e": ("044432120305163645",),
    "n": ("0206", "0312324346"),
    "1": ("112026",),
    "2": ("0110304142064646",),
    "3": ("0040233344453616",),
    "7": ("004016",),
    "!": ("2024", "2526"),
    "?": ("0110304142232424", "2526"),
}
"""For each letter its strokes: pairs of digits, x then y."""


def _stroke(digits: str) -> Points:
    pairs = [(int(digits[i]), int(digits[i + 1])) for i in range(0, len(digits) - 1, 2)]
    return np.asarray(pairs, np.float32) / 6


STROKES = {letter: [_stroke(each) for each in code] for letter, code in GLYPHS.items()}


def word(rng: np.random.Generator, letters: int) -> list[Points]:
    """A row of random letters, each 1 high and about 0.67 wide: (N, 2) float32 strokes, the first at the origin."""
    names = list(STROKES)
    pitch = rng.uniform(0.8, 1.1)
    return [
        stroke + np.array([number * pitch, 0], np.float32)
        for number in range(letters)
        for stroke in STROKES[names[int(rng.integers(len(names)))]]
    ]
