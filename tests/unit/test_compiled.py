"""Compiled networks that are kept: the latest, as far as there is room, and never a wrong one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lineart_cli.model import compiled
from lineart_cli.model.compiled import CompiledNetworks


def test_each_key_has_its_own(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "new"):
        kept = CompiledNetworks(folder)
        kept.keep("a", b"one")
        kept.keep("b", b"two")
        assert (kept.find("a"), kept.find("b"), kept.find("c")) == (b"one", b"two", None)


def test_memory_keeps_the_latest_and_the_disk_the_rest(tmp_path: Path) -> None:
    alone, kept = CompiledNetworks(), CompiledNetworks(tmp_path)
    for number in range(compiled.MOST_IN_MEMORY + 1):
        alone.keep(str(number), b"x")
        kept.keep(str(number), b"x")
    assert alone.find("0") is None
    assert alone.find("1") == b"x"
    assert kept.find("0") == b"x"


def test_files_unused_for_longest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "MOST_ON_DISK", 2 * 132)
    first = CompiledNetworks(tmp_path)
    for number in range(2):
        first.keep(str(number), bytes(100))
    for age, file in enumerate(sorted(tmp_path.iterdir(), key=lambda each: each.stat().st_mtime)):
        os.utime(file, (1000 + age, 1000 + age))
    assert CompiledNetworks(tmp_path).find("0") == bytes(100)  # used: now "1" is the older one
    first.keep("2", bytes(100))
    later = CompiledNetworks(tmp_path)
    assert [later.find(key) is not None for key in "012"] == [True, False, True]


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = CompiledNetworks(tmp_path / "file" / "compiled")
    kept.keep("a", b"one")
    assert kept.find("a") == b"one"
    assert CompiledNetworks(tmp_path / "file" / "compiled").find("a") is None
