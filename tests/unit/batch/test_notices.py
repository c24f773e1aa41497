"""What is told of a page's ink: blank, mostly black, too thick, or light on dark."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lineart_cli.events import Notice
from lineart_cli.options import InkOptions, Length, Several
from scanned import ink


class TestNotices:
    """What is told of a page's ink."""

    @staticmethod
    def told(path: Path, out: Path, **options: object) -> tuple[list[str], np.ndarray]:
        done, recorder = ink(path, out, options=InkOptions(overwrite=True, **options))
        assert (done.inked, done.failed) == (1, 0)
        notices = [event.text for event in recorder.events if isinstance(event, Notice)]
        return notices, np.asarray(Image.open(out / f"{path.stem}.png"))

    @staticmethod
    def lines(width: int = 400, height: int = 300) -> np.ndarray:
        mask = np.zeros((height, width), np.uint8)
        for at in range(30, height, 40):
            cv2.line(mask, (20, at), (width - 20, at + 9), 255, 4)
        return mask

    def test_a_page_that_comes_out_blank(self, tmp_path: Path, out: Path) -> None:
        Image.new("L", (200, 100), 250).save(tmp_path / "a.png")
        (notice,), ink = self.told(tmp_path / "a.png", out)
        assert notice.startswith(f"{tmp_path / 'a.png'}: comes out blank; --faint")
        assert ink.min() == 255

    def test_a_page_that_comes_out_mostly_black(self, tmp_path: Path, out: Path) -> None:
        page = np.full((100, 200), 255, np.uint8)
        page[:70] = 0
        Image.fromarray(page).save(tmp_path / "a.png")
        (notice,), _ = self.told(tmp_path / "a.png", out)
        assert "comes out mostly black; --invert yes" in notice

    @pytest.mark.parametrize("value", [250, 0])
    def test_lines_that_are_too_thick_for_the_page(self, tmp_path: Path, out: Path, value: int) -> None:
        Image.new("L", (200, 100), value).save(tmp_path / "a.png")
        (notice,), _ = self.told(tmp_path / "a.png", out, thickness=Several((Length(60.0),)), invert="no")
        assert "lines of 60 px are too thick for a page of 200 x 100 px; give less --thickness" in notice

    def test_an_ordinary_page_is_not_spoken_of(self, tmp_path: Path, out: Path) -> None:
        Image.fromarray(255 - self.lines()).save(tmp_path / "a.png")
        assert self.told(tmp_path / "a.png", out)[0] == []

    @pytest.mark.parametrize("mode", ["L", "LA", "RGBA"])
    def test_light_lines_are_inked_dark_and_that_is_told(self, tmp_path: Path, out: Path, mode: str) -> None:
        lines = self.lines()
        light = Image.fromarray(lines)
        if mode != "L":
            light = Image.new("L", light.size, 255).convert(mode)
            light.putalpha(Image.fromarray(lines))
        light.save(tmp_path / "a.png", dpi=(300, 300))
        (notice,), ink = self.told(tmp_path / "a.png", out)
        assert "has light lines on dark" in notice
        assert "--invert no" in notice
        np.testing.assert_array_equal(ink == 0, lines > 127)

    def test_the_user_has_the_last_word(self, tmp_path: Path, out: Path) -> None:
        Image.fromarray(self.lines()).save(tmp_path / "a.png", dpi=(300, 300))
        notices, ink = self.told(tmp_path / "a.png", out, invert="no")
        assert ["mostly black" in each for each in notices] == [True]
        np.testing.assert_array_equal(ink == 255, self.lines() > 127)
        notices, ink = self.told(tmp_path / "a.png", out, invert="yes")
        assert notices == []
        np.testing.assert_array_equal(ink == 0, self.lines() > 127)
