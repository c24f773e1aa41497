"""Edits stay and the sketch goes on: over ten rounds of changes to both, every pixel is where it belongs."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lineart_cli.edits import prints
from lineart_cli.edits.levels import Legend
from lineart_cli.edits.merge import Merge, edits, merge
from lineart_cli.options import Crop

PAGE = (420, 360)
PEN = 3
APART = prints.SIDE + 12
"""Px between two changes beyond which none can have a part in the other."""
LEGEND = Legend((0, 0, 0), False, 8)
Drawing = np.ndarray


@dataclass(frozen=True)
class Stroke:
    points: tuple[tuple[float, float], ...]

    def moved(self, by: np.ndarray) -> Stroke:
        return Stroke(tuple((x + by[0], y + by[1]) for x, y in self.points))


def a_stroke(random: np.random.Generator) -> Stroke:
    start = random.uniform(20, np.array(PAGE[::-1]) - 20)
    turns = np.cumsum(random.normal(0, 0.5, 5)) + random.uniform(0, 2 * np.pi)
    steps = random.uniform(8, 30) * np.stack([np.cos(turns), np.sin(turns)], 1)
    return Stroke(tuple(map(tuple, start + np.cumsum(steps, 0))))


def draw(page: Drawing, stroke: Stroke, level: int, width: int = PEN) -> None:
    points = np.round(np.array(stroke.points) * 16).astype(np.int32)
    cv2.polylines(page, [points], False, level, width, cv2.LINE_AA, 4)


def inked(strokes: list[Stroke]) -> Drawing:
    """What stands for a network: coverage that changes only where a stroke does."""
    page = np.zeros(PAGE, np.uint8)
    for stroke in strokes:
        draw(page, stroke, 255)
    return page


def sketched_on(strokes: list[Stroke], random: np.random.Generator) -> list[Stroke]:
    """The sketch after one to three changes."""
    changed = list(strokes)
    for _ in range(random.integers(1, 4)):
        at = random.integers(len(changed))
        match random.integers(3):
            case 0:
                changed.append(a_stroke(random))
            case 1 if len(changed) > 1:
                changed.pop(at)
            case _:
                changed[at] = changed[at].moved(random.normal(0, 6, 2))
    return changed


def retouched(picture: Drawing, strokes: list[Stroke], random: np.random.Generator) -> Drawing:
    """The picture after one or two changes by hand: strokes drawn, erased, or erased and drawn anew beside."""
    page = picture.copy()
    for _ in range(random.integers(1, 3)):
        stroke = strokes[random.integers(len(strokes))]
        kind = random.integers(3)
        if kind > 0:
            draw(page, stroke, 255, PEN + 5)
        if kind != 1:
            draw(page, a_stroke(random) if kind == 0 else stroke.moved(random.normal(0, 4, 2)), 0)
    return page


def merged(old: Drawing, edited: Drawing, new: Drawing) -> tuple[Drawing, Merge]:
    """Old and new ink as coverage, the edited picture as grey on white; the result likewise."""
    found = merge(
        prints.of_rows(LEGEND.of_coverage(old)),
        lambda rows: LEGEND.of_pixels(edited[rows][..., None]),
        lambda rows: LEGEND.of_coverage(new[rows]),
        old.shape,
        PEN,
    )
    return found.laid(slice(0, len(old)), edited[..., None], 255 - new[..., None])[..., 0], found


def covered(boxes: list[Crop]) -> np.ndarray:
    mask = np.zeros(PAGE, bool)
    for box in boxes:
        mask[box.rows, box.columns] = True
    return mask


def near(changed: np.ndarray) -> np.ndarray:
    side = 2 * APART + 1
    return cv2.dilate(changed.astype(np.uint8), np.ones((side, side), np.uint8)) > 0


def groups(changed: np.ndarray) -> np.ndarray:
    """Numbers of the groups of changes that are so near to each other that they may be one stroke's."""
    return cv2.connectedComponents(near(changed).astype(np.uint8))[1]


def check_round(old: Drawing, edited: Drawing, new: Drawing) -> Drawing:
    result, found = merged(old, edited, new)
    by_artist, by_sketch = edited != 255 - old, new != old
    label = groups(by_artist | by_sketch)
    artists = set(np.unique(label[by_artist]))
    sketchs = set(np.unique(label[by_sketch]))
    only_sketch = np.isin(label, list(sketchs - artists)) | (label == 0)
    only_artist = np.isin(label, list(artists - sketchs))
    assert np.array_equal(result[only_sketch], 255 - new[only_sketch])
    assert np.array_equal(result[only_artist], edited[only_artist])
    assert np.array_equal(result[by_artist], edited[by_artist])
    assert ((result == edited) | (result == 255 - new)).all()
    assert covered(found.edits)[by_artist].all()
    assert (covered(found.edits + found.conflicts) | (result == 255 - new)).all()
    both = np.isin(label, list(artists & sketchs))
    assert all(both[box.rows, box.columns].any() for box in found.conflicts)
    return result


class TestRounds:
    @settings(max_examples=25)
    @given(seed=st.integers(0, 2**32 - 1))
    def test_ten_rounds_lose_nothing(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        sketch = [a_stroke(random) for _ in range(6)]
        ink = inked(sketch)
        picture = 255 - ink
        for _ in range(10):
            picture = retouched(picture, sketch, random)
            sketch = sketched_on(sketch, random)
            old, ink = ink, inked(sketch)
            picture = check_round(old, picture, ink)

    @settings(max_examples=25)
    @given(seed=st.integers(0, 2**32 - 1))
    def test_an_edit_that_is_undone_is_none_any_more(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        sketch = [a_stroke(random) for _ in range(5)]
        old = inked(sketch)
        new = inked(sketched_on(sketch, random))
        result, found = merged(old, 255 - old, new)
        assert found.edits == []
        assert found.conflicts == []
        assert np.array_equal(result, 255 - new)

    @settings(max_examples=25)
    @given(seed=st.integers(0, 2**32 - 1))
    def test_where_the_sketch_is_the_same_the_picture_is_the_artists(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        sketch = [a_stroke(random) for _ in range(5)]
        old = inked(sketch)
        edited = retouched(255 - old, sketch, random)
        result, found = merged(old, edited, old)
        assert np.array_equal(result, edited)
        assert found.conflicts == []
        assert found.edits == edits(
            prints.of_rows(old), lambda rows: LEGEND.of_pixels(edited[rows][..., None]), old.shape
        )
