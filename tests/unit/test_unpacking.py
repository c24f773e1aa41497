"""Archives are unpacked without trust, and packed alike each time."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from lineart_cli.archives import Member, contents, pack, unpack
from lineart_cli.errors import PageError

MOST = 1 << 20


def link() -> ZipInfo:
    info = ZipInfo("a.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ([ZipInfo("../a.png")], r"has a name inside that leads out of it, \.\./a.png"),
        ([ZipInfo("/a.png")], "has a name inside that leads out of it, /a.png"),
        ([ZipInfo("b/../../a.png")], "has a name inside that leads out of it"),
        ([ZipInfo("b//a.png")], "has a name inside that leads out of it"),
        ([ZipInfo("C:/a.png")], "has a name inside that leads out of it"),
        ([ZipInfo("b\\..\\..\\a.png")], "has a name inside that leads out of it"),
        ([ZipInfo("a.png"), ZipInfo("A.PNG")], "has a.png and A.PNG inside, which are one file on many disks"),
        ([link()], "has a link inside, a.png"),
    ],
)
def test_what_may_do_harm_is_refused(tmp_path: Path, inside: list[ZipInfo], says: str) -> None:
    path, folder = tmp_path / "c.cbz", tmp_path / "folder"
    folder.mkdir()
    with ZipFile(path, "w") as archive:
        for each in inside:
            archive.writestr(each, b"x")
    with pytest.raises(PageError, match=f"^{path}: {says}"):
        unpack(path, folder, MOST)
    assert list(folder.iterdir()) == []


def test_sizes_are_limited(tmp_path: Path) -> None:
    path, folder = tmp_path / "c.cbz", tmp_path / "folder"
    folder.mkdir()
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.bmp", bytes(MOST + 1))
    with pytest.raises(PageError, match=f"has a a.bmp of {MOST + 1} bytes; take it out, or raise --max-megapixels"):
        unpack(path, folder, MOST)
    content = bytearray(path.read_bytes())
    for at in (content.index(b"PK\x01\x02") + 24, 22):  # the announced size, in the directory and before the member
        content[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    assert [each.damage[:10] for each in unpack(path, folder, MOST).members] == ["Bad CRC-32"]
    assert not list(folder.iterdir())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (1 << 31).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(PageError, match="expands to 2147483648 bytes, more than 100 times its size"):
        contents(path)


@pytest.mark.parametrize("suffix", [".cbz", ".cb7", ".cbr"])
@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\3\4", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\x00"])
def test_what_is_no_archive_is_told(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"c{suffix}"
    path.write_bytes(content)
    with pytest.raises(PageError, match=r"c\.cb.: .*; pack or save it again"):
        contents(path)


@pytest.mark.parametrize("names", [["x" * 300], ["a", "a/b"]])
def test_names_that_no_disk_takes_are_not_blamed_on_its_space(tmp_path: Path, names: list[str]) -> None:
    with ZipFile(tmp_path / "c.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"page")
    with pytest.raises(PageError, match=r"cannot be unpacked \(.*\); unpack it with other names, and ink the folder"):
        unpack(tmp_path / "c.zip", tmp_path, MOST)


def test_what_is_packed_is_unpacked_and_gives_the_same_bytes_again(tmp_path: Path) -> None:
    file, folder = tmp_path / "file.txt", tmp_path / "folder"
    file.write_text("so it is")
    folder.mkdir()
    inside = [Member("b/", 0), Member("b/é.txt", 8, (2001, 2, 3, 4, 5, 6)), Member("./a", 8)]
    for name in ("one.zip", "two.zip"):
        pack(tmp_path / name, [(each, file) for each in inside])
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    found = unpack(tmp_path / "one.zip", folder, MOST).members
    assert [(each.name, each.date) for each in found] == [(each.name, each.date) for each in inside]
    assert (folder / "b/é.txt").read_text() == (folder / "a").read_text() == "so it is"


def test_an_archive_is_read_by_what_it_is_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "comic.cbr"
    with ZipFile(path, "w") as file:
        file.writestr("01.png", b"page")
    assert [each.name for each in contents(path).members] == ["01.png"]


class Unseekable(io.RawIOBase):
    """A pipe that a ZIP is written to: sizes come behind the members then."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.written += bytes(data)  # type: ignore[call-overload]
        return len(bytes(data))  # type: ignore[call-overload]


PAGES = {f"{number}/page é.png": bytes([number, 255 - number]) * 700 + bytes(range(256)) * 9 for number in range(3)}


@pytest.mark.parametrize("is_piped", [False, True])
@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
def test_of_a_zip_that_is_cut_off_whatever_is_whole_is_unpacked(tmp_path: Path, method: int, is_piped: bool) -> None:
    path, target = tmp_path / "c.cbz", Unseekable() if is_piped else io.BytesIO()
    with ZipFile(target, "w", method) as archive:
        for name, page in PAGES.items():
            archive.writestr(name, page)
    content = target.written if isinstance(target, Unseekable) else target.getvalue()
    with ZipFile(io.BytesIO(content)) as archive:
        starts = [info.header_offset for info in archive.infolist()] + [archive.start_dir]
    is_endless = is_piped and method == ZIP_STORED  # nothing tells where such a member ends
    for end in (starts[1] + 10, starts[2] + 5, starts[3] - 40, starts[3], starts[3] + 50, len(content) - 1):
        path.write_bytes(content[:end])
        folder = tmp_path / f"folder{end}"
        folder.mkdir()
        found = unpack(path, folder, MOST)
        whole = [name for name, start in zip(PAGES, starts[1:], strict=False) if start <= end]
        assert found.damage == "its table of contents cannot be read"
        good = [each for each in found.members if not each.damage]
        assert [each.name for each in good] == ([] if is_endless else whole)
        assert all((folder / each.name).read_bytes() == PAGES[each.name] for each in good)
        for each in found.members:
            start = (folder / each.name).read_bytes() if (folder / each.name).exists() else b""
            assert start.startswith(PAGES[each.name]) or PAGES[each.name].startswith(start)


def test_a_bomb_without_a_directory_is_refused(tmp_path: Path) -> None:
    target = Unseekable()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive, archive.open("a.bmp", "w") as member:
        for _ in range(1200):
            member.write(bytes(1 << 20))
    (tmp_path / "c.cbz").write_bytes(target.written[:-20])
    with pytest.raises(PageError, match="more than 100 times its size; it may be meant to do harm"):
        contents(tmp_path / "c.cbz")


def test_a_member_that_is_shorter_than_its_directory_says_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "c.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"x" * 900)
        size = archive.filelist[0].file_size
        archive.filelist[0].file_size = archive.filelist[0].compress_size = size + 5000
    assert [bool(each.damage) for each in unpack(path, tmp_path, MOST).members] == [True]
