from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lineart_cli.batch import manifest
from lineart_cli.batch.manifest import NAME, Entry, Failure, Manifest, OutputStatus
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.errors import ArgumentError, PageError

INK = b"all of the ink"


def entry(ink: bytes = b"", **changes: object) -> Entry:
    made = Entry("../a.png", 0, "in", {"thickness": "3px"}, {"name": "tiny"}, "0.1.0", "", 20, 10, 300.0, 3.0)
    return replace(made, output_sha256=digest(ink) if ink else "", **changes)  # type: ignore[arg-type]


def digest(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def put(folder: OutputFolder, name: str = "a.png", ink: bytes = INK, **changes: object) -> OutputStatus:
    with folder.unfinished(".png") as part:
        part.write_bytes(ink)
        return folder.settle(part, folder.root / name, entry(ink, **changes))


def known(root: Path) -> Manifest:
    return manifest.parse((root / NAME).read_text())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "ink").mkdir()
    return tmp_path / "ink"


class TestPages:
    def test_a_page_gets_its_place_and_its_entry_and_nothing_else_is_left(self, root: Path) -> None:
        with OutputFolder(root) as folder:
            assert put(folder, "deep/a.png") is OutputStatus.ABSENT
        assert sorted(os.listdir(root)) == [NAME, "deep"]
        assert os.listdir(root / "deep") == ["a.png"]
        assert known(root) == Manifest({"deep/a.png": entry(INK)})

    def test_nothing_done_leaves_nothing(self, root: Path) -> None:
        with OutputFolder(root):
            pass
        assert os.listdir(root) == []

    def test_a_page_that_is_wanted_otherwise_is_replaced(self, root: Path) -> None:
        with OutputFolder(root) as folder:
            put(folder)
        with OutputFolder(root) as folder:
            assert folder.status(root / "a.png", entry(input_sha256="new")) is OutputStatus.OUTDATED
            assert put(folder, ink=b"new", input_sha256="new") is OutputStatus.OUTDATED
        assert (root / "a.png").read_bytes() == b"new"
        assert known(root) == Manifest({"a.png": entry(b"new", input_sha256="new")})

    @pytest.mark.parametrize("when", ["before the run", "while it is inked"])
    def test_what_an_artist_has_changed_is_kept(self, root: Path, when: str) -> None:
        with OutputFolder(root) as folder:
            put(folder)
        if when == "before the run":
            (root / "a.png").write_bytes(b"edited")
        with OutputFolder(root) as folder:
            if when == "while it is inked":
                assert folder.status(root / "a.png", entry(input_sha256="new")) is OutputStatus.OUTDATED
                (root / "a.png").write_bytes(b"edited")
            assert folder.status(root / "a.png", entry(input_sha256="new")) is OutputStatus.EDITED
            assert put(folder, ink=b"new", input_sha256="new") is OutputStatus.EDITED
        assert (root / "a.png").read_bytes() == b"edited"
        assert known(root) == Manifest({"a.png": entry(INK)})

    def test_what_is_there_without_a_record_is_adopted_if_it_is_the_same_and_kept_if_not(self, root: Path) -> None:
        (root / "a.png").write_bytes(INK)
        (root / "b.png").write_bytes(b"somebody's")
        with OutputFolder(root) as folder:
            assert folder.status(root / "a.png", entry()) is OutputStatus.UNKNOWN
            assert put(folder, "a.png") is OutputStatus.FINISHED
            assert put(folder, "b.png") is OutputStatus.UNKNOWN
        assert (root / "b.png").read_bytes() == b"somebody's"
        assert known(root) == Manifest({"a.png": entry(INK)})

    @pytest.mark.parametrize("begun", [b"", INK[:5]])
    def test_ink_that_was_cut_off_is_replaced(self, root: Path, begun: bytes) -> None:
        (root / "a.png").write_bytes(begun)
        with OutputFolder(root) as folder:
            assert put(folder) is OutputStatus.ABSENT
        assert (root / "a.png").read_bytes() == INK

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_a_file_where_the_folder_of_a_page_has_to_be(self, root: Path, overwrite: bool) -> None:
        (root / "deep").touch()
        says = r"deep/a\.png: .*deep is a file, and no folder; take it away"
        with OutputFolder(root, overwrite=overwrite) as folder, pytest.raises(PageError, match=says):
            put(folder, "deep/a.png")

    def test_overwrite_replaces_anything(self, root: Path) -> None:
        (root / "a.png").write_bytes(b"somebody's")
        with OutputFolder(root, overwrite=True) as folder:
            assert folder.status(root / "a.png", entry()) is OutputStatus.ABSENT
            assert put(folder) is OutputStatus.ABSENT
        assert (root / "a.png").read_bytes() == INK

    def test_failures_are_noted_until_they_are_none(self, root: Path) -> None:
        failure = Failure("../a.png", 0, "a.png: is empty; scan it again")
        with OutputFolder(root) as folder:
            folder.note(root / "a.png", failure)
        assert known(root) == Manifest(failures={"a.png": failure})
        with OutputFolder(root) as folder:
            folder.note(root / "a.png", None)
        assert known(root) == Manifest()

    def test_an_input_is_named_from_the_folder_even_behind_links(self, root: Path) -> None:
        (root.parent / "elsewhere/deep").mkdir(parents=True)
        (root.parent / "link").symlink_to(root.parent / "elsewhere/deep")
        assert OutputFolder(root).input_name(root.parent / "scans/a.png") == "../scans/a.png"
        assert OutputFolder(root.parent / "link").input_name(root.parent / "a.png") == "../../a.png"


class TestManyRuns:
    def test_each_sees_what_the_other_has_done(self, root: Path) -> None:
        with OutputFolder(root) as one, OutputFolder(root) as other:
            put(one, "a.png")
            assert other.status(root / "a.png", entry()) is OutputStatus.FINISHED
            put(other, "b.png")
            put(other, "a.png", b"new", input_sha256="new")
            assert one.status(root / "a.png", entry()) is OutputStatus.OUTDATED
        assert known(root) == Manifest({"a.png": entry(b"new", input_sha256="new"), "b.png": entry(INK)})
        assert sorted(os.listdir(root)) == [NAME, "a.png", "b.png"]

    def test_the_first_to_leave_takes_nothing_from_the_other(self, root: Path) -> None:
        with OutputFolder(root) as one:
            with OutputFolder(root) as other:
                put(other, "b.png")
            put(one, "a.png")
        assert known(root) == Manifest({"a.png": entry(INK), "b.png": entry(INK)})

    def test_what_a_killed_run_has_left_is_taken_away_and_its_journal_is_kept(self, root: Path) -> None:
        killed = OutputFolder(root)
        killed.__enter__()
        put(killed, "a.png")
        (killed.scratch / "1.png").write_bytes(b"half")
        assert killed._run._alive
        killed._run._alive.release()
        with OutputFolder(root) as folder:
            assert not killed.scratch.exists()
            assert folder.status(root / "a.png", entry()) is OutputStatus.FINISHED
        assert sorted(os.listdir(root)) == [NAME, "a.png"]
        assert known(root) == Manifest({"a.png": entry(INK)})

    def test_a_run_killed_between_its_journal_and_its_page_has_changed_nothing(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with OutputFolder(root) as folder:
            put(folder)
        folder = OutputFolder(root)
        folder.__enter__()
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", killed)
            with pytest.raises(KeyboardInterrupt):
                put(folder, ink=b"new", input_sha256="new")
        assert folder._run._alive
        folder._run._alive.release()
        with OutputFolder(root) as folder:
            assert folder.status(root / "a.png", entry()) is OutputStatus.FINISHED
            assert folder.status(root / "a.png", entry(input_sha256="new")) is OutputStatus.OUTDATED

    def test_abandoning_leaves_no_temporary_file(self, root: Path) -> None:
        with OutputFolder(root) as folder:
            put(folder)
            with folder.unfinished(".png") as part:
                part.write_bytes(b"half")
                folder.abandon()
            assert sorted(os.listdir(root)) == [NAME, "a.png"]


class TestManifest:
    @pytest.mark.parametrize("text", [b"{", b"\xff\xfe", b'{"format": 7}'])
    def test_one_that_is_damaged_or_foreign_is_told_and_counts_as_none(self, root: Path, text: bytes) -> None:
        (root / NAME).write_bytes(text)
        with OutputFolder(root) as folder:
            assert folder.take_notice().startswith(f"{root / NAME}: is no manifest of lineart (")
            put(folder)
        assert known(root) == Manifest({"a.png": entry(INK)})

    def test_one_that_cannot_be_read_ends_the_run(self, root: Path) -> None:
        (root / NAME).mkdir()
        with pytest.raises(ArgumentError, match=r"--output .*\.lineart\.json: cannot be read"), OutputFolder(root):
            pass

    def test_a_full_disk_keeps_the_journal(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        folder = OutputFolder(root)
        folder.__enter__()
        put(folder)
        with monkeypatch.context() as patch:
            patch.setattr(manifest.Manifest, "lines", full)
            with pytest.raises(PageError, match="No space left on device"):
                folder.__exit__(None, None, None)
        with OutputFolder(root) as again:
            assert again.status(root / "a.png", entry()) is OutputStatus.FINISHED
        assert known(root) == Manifest({"a.png": entry(INK)})

    def test_of_what_another_run_puts_there_each_line_is_read_once(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read: list[int] = []
        replay = manifest.replay

        def counted(known: Manifest, lines: list[str], found: Callable[[str], str | None]) -> None:
            read.append(sum(map(bool, lines)))
            replay(known, lines, found)

        monkeypatch.setattr(manifest, "replay", counted)
        with OutputFolder(root) as one, OutputFolder(root) as other:
            for number in range(20):
                put((one, other)[number % 2], f"{number}.png")
            assert one.known() == other.known()
            assert len(one.known().pages) == 20
        assert sum(read) <= 2 * 20

    def test_a_journal_that_is_another_one_is_read_from_its_beginning(self, root: Path) -> None:
        with OutputFolder(root) as one:
            for number in range(5):
                put(one, f"{number}.png")
            with OutputFolder(root) as other:  # has written the manifest, and dropped the journal
                put(other, "a.png")
            put(one, "b.png")
        assert set(known(root).pages) == {"0.png", "1.png", "2.png", "3.png", "4.png", "a.png", "b.png"}

    def test_a_dry_run_only_looks(self, root: Path) -> None:
        with OutputFolder(root / "none", dry_run=True) as folder:
            assert folder.status(root / "none/a.png", entry()) is OutputStatus.ABSENT
            folder.note(root / "none/a.png", Failure("a", 0, "x"))
        assert os.listdir(root) == []


class TestLinks:
    """Nothing outside of the folder is ever written."""

    @pytest.fixture
    def outside(self, tmp_path: Path) -> Path:
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside/a.png").write_bytes(b"precious")
        return tmp_path / "outside"

    def test_a_folder_that_is_a_link(self, root: Path, outside: Path) -> None:
        (root / "deep").symlink_to(outside)
        with OutputFolder(root, overwrite=True) as folder:
            for name in ("deep/a.png", "deep/new/b.png"):
                with pytest.raises(PageError, match="a link leads out of the folder"):
                    folder.status(root / name, entry())
                with pytest.raises(PageError, match="a link leads out of the folder"):
                    put(folder, name)
        assert os.listdir(outside) == ["a.png"]

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_an_output_that_is_a_link(self, root: Path, outside: Path, overwrite: bool) -> None:
        (root / "a.png").symlink_to(outside / "a.png")
        with OutputFolder(root, overwrite=overwrite) as folder:
            assert put(folder) is (OutputStatus.ABSENT if overwrite else OutputStatus.UNKNOWN)
        assert (outside / "a.png").read_bytes() == b"precious"
        assert (root / "a.png").is_symlink() is not overwrite

    def test_an_output_that_is_a_link_to_nothing(self, root: Path, outside: Path) -> None:
        (root / "a.png").symlink_to(outside / "b.png")
        with OutputFolder(root) as folder, pytest.raises(PageError, match="is a link to nothing; take it away"):
            put(folder)
        assert os.listdir(outside) == ["a.png"]

    @pytest.mark.skipif(os.name == "nt", reason="has no pipes in folders")
    def test_an_output_that_is_no_file(self, root: Path) -> None:
        os.mkfifo(root / "a.png")
        (root / "b.png").mkdir()
        with OutputFolder(root) as folder:
            for name in ("a.png", "b.png"):
                with pytest.raises(PageError, match="is there already, and is no file"):
                    put(folder, name)

    def test_lineart_s_own_files_are_no_way_out(self, root: Path, outside: Path) -> None:
        (root / NAME).symlink_to(outside / "a.png")
        (root / ".lineart").mkdir()
        (root / ".lineart/run-x").symlink_to(outside)
        with OutputFolder(root) as folder:
            put(folder)
        assert os.listdir(outside) == ["a.png"]
        assert (outside / "a.png").read_bytes() == b"precious"
        assert sorted(os.listdir(root)) == [NAME, "a.png"]

    def test_a_journal_that_is_a_link_is_taken_away_and_a_lock_refused(self, root: Path, outside: Path) -> None:
        (root / ".lineart").mkdir()
        (root / ".lineart/journal").symlink_to(outside / "a.png")
        with OutputFolder(root) as folder:
            put(folder)
        (root / ".lineart").mkdir()
        (root / ".lineart/lock").symlink_to(outside / "a.png")
        with pytest.raises(ArgumentError, match=r"\.lineart: cannot be used \("), OutputFolder(root):
            pass
        assert (outside / "a.png").read_bytes() == b"precious"

    def test_a_hidden_folder_that_is_a_link(self, root: Path, outside: Path) -> None:
        (root / ".lineart").symlink_to(outside)
        with pytest.raises(ArgumentError, match="is not the folder that lineart makes"), OutputFolder(root):
            pass
        assert os.listdir(outside) == ["a.png"]

    def test_a_name_that_is_too_long_fails_alone(self, root: Path) -> None:
        with OutputFolder(root) as folder:
            with pytest.raises(PageError, match="the name is too long for this disk; give the input a shorter one"):
                put(folder, "a" * 252 + ".tiff")
            assert put(folder, "a" * 251 + ".png") is OutputStatus.ABSENT
