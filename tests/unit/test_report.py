from __future__ import annotations

import base64
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineart_cli import pages, report, stamps
from lineart_cli.batch import manifest
from lineart_cli.batch.manifest import Entry, Failure, Manifest
from lineart_cli.errors import ArgumentError, PageError
from lineart_cli.options import InkOptions, ReportOptions, Several

EVIL = "<img src=x onerror=alert(1)>\"'&.png"
VOID = {"meta", "img", "input"}


class Page(HTMLParser):
    """All tags with their attributes, whether they are closed in order, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"style", "script"}:
            self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def entry(out: Path, source: Path, output: str, **changes: object) -> Entry:
    values = {
        "input": Path(os.path.relpath(source, out)).as_posix(),
        "page": 0,
        "input_sha256": stamps.sha256(source),
        "settings": InkOptions().settings(),
        "model": {"name": "standard", "version": "1.0", "sha256": "00"},
        "lineart": "1.2.3",
        "output_sha256": stamps.sha256(out / output),
        "width": 60,
        "height": 40,
        "dpi": 300.0,
        "thickness": 3.0,
    }
    return Entry(**{**values, **changes})


def sketch(path: Path, level: int = 200) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (60, 40), (level, level, 100)).save(path)
    return path


def inked(path: Path, file_format: str = "png") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ink = np.zeros((40, 60), np.uint8)
    ink[10:20] = 255
    page = pages.InkedPage([ink], ink.shape, 8, (300, 300), np.full_like(ink, 90))
    pages.write_ink(path, page, file_format, pages.Look())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder of ink with two pages, one of them of a nasty name, and a failure."""
    root = tmp_path / "out & <b>"
    known = Manifest()
    for name in ("page10.png", f"deep/{EVIL}"):
        source = sketch(tmp_path / "scans" / name)
        inked(root / name)
        known.pages[name] = entry(root, source, name)
    known.failures["page9.png"] = Failure("../scans/page9.tif", 1, f"{EVIL}: is cut off; scan it again")
    save(root, known)
    return root


def save(root: Path, known: Manifest) -> None:
    (root / manifest.NAME).write_text("".join(known.lines()))


def change(root: Path, alter: Callable[[Manifest], object]) -> None:
    known = manifest.parse((root / manifest.NAME).read_text())
    alter(known)
    save(root, known)


def made(root: Path, **options: object) -> Page:
    given = {"sketches": Several((str(root.parent / "scans"),)), **options}
    path = report.write(root, report.known_rows(root), ReportOptions(**given), lambda: None)
    return Page(path.read_text("utf-8"))


def picture(address: str | None) -> Image.Image:
    assert address
    kind, data = address.split(",", 1)
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


class TestPage:
    def test_it_holds_everything_itself(self, out: Path) -> None:
        page = made(out)
        for _, attributes in page.tags:
            assert (attributes.get("src") or "data:").startswith("data:")
            assert (attributes.get("href") or "#").startswith("#")
        assert {tag for tag, _ in page.tags}.isdisjoint({"link", "iframe", "object", "base", "form"})
        assert page.of("meta")[1]["content"].startswith("default-src 'none'; img-src data:; ")

    def test_names_and_errors_are_text_never_markup(self, out: Path) -> None:
        page = made(out)
        assert EVIL in page.text
        assert f"{EVIL}: is cut off; scan it again" in page.text
        assert not [attributes for _, attributes in page.tags if "onerror" in attributes]
        assert len(page.of("script")) == len(page.of("style")) == 1
        assert page.text.startswith("out & <b>: sketches and ink out & <b> 2 pages inked, 1 failed.")

    def test_names_that_no_encoding_has_or_that_steer_the_page_are_shown_escaped(self, out: Path) -> None:
        change(out, lambda known: known.failures.update({"a\u202egnp.b\n\udcff": Failure("x", 0, "broken; mend it")}))
        assert "a\\u202egnp.b\\n\\udcff" in made(out).text

    def test_pages_come_in_the_order_of_their_numbers(self, out: Path) -> None:
        assert [row.output for row in report.known_rows(out)] == [f"deep/{EVIL}", "page9.png", "page10.png"]

    def test_failures_lead_to_their_pages(self, out: Path) -> None:
        page = made(out)
        (link,) = page.of("a")
        assert (link["href"] or "").removeprefix("#") in [each["id"] for each in page.of("article")]
        assert "../scans/page9.tif, page 2" in page.text

    def test_every_picture_and_control_has_a_name(self, out: Path) -> None:
        page = made(out)
        assert all(each["alt"] for each in page.of("img"))
        assert all(each.get("aria-label") or each.get("class") in {"actual", "close"} for each in page.of("button"))
        assert all(each["aria-label"] for each in page.of("input"))
        assert page.of("html")[0]["lang"] == "en"
        identifiers = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(set(identifiers)) == len(identifiers)
        labels = {attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes}
        assert labels <= set(identifiers)

    def test_settings_that_all_share_are_told_once(self, out: Path) -> None:
        fainter = entry(out, out.parent / "scans/page10.png", "page10.png", settings=InkOptions(faint=0.2).settings())
        change(out, lambda known: known.pages.update({"page10.png": fainter}))
        text = made(out).text
        assert text.count("--brush technical_pen") == 1
        assert "--faint 0.2" in text
        assert "--faint 0.35" in text
        assert "--dpi" not in text
        assert "standard 1.0" in text

    def test_nothing_but_failures(self, out: Path) -> None:
        change(out, lambda known: known.pages.clear())
        page = made(out)
        assert "0 pages inked, 1 failed." in page.text
        assert not page.of("details")


class TestPictures:
    def test_sketch_and_ink_as_thumbnails_and_whole(self, out: Path) -> None:
        images = {each["alt"]: each for each in made(out).of("img") if "class" in each}
        ink, below = (images[f"{what} of page10.png"] for what in ("Ink", "Sketch"))
        with picture(ink["src"]) as image:
            shown = np.asarray(image.convert("L"))
        assert shown.shape == (40, 60)
        assert (shown[:10] == 255).all()
        assert (shown[10:20] == 0).all()
        with picture(below["src"]) as image:
            assert np.abs(np.asarray(image.convert("RGB"), int) - (200, 200, 100)).max() < 8

    def test_large_pages_are_scaled_down_but_know_their_size(self, out: Path, tmp_path: Path) -> None:
        Image.new("L", (1000, 500)).save(tmp_path / "scans/page10.png")
        images = [each for each in made(out, max_side=400).of("img") if "page10" in (each["alt"] or "")]
        sizes = [picture(each["src"]).size for each in images]
        assert (400, 200) in sizes
        assert {(each.get("width"), each.get("height")) for each in images} >= {("1000", "500")}

    @pytest.mark.parametrize("file_format", ["tiff", "webp", "ora", "psd"])
    def test_other_formats_show_the_ink_alone(self, out: Path, tmp_path: Path, file_format: str) -> None:
        name = f"a{pages.OUTPUT_FORMATS[file_format].suffix}"
        inked(out / name, file_format)
        change(out, lambda known: known.pages.update({name: entry(out, tmp_path / "scans/page10.png", name)}))
        images = [each for each in made(out).of("img") if each["alt"] == f"Ink of {name}" and "class" in each]
        with picture(images[0]["src"]) as image:
            assert np.asarray(image.convert("L"))[::15, 0].tolist() == [255, 0, 255]

    def test_what_has_moved_or_changed_is_told(self, out: Path, tmp_path: Path) -> None:
        (tmp_path / "scans/page10.png").unlink()
        sketch(tmp_path / "scans/deep" / EVIL, 50)
        text = made(out).text
        assert "The sketch is not there any more." in text
        assert "The sketch was changed after it was inked." in text
        assert "The ink was changed" not in text
        (out / "page10.png").write_bytes(b"no picture")
        text = made(out).text
        assert "The ink cannot be shown: holds no readable image." in text

    def test_sketches_of_an_unpacked_archive_are_found_by_the_end_of_their_path(
        self, out: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "scans").rename(tmp_path / "sketches")  # as they lie beside the ink while it is made
        inside = ("page10.png", f"deep/{EVIL}")
        for name in inside:
            was = entry(out, tmp_path / "sketches" / name, "page10.png")
            change(out, lambda known, was=was, name=name: known.pages.update({name: was}))
        (tmp_path / "sketches").rename(tmp_path / "unpacked")
        (tmp_path / "sketches").mkdir()
        sketch(tmp_path / "sketches/page10.png", 9)  # of another archive
        text = made(out, sketches=Several()).text
        assert "The sketch is not shown: it is not as it was inked. Name its folder with --sketches." in text
        assert "Name the folder that it is in now, or that it was unpacked to, with --sketches." in text
        page = made(out, sketches=Several([str(tmp_path / "unpacked")]))
        assert "The sketch is not" not in page.text
        shown = [each for each in page.of("img") if each["alt"] == "Sketch of page10.png"]
        assert np.asarray(picture(shown[0]["src"]).convert("RGB"))[0, 0, 0] > 150

    def test_files_that_a_strange_manifest_names_are_not_shown(self, out: Path, tmp_path: Path) -> None:
        secret = sketch(tmp_path / "home/secret.png", 77)
        strange = replace(entry(out, secret, "page10.png"), input_sha256="0" * 64)
        stolen = replace(entry(out, secret, "page10.png"), input="../scans/page10.png")
        change(
            out,
            lambda known: known.pages.update({"page10.png": strange, "../home/secret.png": stolen, "b.png": stolen}),
        )
        change(out, lambda known: known.failures.update({"c.png": Failure("../home/secret.png", 0, "broken; mend")}))
        page = made(out, sketches=Several())
        assert "The sketch is not shown: it is not as it was inked. Name its folder with --sketches." in page.text
        assert "The ink is not shown: it is not in the folder." in page.text
        levels = {np.asarray(picture(each["src"]).convert("RGB"))[0, 0, 0] for each in page.of("img") if each["src"]}
        assert levels
        assert all(abs(int(level) - 77) > 8 for level in levels)
        shown = made(out, sketches=Several((str(tmp_path / "home"),))).of("img")
        levels = {np.asarray(picture(each["src"]).convert("RGB"))[0, 0, 0] for each in shown if each["src"]}
        assert any(abs(int(level) - 77) < 8 for level in levels)

    def test_of_joined_pages_the_first_is_shown(self, out: Path, tmp_path: Path) -> None:
        sheets = [pages.InkedPage([np.full((40, 60), level, np.uint8)], (40, 60)) for level in (255, 0)]
        pages.write_joined(out / "book.tiff", sheets, "tiff", pages.Look(), 4800)
        book = entry(out, tmp_path / "scans/page10.png", "book.tiff")
        change(out, lambda known: known.pages.update({"book.tiff": book}))
        page = made(out)
        assert "The ink has 2 pages; the first is shown." in page.text
        images = [each for each in page.of("img") if each["alt"] == "Ink of book.tiff"]
        with picture(images[0]["src"]) as image:
            assert image.convert("L").getextrema()[1] < 5

    def test_ink_of_an_earlier_run_is_shown_with_the_failure(self, out: Path) -> None:
        change(
            out, lambda known: known.failures.update({"page10.png": Failure("../scans/page10.png", 0, "broken; mend")})
        )
        text = made(out).text
        assert "Failed: broken; mend The ink is of an earlier run." in text

    @pytest.mark.parametrize(("kind", "ground"), [("ink", "#fff"), ("for-black", "#000")])
    def test_ink_hides_the_sketch_below_it(self, out: Path, kind: str, ground: str) -> None:
        made(out)
        (rule,) = re.findall(rf"\.frame \.{kind} \{{(.*)\}}", (out / "report.html").read_text("utf-8"))
        assert f"background: {ground}" in rule


class TestFile:
    def test_it_lies_in_the_folder_or_where_it_is_wanted(self, out: Path, tmp_path: Path) -> None:
        made(out)
        assert (out / "report.html").exists()
        made(out, output=str(tmp_path / "mine.htm"))
        assert (tmp_path / "mine.htm").exists()

    def test_the_same_folder_gives_the_same_report(self, out: Path) -> None:
        made(out)
        first = (out / "report.html").read_bytes()
        made(out)
        assert (out / "report.html").read_bytes() == first

    def test_the_old_one_stays_and_nothing_is_left_when_writing_fails(
        self, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made(out)
        old = (out / "report.html").read_bytes()
        before = sorted(os.listdir(out))

        def full(*_: object) -> str:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(report, "page", full)
        with pytest.raises(PageError, match=r"report\.html: cannot be written \(No space left on device\)"):
            made(out)
        assert sorted(os.listdir(out)) == before
        assert (out / "report.html").read_bytes() == old

    def test_a_page_of_somebody_else_is_not_written_over(self, out: Path) -> None:
        (out / "mine.html").write_text("<title>mine</title>")
        with pytest.raises(ArgumentError, match=r"--output .*mine\.html: is there already, and is no report"):
            made(out, output=str(out / "mine.html"))
        assert (out / "mine.html").read_text() == "<title>mine</title>"

    def test_a_picture_is_not_written_over(self, out: Path) -> None:
        with pytest.raises(ArgumentError, match=r"--output .*page10\.png: is no name .* page10\.html"):
            made(out, output=str(out / "page10.png"))

    def test_a_file_in_place_of_the_folder(self, out: Path) -> None:
        with pytest.raises(ArgumentError, match=r"FOLDER .*page10\.png: is a file, and no folder; give a folder"):
            made(out / "page10.png")

    @pytest.mark.parametrize("content", [None, "[]", "{", json.dumps({"format": 99})])
    def test_a_folder_without_a_manifest(self, tmp_path: Path, content: str | None) -> None:
        if content is not None:
            (tmp_path / manifest.NAME).write_text(content)
        with pytest.raises(ArgumentError, match=r"FOLDER .*manifest|holds no \.lineart\.json"):
            made(tmp_path)

    def test_pages_that_a_killed_run_finished_are_in_it(self, out: Path, tmp_path: Path) -> None:
        inked(out / "new.png")
        (out / ".lineart").mkdir()
        row = entry(out, tmp_path / "scans/page10.png", "new.png")
        (out / ".lineart/journal").write_text(manifest.journal_line("new.png", row))
        assert "new.png" in [row.output for row in report.known_rows(out)]
        assert sorted(os.listdir(out / ".lineart")) == ["journal"]


def test_the_page_s_script_and_style_are_those_that_it_allows(out: Path) -> None:
    import hashlib

    report.write(out, report.known_rows(out), ReportOptions(), lambda: None)
    text = (out / "report.html").read_text("utf-8")
    for kind in ("style", "script"):
        (content,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in text
