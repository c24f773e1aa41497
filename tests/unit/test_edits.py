"""The merge of three pictures, stroke by stroke; what is kept of the old one; and what in a picture is ink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from lineart_cli.brushes.drawing.skeleton import skeletonize
from lineart_cli.edits import prints, strokes
from lineart_cli.edits.levels import Legend, at_bits
from lineart_cli.edits.merge import Merge, merge
from lineart_cli.edits.picture import MergedPicture, with_samples
from lineart_cli.pages.writers.paint import painted

SHAPE = (400, 500)
BLACK = Legend((0, 0, 0), False, 8)
Line = tuple[int, int, int, int]


def ink(*lines: Line, width: int = 3) -> np.ndarray:
    """Coverage of lines (x0, y0, x1, y1)."""
    page = np.zeros(SHAPE, np.uint8)
    for x0, y0, x1, y1 in lines:
        cv2.line(page, (x0, y0), (x1, y1), 255, width, cv2.LINE_AA)
    return page


def merged(old: np.ndarray, edited: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, Merge]:
    """All three, and the result, as coverage."""
    found = merge(
        prints.of_rows(old), lambda rows: (edited[rows], np.zeros_like(edited[rows], bool)), new.__getitem__, SHAPE, 3
    )
    return found.laid(slice(0, SHAPE[0]), edited[..., None], new[..., None])[..., 0], found


def ends(page: np.ndarray) -> int:
    lines = skeletonize(page > 127)
    around = cv2.boxFilter(lines.astype(np.uint8), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return int(np.count_nonzero(lines & (around == 2)))


MAIN, SPUR, OTHER = (50, 100, 450, 110), (250, 106, 275, 130), (50, 300, 450, 310)


class TestStrokes:
    def test_a_spur_that_was_erased_stays_erased_though_the_new_ink_has_it_longer_and_elsewhere(self) -> None:
        old, edited = ink(MAIN, SPUR), ink(MAIN)
        new = ink(MAIN, (250, 106, 282, 139))
        result, found = merged(old, edited, new)
        assert np.array_equal(result, edited)
        assert len(found.conflicts) == 1

    def test_a_spur_that_was_erased_stays_erased_while_a_stroke_elsewhere_is_new(self) -> None:
        old, edited = ink(MAIN, SPUR, OTHER), ink(MAIN, OTHER)
        new = ink(MAIN, SPUR, (50, 330, 450, 340))
        result, found = merged(old, edited, new)
        assert np.array_equal(result, ink(MAIN, (50, 330, 450, 340)))
        assert found.conflicts == []

    @pytest.mark.parametrize("beside", [3, 5, 7])
    def test_a_line_that_was_drawn_anew_gets_no_double(self, beside: int) -> None:
        old = ink(MAIN)
        edited = ink((50, 100 + beside, 450, 110 + beside))
        new = ink((50, 100 - 3, 450, 110 - 3))
        result, found = merged(old, edited, new)
        assert np.array_equal(result, edited)
        (box,) = found.conflicts
        assert box.left <= 50
        assert box.left + box.width >= 450

    def test_a_stroke_of_which_half_was_edited_and_all_was_changed_ends_nowhere(self) -> None:
        old, new = ink(MAIN), ink((50, 112, 450, 122))
        edited = old.copy()
        edited[:, 250:] = ink(MAIN, width=7)[:, 250:]
        result, _ = merged(old, edited, new)
        assert ends(result[:, :440]) <= ends(edited[:, :440])
        assert np.array_equal(result[:108], edited[:108])

    def test_a_stroke_goes_on_over_crossings_near_the_edit_and_ends_at_one_far_away(self) -> None:
        posts = [(x, 40, x, 200) for x in (80, 300)]
        old = ink(MAIN, *posts)
        new = ink((50, 104, 450, 114), *posts)
        edited = old.copy()
        edited[80:130, 55:70] = 0
        result, found = merged(old, edited, new)
        assert np.array_equal(result[:, :280], edited[:, :280])
        assert np.array_equal(result[:, 320:], new[:, 320:])
        assert ends(result[:, 290:310]) <= ends(new[:, 290:310])
        assert all(box.left + box.width < 320 for box in found.conflicts)

    def test_colours_of_an_artist_are_edits_whatever_they_look_like_as_ink(self) -> None:
        old = ink(MAIN)
        foreign = np.zeros(SHAPE, bool)
        foreign[200:210, 200:300] = True
        found = merge(prints.of_rows(old), lambda rows: (old[rows], foreign[rows]), old.__getitem__, SHAPE, 3)
        (box,) = found.edits
        assert box.left <= 200
        assert box.left + box.width >= 300
        assert found.conflicts == []
        assert found.laid(slice(200, 210), np.ones((10, 500, 1)), np.zeros((10, 500, 1)))[:, 200:300].all()

    def test_shades_that_change_all_over_the_page_are_no_conflict(self) -> None:
        old = ink(MAIN, SPUR, OTHER)
        new = np.where((old > 0) & (old < 250), old + 4, old).astype(np.uint8)
        edited = ink(MAIN, OTHER)
        result, found = merged(old, edited, new)
        assert found.conflicts == []
        assert np.array_equal(result[106:140, 245:290] > 127, edited[106:140, 245:290] > 127)
        assert np.array_equal(result[280:], new[280:])

    def test_ink_of_another_size_is_refused(self) -> None:
        with pytest.raises(ValueError, match="squares"):
            merge(prints.of_rows(ink()[:300]), lambda rows: (ink()[rows], ink()[rows] > 0), ink().__getitem__, SHAPE, 3)

    def test_boxes_surround_groups_of_cells(self) -> None:
        cells = np.zeros((100, 125), bool)
        cells[10, 20:24] = cells[12, 25] = cells[80, 124] = True
        assert [tuple(box) for box in strokes.boxes(cells, (399, 498), 2)] == [(80, 40, 24, 12), (496, 320, 2, 4)]
        assert strokes.boxes(np.zeros_like(cells), SHAPE, 2) == []


class TestPrints:
    def test_bands_of_any_height_give_what_the_page_gives(self) -> None:
        page = np.random.default_rng(0).integers(0, 65536, (150, 97), np.uint16)
        taker = prints.Taker(lambda levels: levels)
        bands = np.split(page, [1, 40, 41, 104])
        assert all(np.array_equal(*pair) for pair in zip(taker.passed(bands), bands, strict=True))
        assert np.array_equal(taker.prints(), prints.of_rows(page))

    def test_any_pixel_changes_its_square_alone(self) -> None:
        random = np.random.default_rng(1)
        page = ink(MAIN, SPUR, OTHER)
        before = prints.of_rows(page)
        for _ in range(300):
            y, x = random.integers(SHAPE)
            changed = page.copy()
            changed[y, x] ^= np.uint8(1 << random.integers(8))
            differs = prints.of_rows(changed) != before
            assert differs[y // prints.SIDE, x // prints.SIDE]
            assert differs.sum() == 1

    def test_strokes_are_told_from_shades(self) -> None:
        page = ink(MAIN)
        square = np.s_[100 // prints.SIDE : 110 // prints.SIDE + 1]
        before = prints.of_rows(page)
        paler = prints.of_rows(np.where(page > 0, page - 6, page).clip(0, 255).astype(np.uint8))
        assert (paler != before).any()
        assert not prints.has_other_strokes(paler, before).any()
        for other in (ink(), ink(MAIN, SPUR), ink((50, 108, 450, 118))):
            assert prints.has_other_strokes(prints.of_rows(other), before)[square].any()

    def test_a_file_holds_them_and_says_when_it_is_not_theirs(self) -> None:
        page = ink(MAIN, SPUR, OTHER)
        file = prints.packed(prints.of_rows(page))
        assert np.array_equal(prints.unpacked(file, SHAPE), prints.of_rows(page))
        assert np.array_equal(prints.unpacked(prints.packed(prints.of_rows(ink())), SHAPE), prints.of_rows(ink()))
        for bad in (b"", file[:10], file[:-4], file[:60], b"x" + file[1:]):
            with pytest.raises(ValueError, match="no fingerprints of a page of 500 x 400 px"):
                prints.unpacked(bad, SHAPE)
        with pytest.raises(ValueError, match="no fingerprints"):
            prints.unpacked(file, (SHAPE[0] + 40, SHAPE[1]))


LEGENDS = [
    Legend(colour, transparent, bits)
    for colour in ((0, 0, 0), (0, 0, 128), (90, 120, 200), (250, 250, 250))
    for transparent in (False, True)
    for bits in (8, 16)
]


class TestLevels:
    @pytest.mark.parametrize("legend", LEGENDS, ids=str)
    def test_what_lineart_draws_is_ink_and_has_its_level(self, legend: Legend) -> None:
        full = 2**legend.bits - 1
        coverage = np.linspace(0, full, 3000).astype(f"uint{legend.bits}").reshape(60, 50)
        is_grey = len(set(legend.colour)) == 1
        shades = legend.colour[:1] if is_grey else legend.colour
        pixels = np.concatenate(list(painted([coverage], shades, legend.transparent)))
        for samples in {pixels.shape[2], 4 if legend.transparent else 3}:
            level, foreign = legend.of_pixels(with_samples(pixels, samples))
            assert not foreign.any()
            assert np.array_equal(level, legend.of_coverage(coverage))

    @pytest.mark.parametrize("colour", [(0, 0, 0), (32, 48, 96), (250, 120, 3)])
    def test_colours_that_were_multiplied_by_their_opacity_in_between_are_ink(
        self, colour: tuple[int, int, int]
    ) -> None:
        coverage = np.arange(256, dtype=np.uint8).reshape(16, 16)
        (pixels,) = painted([coverage], colour, transparent=True)
        again = np.asarray(Image.fromarray(pixels).convert("RGBa").convert("RGBA"))
        legend = Legend(colour, True, 8)
        level, foreign = legend.of_pixels(again)
        assert np.array_equal(level, legend.of_coverage(coverage))
        assert not foreign.any()
        foreign = Legend(colour, True, 8).of_pixels(pixels + np.uint8([[[0, 3, 0, 0]]]))[1]
        assert foreign[coverage > 100].all()

    @pytest.mark.parametrize("legend", [each for each in LEGENDS if each.bits == 16], ids=str)
    def test_16_bits_that_were_saved_with_8_are_ink(self, legend: Legend) -> None:
        coverage = np.arange(65536, dtype=np.uint16).reshape(256, 256)
        pixels = np.concatenate(list(painted([coverage], legend.colour, legend.transparent)))
        level, foreign = legend.of_pixels(at_bits(pixels, 8))
        assert not foreign.any()
        assert np.array_equal(level, legend.of_coverage(coverage))

    @pytest.mark.parametrize("bits", [8, 16])
    @pytest.mark.parametrize("colour", [(0, 0, 0), (0, 0, 128), (90, 120, 200)])
    def test_ink_on_transparency_that_was_laid_on_white_is_ink(self, colour: tuple[int, int, int], bits: int) -> None:
        coverage = np.arange(256, dtype=np.uint8).reshape(16, 16)
        legend = Legend(colour, True, bits)
        (pixels,) = painted([coverage], colour, transparent=True)
        white = Image.new("RGBA", (16, 16), "white")
        flat = np.asarray(Image.alpha_composite(white, Image.fromarray(pixels)).convert("RGB"))
        level, foreign = legend.of_pixels(flat)
        assert not foreign.any()
        assert np.array_equal(level, legend.of_coverage(coverage))

    def test_light_ink_on_transparency_has_all_its_levels(self) -> None:
        coverage = np.arange(256, dtype=np.uint8).reshape(16, 16)
        assert np.array_equal(Legend((255, 255, 255), True, 8).of_coverage(coverage), coverage)

    def test_other_colours_and_holes_in_the_paper_are_foreign(self) -> None:
        pixels = np.full((1, 4, 4), 255, np.uint8)
        pixels[0, 1, :3] = 200, 0, 0
        pixels[0, 2, 3] = 0
        pixels[0, 3, :3] = 0
        level, foreign = BLACK.of_pixels(pixels)
        assert foreign.tolist() == [[False, True, True, False]]
        assert level[0, 3] == 255
        level, foreign = Legend((0, 0, 0), True, 8).of_pixels(pixels)
        assert foreign.tolist() == [[True, True, False, False]]

    def test_16_bits_that_no_8_bits_give_are_foreign_in_ink_of_8(self) -> None:
        pixels = np.array([65535, 0, 257 * 7, 257 * 7 + 1], np.uint16).reshape(1, 4, 1)
        assert BLACK.of_pixels(pixels)[1].tolist() == [[False, False, False, True]]
        eight = np.arange(256, dtype=np.uint8)
        assert np.array_equal(at_bits(at_bits(eight, 16), 8), eight)

    def test_the_merged_picture_holds_the_pixels_of_both(self) -> None:
        cells = np.zeros((1, 2), bool)
        cells[0, 0] = True
        edited = np.full((4, 8, 3), 17, np.uint8)
        picture = MergedPicture.of(edited, Merge(cells, [], []), 2, 16)
        assert (picture.samples, picture.bits) == (4, 16)
        ink = np.full((4, 8, 2), (0, 999), np.uint16)
        laid = picture.laid(slice(0, 4), ink)
        assert (laid[:, :4] == (17 * 257, 17 * 257, 17 * 257, 65535)).all()
        assert (laid[:, 4:] == (0, 0, 0, 999)).all()
        assert not picture.differs(slice(0, 4), laid)[:, :4].any()
        assert picture.differs(slice(0, 4), laid)[:, 4:].all()
