"""Pages that the network goes over several times: what each pass costs, and the tiles of its draft."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from lineart_cli.inference.tiles import Tile, best_tiles, same_windows
from lineart_cli.model.card import ModelCard
from lineart_cli.plan import PageSize, Request, plan
from lineart_cli.plan.tiling import PREPARING, draft_tiles
from plans import A0, A4, A4_600, GB, MB, SERVER, SMALL


def test_a_first_pass_at_half_the_size_costs_about_a_quarter(standard: ModelCard, measuring: ModelCard) -> None:
    one, two = (plan(A4, measuring, SERVER, Request(passes=passes, max_memory=GB)) for passes in (1, 2))
    assert (one.draft, one.window, two.window) == ((), (3648, 2624), (3648, 2624))
    assert [tile.window.shape for tile in two.draft] == [(1888, 1376)]
    assert (one.passes, two.passes) == (1, 2)
    assert two.computed_megapixels == (3648 * 2624 + 1888 * 1376) / 1e6
    assert two.seconds / one.seconds == pytest.approx(two.computed_megapixels / one.computed_megapixels)
    assert two.memory == one.memory + A4.px
    assert "passes 1: as asked for" in one.reasons
    assert "passes 2: the second mends the draft of the first" in two.reasons
    assert "draft 1 x 1888 x 1376 px: the page at 1/2 of its size" in two.reasons
    assert "draft 1 x 1888 x 1376 px, then 1 x 3648 x 2624 px, 12.2 megapixels computed" in str(two)
    untrained = plan(A4, standard, SERVER, Request(max_memory=GB))
    assert (untrained.passes, untrained.draft, untrained.memory) == (1, (), one.memory)
    assert "passes 1: the model tiny was not trained for a second pass" in untrained.reasons


def test_a_third_pass_costs_as_much_as_a_look_at_the_whole_page(measuring: ModelCard) -> None:
    one, two, three = (plan(A4, measuring, SERVER, Request(passes=passes, max_memory=GB)) for passes in (1, 2, 3))
    assert (three.passes, three.tiles, three.draft) == (3, two.tiles, two.draft)
    assert three.computed_megapixels == pytest.approx(two.computed_megapixels + one.computed_megapixels)
    assert three.seconds == pytest.approx(two.seconds + one.seconds)
    assert three.memory == two.memory + 2 * A4.px  # two drafts, and the ink that becomes the second
    assert "passes 3: each mends the ink of the one before" in three.reasons
    assert "draft 1 x 1888 x 1376 px, then 2 times 1 x 3648 x 2624 px, 21.7 megapixels computed" in str(three)
    assert plan(A4, measuring, SERVER, Request(max_memory=GB)) == three


def test_drafts_of_the_largest_pages_are_not_kept_in_memory(measuring: ModelCard) -> None:
    one, three = (plan(A0, measuring, SERVER, Request(passes=passes)).memory for passes in (1, 3))
    assert three == one


def test_an_a4_page_has_all_its_passes_in_one_tile_by_default(shipped: ModelCard, measuring: ModelCard) -> None:
    for card in (shipped, measuring):
        planned = plan(A4, card, SERVER, Request())
        assert (len(planned.draft), len(planned.tiles), planned.passes) == (1, 1, 3)
        assert planned.computed_megapixels == pytest.approx(21.7, abs=0.05)


@pytest.mark.parametrize("most", [310 * MB, 400 * MB, GB])
@pytest.mark.parametrize("page", [A4, PageSize(3507, 2481, 300), PageSize(14043, 9933, 300), PageSize(900, 14000, 300)])
def test_a_draft_keeps_within_the_memory_and_takes_the_page_s_windows_where_they_do(
    measuring: ModelCard, page: PageSize, most: int
) -> None:
    planned = plan(page, measuring, SERVER, Request(max_memory=most))
    assert planned.memory <= most
    assert planned.draft[-1].core.y1 == -(-page.height // 2)
    assert planned.draft[-1].core.x1 == -(-page.width // 2)
    size = planned.draft[-1].core.y1, planned.draft[-1].core.x1
    same = same_windows(*size, planned.window, measuring.multiple_of, measuring.halo_px)
    if planned.draft != same and same[0].window.shape == planned.window:
        assert _px(planned.draft) + PREPARING < _px(same)


def test_other_windows_for_the_draft_have_to_be_worth_their_preparation() -> None:
    size, window = (3500, 2480), (1504, 1856)
    same = same_windows(*size, window, 32, 384)
    assert same[0].window.shape == window
    savings = set()
    for most in range(1_000_000, 5_000_000, 250_000):
        own = best_tiles(*size, most, 32, 384)
        saved = _px(same) - _px(own)
        assert draft_tiles(size, own, window, 32, 384) == (own if saved > PREPARING else same)
        savings.add("much" if saved > PREPARING else "little" if saved > 0 else "nothing")
    assert savings == {"much", "little", "nothing"}


def _px(tiles: tuple[Tile, ...]) -> int:
    return len(tiles) * math.prod(tiles[0].window.shape)


@pytest.mark.parametrize("page", [SMALL, A4, A4_600, PageSize(14032, 9921, 600)])
def test_more_memory_computes_more_only_to_save_a_preparation(measuring: ModelCard, page: PageSize) -> None:
    computed = []
    for most in range(350 * MB, 3 * GB, 50 * MB):
        planned = plan(page, measuring, SERVER, Request(max_memory=most))
        assert planned.memory <= most
        computed.append(planned.computed_megapixels)
    assert all(after <= before + PREPARING / 1e6 for before, after in pairwise(computed))
