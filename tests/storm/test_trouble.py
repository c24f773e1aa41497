"""A disk that is full, permissions that are missing, and files that change while they are read."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

import lineart_cli
from lineart_cli.pages import is_whole

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its runs")

Ink = Callable[..., SimpleNamespace]
NOBODY = 65534
is_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs to be root")


def lines(ended: SimpleNamespace) -> list[str]:
    """What a run has said, line by line, each of which must say something."""
    found = ended.err.splitlines()
    assert all(line.isprintable() and line.strip() for line in found), ended.err
    return found


class Disk:
    """A small disk, mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hold(self, kilobytes: int, files: int) -> None:
        """Mounts it, empty, or gives it another size."""
        options = f"size={kilobytes}k,nr_inodes={files}"
        if os.path.ismount(self.folder):
            self._call("mount", "-o", f"remount,{options}", str(self.folder))
        else:
            self._call("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder))

    def take_away(self) -> None:
        if os.path.ismount(self.folder):
            self._call("umount", str(self.folder))

    def _call(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk that is not mounted yet."""
    if sys.platform != "linux":
        pytest.skip("mounts a tmpfs")
    (tmp_path / "disk").mkdir()
    disk = Disk(tmp_path / "disk")
    try:
        disk.hold(64, 8)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("may not mount a tmpfs")
    disk.take_away()
    yield disk
    disk.take_away()


def fill(disk: Disk, seeds: range, ink: Ink, looks: SimpleNamespace) -> None:
    """Inks onto disks that are too small, and goes on when they have grown."""
    assert ink(out="other/ink").code == 0
    whole = looks.content(disk.folder.parent / "other/ink")
    counts: Counter[str] = Counter()
    for seed in seeds:
        rng = Random(seed)
        few_files = rng.random() < 0.3
        disk.hold(2000 if few_files else 4 * rng.randrange(1, 14), rng.randrange(2, 18) if few_files else 1000)
        command = ("--jobs", rng.choice("13"))
        ended = ink(*command, out="disk/ink")
        counts[f"exit code {ended.code}"] += 1
        there = looks.under_final_names(disk.folder / "ink") if (disk.folder / "ink").exists() else {}
        assert all(whole[name] == data for name, data in there.items()), seed
        assert ended.code == (0 if looks.content(disk.folder / "ink") == whole else ended.code or -1), ended.err
        assert ended.code == 0 or any("annot be" in line for line in lines(ended)), ended.err
        disk.hold(2000, 1000)
        again = ink(*command, out="disk/ink")
        assert again.code == 0, again.err
        assert looks.content(disk.folder / "ink") == whole, seed
        disk.take_away()
    print(dict(counts))


def test_a_full_disk(scans: Path, disk: Disk, ink: Ink, looks: SimpleNamespace) -> None:
    fill(disk, range(6), ink, looks)


@pytest.mark.long
def test_very_many_full_disks(scans: Path, disk: Disk, ink: Ink, looks: SimpleNamespace) -> None:
    fill(disk, range(100, 250), ink, looks)


@pytest.fixture
def owned() -> Iterator[Path]:
    """A folder with scans that belongs to nobody, where everybody may go."""
    if not all(each.stat().st_mode & stat.S_IXOTH for each in Path(lineart_cli.__file__).parents):
        pytest.skip("lineart lies where other users may not go")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for each in folder.rglob("*"):
            each.chmod(0o755)


def give(folder: Path) -> None:
    """Makes NOBODY the owner of all in a folder."""
    for each in (folder, *folder.rglob("*")):
        os.chown(each, NOBODY, NOBODY)


@is_root
@pytest.mark.parametrize(
    ("taken", "mode", "code", "says", "left"),
    [
        (".", 0, 2, "PATH scans: no such file or folder", set()),
        ("scans", 0, 2, "PATH scans: folder cannot be read (Permission denied)", set()),
        ("scans/a.png", 0, 1, "scans/a.png: may not be read; check its permissions", {"b.png", "deep/c.png"}),
        ("scans/deep", 0, 1, "scans/deep: folder cannot be read (Permission denied)", {"a.png", "b.png"}),
        ("scans/d.tif", 0, 1, "scans/d.tif: may not be read", {"a.png", "b.png", "deep/c.png"}),
        ("ink-out", 0, 2, "--output ink-out: cannot be written (Permission denied); choose another", set()),
        ("ink-out", 0o555, 2, "--output ink-out: cannot be written (Permission denied); choose another", set()),
        ("ink-out/deep", 0, 1, "ink-out/deep/c.png: may be there already, and cannot be read", {"a.png", "b.png"}),
        ("ink-out/deep", 0o555, 1, "ink-out/deep/c.png: cannot be written (Permission denied)", {"a.png", "b.png"}),
        ("ink-out/.lineart", 0, 2, "--output ink-out/.lineart: cannot be used (Permission denied)", set()),
        ("ink-out/.lineart", 0o555, 2, "--output ink-out/.lineart: cannot be used (Permission denied)", set()),
    ],
)
def test_permissions_that_are_missing(
    owned: Path, ink: Ink, looks: SimpleNamespace, taken: str, mode: int, code: int, says: str, left: set[str]
) -> None:
    looks.draw(owned / "scans")
    (owned / "ink-out/deep").mkdir(parents=True)
    (owned / "ink-out/.lineart").mkdir()
    give(owned)
    (owned / taken).chmod(mode)
    ended = ink(folder=owned, uid=NOBODY)
    (owned / taken).chmod(0o755)
    assert ended.code == code, ended.err
    assert sum(says in line for line in lines(ended)) == 1, ended.err
    assert left <= set(looks.under_final_names(owned / "ink-out"))
    again = ink(folder=owned, uid=NOBODY)
    assert again.code == 0, again.err
    assert ink(folder=owned, uid=NOBODY, out="whole/ink").code == 0
    assert looks.under_final_names(owned / "ink-out") == looks.under_final_names(owned / "whole/ink")


def swap(seeds: range, folder: Path, ink: Ink, looks: SimpleNamespace) -> None:
    """Inks scans that are saved, cut off and moved all the time, and once more when they rest."""
    counts: Counter[str] = Counter()
    # A scale that is measured may be kept from the last ink, of another drawing; halves of pages may look inverted.
    told = "--drawing", "7px", "--invert", "no"
    for seed in seeds:
        ended = ink("--jobs", "123"[seed % 3], *told, meddle=seed)
        counts[f"exit code {ended.code}"] += 1
        assert ended.code in {0, 1}, ended.err
        *failed, last = lines(ended)
        assert all(line.count("; ") >= 1 for line in failed), ended.err
        assert f" {len(failed)} failed" in last, ended.err
        counts.update(line.split(": ", 1)[1].split(" (")[0] for line in failed)
        looks.draw(folder / "scans", seed + 1000)
        assert ink(*told).code == 0
        assert ink(*told, out="whole").code == 0
        whole, there = (looks.under_final_names(folder / out) for out in ("whole", "ink-out"))
        assert whole.items() <= there.items(), seed
        others = set(there) - set(whole)  # of files that had another number of pages for a moment
        assert all(is_whole(folder / "ink-out" / name) for name in others), seed
    print(dict(counts))


def test_files_that_change_while_they_are_read(scans: Path, ink: Ink, looks: SimpleNamespace) -> None:
    swap(range(6), scans.parent, ink, looks)


@pytest.mark.long
def test_very_many_files_that_change_while_they_are_read(scans: Path, ink: Ink, looks: SimpleNamespace) -> None:
    swap(range(100, 250), scans.parent, ink, looks)
