"""Runs whose ink goes to several places."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batches import HalfInker, Listener, plan
from lineart_cli import pages
from lineart_cli.batch import archive, files
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.places import Places
from lineart_cli.batch.runner import Batch
from lineart_cli.brushes import store
from lineart_cli.errors import PageError
from lineart_cli.events import BatchDone, PageDone, PageFailed
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, InkOptions, Length
from lineart_cli.scale import working_scale


class Desk(Listener):
    """Inks what is in `scans`; `events` are those of all runs."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.scans, self.out = folder / "scans", folder / "ink"
        for path in (self.scans, self.out):
            path.mkdir()

    def run(self, *, beside: bool) -> BatchDone:
        options = InkOptions(beside=beside, drawing=Length(working_scale.STROKE))
        out = None if beside else self.out
        planned = lambda sources, place: files.plan(sources, place, ".png", pages.count_pages)  # noqa: E731
        jobs = planned(files.find([str(self.scans)], out).sources, out)
        tools, _ = store.tools(options)
        with OutputFolder(self.out, dry_run=beside) as folder:
            batch = Batch(folder, options, tools, catalogue.find(MODEL), plan, HalfInker, self, threading.Event())
            return Places(batch, self, options, OutputFolder, planned, beside=beside).run(jobs)


def sketches(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in "abc":
        Image.fromarray(np.tile(np.uint8([255, 0, 255, 255]), (20, 10))).save(folder / f"{name}.png")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_ink_counts_though_its_manifest_is_not_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    leave = OutputFolder.__exit__

    def full(folder: OutputFolder, *error: object) -> None:
        leave(folder, *error)  # type: ignore[arg-type]
        if folder.root == desk.scans:
            raise PageError(folder.root, "cannot be written (No space left on device)", "make room")

    sketches(desk.scans)
    monkeypatch.setattr(OutputFolder, "__exit__", full)
    done = desk.run(beside=True)
    assert (len(desk.of(PageDone)), len(desk.of(PageFailed))) == (3, 1)
    assert (done.inked, done.failed) == (3, 1)


def test_ink_counts_though_its_archive_is_not_packed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(at_work: archive.ArchiveAtWork, *_: object) -> None:
        raise PageError(at_work.job.output, "cannot be written (No space left on device)", "make room")

    sketches(desk.scans / "book")
    files_of = sorted((desk.scans / "book").iterdir())
    with zipfile.ZipFile(desk.scans / "book.cbz", "w") as packed:
        for path in files_of:
            packed.write(path, path.name)
            path.unlink()
    monkeypatch.setattr(archive.ArchiveAtWork, "pack", full)
    done = desk.run(beside=False)
    assert (len(desk.of(PageDone)), len(desk.of(PageFailed))) == (3, 1)
    assert (done.inked, done.failed) == (3, 1)
