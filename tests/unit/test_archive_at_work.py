"""An archive of ink may be a stranger's, and so may the manifest inside."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from lineart_cli.batch import archive
from lineart_cli.batch.archive import ArchiveAtWork
from lineart_cli.batch.files import Job
from lineart_cli.batch.manifest import NAME, Entry, Failure
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.errors import PageError
from lineart_cli.stamps import sha256


def test_only_ink_inside_is_taken_away(tmp_path: Path) -> None:
    at_work = ArchiveAtWork(Job(tmp_path / "c.cbz", tmp_path / "out.cbz"), tmp_path / "work", [])
    at_work.ink.mkdir(parents=True)
    victim, names = (
        tmp_path / "victim.png",
        ["gone.png", "drawn_on.png", "here.png", "../../victim.png", str(tmp_path / "victim.png")],
    )
    for path in (victim, *(at_work.ink / f"{name}.png" for name in ("gone", "here", "mine"))):
        path.write_bytes(b"x")
    (at_work.ink / "drawn_on.png").write_bytes(b"more than x")
    entry = Entry("../sketches/a.png", 0, "", {}, {}, "0.7.0", sha256(victim), 9, 9, 300.0, 3.0)
    pages = {name: asdict(entry) for name in names}
    failures = {name: asdict(Failure("a.png", 0, "/home/me/a.png: damaged")) for name in names}
    (at_work.ink / NAME).write_text(json.dumps({"format": 1, "pages": pages, "failures": failures}))
    with OutputFolder(at_work.ink) as folder:
        kept = at_work.tidy(folder, [Job(tmp_path / "a.png", at_work.ink / "here.png")])
        assert set(folder.known().failures) == {str(victim)}
    assert victim.exists()
    assert kept == [at_work.ink / "drawn_on.png"]
    assert sorted(path.name for path in at_work.ink.glob("*.png")) == ["drawn_on.png", "here.png", "mine.png"]


def test_who_comes_while_a_place_is_cleared_waits_for_nothing_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, clear = tmp_path / "out.cbz", archive._empty
    others: list[str] = []

    def cleared(place: Path) -> None:
        with pytest.raises(PageError, match="is being made by another run"), archive._place(output, dry_run=False):
            others.append("came in")
        clear(place)

    monkeypatch.setattr(archive, "_empty", cleared)
    with archive._place(output, dry_run=False) as place:
        (place / "sketches").mkdir()
    assert others == []
    assert list(tmp_path.iterdir()) == []
