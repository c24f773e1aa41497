from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from lineart_cli.batch import files
from lineart_cli.errors import ArgumentError
from lineart_cli.options import Template
from lineart_cli.pages import signed


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """scans/{a.png, b.JPG, notes.txt, .hidden.png, deep/c.tif, .git/d.png}; the current folder is above it."""
    for name in ("a.png", "b.JPG", "notes.txt", ".hidden.png", "deep/c.tif", ".git/d.png"):
        path = tmp_path / "scans" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "scans"


def names(patterns: list[str], out: str = "ink") -> dict[str, str]:
    """Path and place below the output, of all that is found; there must be no errors."""
    found = files.find(patterns, Path(out))
    sources, errors = found.sources, found.problems
    assert not errors
    return {str(source.path): str(source.relative) for source in sources}


def test_a_folder_gives_its_tree_without_hidden_and_other_files(tree: Path) -> None:
    assert names(["scans"]) == {"scans/a.png": "a.png", "scans/b.JPG": "b.JPG", "scans/deep/c.tif": "deep/c.tif"}


def test_a_file_is_taken_whatever_it_is_called(tree: Path) -> None:
    assert names(["scans/notes.txt", "scans/.hidden.png"]) == {
        "scans/notes.txt": "notes.txt",
        "scans/.hidden.png": ".hidden.png",
    }


def test_a_glob_that_the_shell_left_alone(tree: Path) -> None:
    assert names(["scans/*.png"]) == {"scans/a.png": "a.png"}
    assert names(["scans/**/*.tif"]) == {"scans/deep/c.tif": "c.tif"}
    assert names(["scans/*"]) == {"scans/a.png": "a.png", "scans/b.JPG": "b.JPG", "scans/deep/c.tif": "c.tif"}


def test_a_file_whose_name_is_a_pattern(tree: Path) -> None:
    (tree / "a[1].png").write_bytes(b"x")
    assert names(["scans/a[1].png"]) == {"scans/a[1].png": "a[1].png"}


def test_a_file_named_twice_is_inked_once(tree: Path) -> None:
    assert list(names(["scans/a.png", "./scans/a.png", "scans"])) == ["scans/a.png", "scans/b.JPG", "scans/deep/c.tif"]


def test_the_output_folder_is_no_input(tree: Path) -> None:
    (tree / "ink").mkdir()
    (tree / "ink/a.png").write_bytes(b"x")
    assert "scans/ink/a.png" not in names(["scans"], out="scans/ink")
    assert "scans/ink/a.png" not in names(["scans/**/*.png"], out="scans/ink")
    assert "scans/ink/a.png" in names(["scans"], out="elsewhere")
    assert "scans/a.png" in names(["scans/*.png"], out="scans")


def test_symlink_loops_end(tree: Path) -> None:
    os.symlink(tree, tree / "deep/back")
    os.symlink(tree / "deep", tree / "other")
    found = names(["scans"])
    assert sorted(os.path.basename(path) for path in found) == ["a.png", "b.JPG", "c.tif"]


@pytest.mark.parametrize("pattern", ["scans/**", "scans/**/*", "**/*.*", "*/**/**", "sc*/**/[a-z]*"])
def test_symlink_loops_end_in_globs_too(tree: Path, pattern: str) -> None:
    for name in ("loop", "deep/back", "deep/again"):
        os.symlink(tree, tree / name)
    assert names([pattern]).keys() >= {"scans/a.png", "scans/b.JPG", "scans/deep/c.tif"}
    assert not {path for path in names([pattern]) if "loop/loop" in path or path.endswith(("loop", "back", "again"))}
    assert sorted(names([pattern]).values()) == ["a.png", "b.JPG", "c.tif"]


def test_a_link_to_itself_is_a_file_among_others(tree: Path) -> None:
    os.symlink(tree / "z.png", tree / "z.png")
    found = files.find(["scans"], Path("ink"))
    sources, errors = found.sources, found.problems
    outputs = {str(job.output) for job in files.plan(sources, Path("ink"), ".png")}
    assert not errors
    assert outputs == {"ink/a.png", "ink/b.png", "ink/deep/c.png", "ink/z.png"}


def test_a_name_that_no_disk_has_is_not_there(tree: Path) -> None:
    (error,) = files.find(["x" * 300 + ".png"], Path("ink")).problems
    assert "no such file or folder" in str(error)
    with pytest.raises(ArgumentError, match=r"cannot be written .File name too long"):
        files.prepare_folder(Path("x" * 300))


def test_a_broken_link_is_not_passed_over(tree: Path) -> None:
    os.symlink(tree / "gone.png", tree / "z.png")
    assert "scans/z.png" in names(["scans"])


@pytest.mark.parametrize(
    ("pattern", "what"), [("scans/none.png", "no such file or folder"), ("*.gif", "no file matches")]
)
def test_what_is_not_there_is_named(tree: Path, pattern: str, what: str) -> None:
    found = files.find([pattern, "scans/a.png"], Path("ink"))
    sources, errors = found.sources, found.problems
    assert [source.path.name for source in sources] == ["a.png"]
    assert [str(error) for error in errors] == [f"{pattern}: {what}; check the spelling and the folder that you are in"]


def test_a_folder_that_cannot_be_listed_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = os.scandir

    def forbidden(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", forbidden)
    found = files.find(["scans"], Path("ink"))
    sources, errors = found.sources, found.problems
    assert len(sources) == 2
    assert str(errors[0]).startswith("scans/deep: folder cannot be read (Permission denied); ")


def test_sheets_of_lineart_s_are_no_sketches(tree: Path) -> None:
    pages = names(["scans"])
    for name, maker in (("a-try.png", signed.TRY), ("brushes.png", signed.BRUSHES), ("c-try.png", signed.TRY)):
        signed.save(Image.new("L", (9, 9)), tree / name, "--output", maker)
    (tree / "as_read.txt").write_bytes((tree / "a-try.png").read_bytes())
    assert names(["scans"]) == names(["scans/*"]) | pages == pages
    found = files.find(["scans"], None)
    told = "3 sheets of lineart try and lineart brushes are left out, such as scans/a-try.png; name them alone"
    assert files.sheets_notice(found.sheets).startswith(told)
    assert files.sheets_notice(found.sheets[1:2]).startswith(
        "scans/brushes.png is a sheet of lineart brushes, and left"
    )
    assert files.sheets_notice([]) == ""
    assert names(["scans/a-try.png"]) == {"scans/a-try.png": "a-try.png"}
    for name in ("a.png", "b.JPG", "deep/c.tif"):
        (tree / name).unlink()
    nothing = files.nothing_found(["scans"], files.find(["scans"], None))
    assert "only lineart's own sheets are there, such as scans/a-try.png" in str(nothing)


class TestPlan:
    def test_outputs_are_named_after_stem_and_format(self) -> None:
        sources = [files.Source(Path("x/a.jpg"), Path("x/a.jpg")), files.Source(Path("b.v2.png"), Path("b.v2.png"))]
        assert [str(job.output) for job in files.plan(sources, Path("ink"), ".tiff")] == [
            "ink/x/a.tiff",
            "ink/b.v2.tiff",
        ]

    @pytest.mark.parametrize(("count", "first", "last"), [(2, "01", "2"), (99, "01", "99"), (120, "001", "120")])
    def test_every_page_of_a_file_has_an_output(self, count: int, first: str, last: str) -> None:
        jobs = files.plan([files.Source(Path("x/a.tif"), Path("x/a.tif"))], Path("ink"), ".png", lambda _: count)
        assert len(jobs) == count
        assert jobs[0] == files.Job(Path("x/a.tif"), Path(f"ink/x/a-p{first}.png"), 0, count)
        assert str(jobs[-1].output) == f"ink/x/a-p{last:0>{len(first)}}.png"
        assert str(jobs[-1]) == f"x/a.tif page {count}"

    def test_a_clash_names_both_inputs(self) -> None:
        sources = [files.Source(Path(f"{folder}/a.png"), Path("a.png")) for folder in (1, 2)]
        with pytest.raises(ArgumentError, match=r"both 1/a\.png and 2/a\.png would be written there"):
            files.plan(sources, Path("ink"), ".png")

    def test_namesakes_keep_their_suffix(self) -> None:
        sources = [files.Source(Path(name), Path(name)) for name in ("x/a.kra", "x/a.png", "a.png", "x/b.png")]
        outputs = [str(job.output) for job in files.plan(sources, Path("ink"), ".png")]
        assert outputs == ["ink/x/a.kra.png", "ink/x/a.png.png", "ink/a.png", "ink/x/b.png"]

    def test_an_output_is_never_an_input(self, tree: Path, tmp_path: Path) -> None:
        sources = files.find([str(tree / "a.png")], tree).sources
        with pytest.raises(ArgumentError, match=r"would be written over the input .*a\.png; choose another folder"):
            files.plan(sources, tree, ".png")
        os.symlink(tree, tmp_path / "same")
        with pytest.raises(ArgumentError, match="written over the input"):
            files.plan(sources, tmp_path / "same", ".png")


class TestPrepareFolder:
    def test_it_is_made_and_left_empty(self, tmp_path: Path) -> None:
        files.prepare_folder(tmp_path / "a/b")
        assert os.listdir(tmp_path / "a/b") == []

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_a_file_is_refused(self, tmp_path: Path, dry_run: bool) -> None:
        file = tmp_path / "a"
        file.touch()
        with pytest.raises(ArgumentError, match=f"--output {file}: is a file; give a folder"):
            files.prepare_folder(file, dry_run=dry_run)
        with pytest.raises(ArgumentError, match=f"--output {file}/b: {file} is a file; give a folder"):
            files.prepare_folder(file / "b", dry_run=dry_run)

    def test_a_dry_run_only_looks(self, tmp_path: Path) -> None:
        files.prepare_folder(tmp_path / "a/b", dry_run=True)
        assert os.listdir(tmp_path) == []

    def test_a_name_that_looks_like_a_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ArgumentError, match=r"looks like a file; give a folder, such as .*/ink$"):
            files.prepare_folder(tmp_path / "ink.png")

    def test_a_read_only_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def read_only(**_: object) -> None:
            raise OSError(30, "Read-only file system")

        monkeypatch.setattr(files.tempfile, "TemporaryFile", read_only)
        with pytest.raises(ArgumentError, match=r"cannot be written \(Read-only file system\); choose another"):
            files.prepare_folder(tmp_path)


def test_files_that_are_passed_over_are_counted_by_suffix(tmp_path: Path) -> None:
    out = tmp_path / "scans" / "ink"
    out.mkdir(parents=True)
    for name in ("a.png", "b.jfif", "c.MPO", "d.txt", "e.TXT", "f.docx", "g", ".hidden.txt", "ink/h.txt"):
        (tmp_path / "scans" / name).touch()
    patterns = [str(tmp_path / "scans"), str(tmp_path / "scans/*.txt"), str(tmp_path / "scans/f.docx")]
    sources = files.find(patterns, out).sources
    assert {source.path.name for source in sources} == {"a.png", "b.jfif", "c.MPO", "f.docx"}
    passed_over = files.find(patterns[:2], out).passed_over
    assert passed_over == {".txt": 2, ".docx": 1, "": 1}
    assert files.counts_text(passed_over) == "2 .txt, 1 without a suffix, 1 .docx"
    assert files.counts_text({".rar": 3}) == "3 .rar (name an archive itself to ink what is in it)"


def test_templates_tell_pages_and_tools_apart_or_say_what_does() -> None:
    scan = files.Source(Path("x/a.tif"), Path("a.tif"))

    def outputs(template: str, out: Path | None = None, **more: object) -> list[str]:
        jobs = files.plan([scan], out, ".png", lambda _: 2, template=Template(template), **more)  # type: ignore[arg-type]
        return [str(job.output) for job in jobs]

    assert outputs("{stem}_ink{n:03}") == ["x/a_ink001.png", "x/a_ink002.png"]
    assert outputs("{folder} {suffix} {n}.png", Path("out")) == ["out/x tif 1.png", "out/x tif 2.png"]
    assert outputs("{tool}-{n}", tools=("2px", "4px")) == [
        f"x/{tool}-{n}.png" for n in (1, 2) for tool in ("2px", "4px")
    ]
    with pytest.raises(ArgumentError, match=r"put \{n\} into --name"):
        outputs("{stem}_ink")
    with pytest.raises(ArgumentError, match=r"put \{tool\} into --name"):
        outputs("{stem}_ink{n}", tools=("2px", "4px"))
    assert [str(job.output) for job in files.plan([scan], None, ".png", lambda _: 2)] == [
        "x/a-p01_ink.png",
        "x/a-p02_ink.png",
    ]
