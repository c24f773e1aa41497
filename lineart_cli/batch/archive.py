"""An archive of sketches, of which an archive of ink is made.

The pages are unpacked, inked into an output folder of their own, and packed in the order of the archive, with all its
other members between them, the manifest of that folder and what is kept beside it:

    OUT/.lineart-archives/NAME/         as long as NAME, the archive of ink, is at work
        lock                            held by the run that is at it
        sketches/                       all that is in the archive of sketches
        ink/                            the output folder
        made-of                         how NAME was when its ink was unpacked here

So an archive that is inked again, or goes on after its run was killed, is a folder like any other: its finished pages
are skipped, and those that were edited are kept. So are other members that were edited, see `copied_members`.
"""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lineart_cli import archives, stamps
from lineart_cli.archives import Member
from lineart_cli.batch import copied_members, manifest, own_ink
from lineart_cli.batch.files import Job, Source, is_sheet
from lineart_cli.batch.members import is_lineart_s, is_of_runs, is_page, is_shown
from lineart_cli.batch.output_folder import OutputFolder, unwritable
from lineart_cli.errors import PageError, one_line

WORK = ".lineart-archives"
_LOCK = "lock"


class ForeignArchive(Exception):  # noqa: N818 - it is none
    """An archive that lineart has not made is where the ink would go; it is kept, and `note` says so."""

    note = "is not lineart's as far as is known, and is kept; --overwrite replaces it"


@dataclass(frozen=True)
class ArchiveAtWork:
    """An archive that is unpacked.

    Attributes:
        job: the archive of sketches, and that of ink.
        place: of its sketches and ink.
        members: all that is in it, in its own order.
        damage: why there may be more that cannot be found; empty where that is all.
    """

    job: Job
    place: Path
    members: Sequence[Member]
    damage: str = ""

    @property
    def ink(self) -> Path:
        """The output folder."""
        return self.place / "ink"

    @property
    def sketches(self) -> Path:
        """What was unpacked."""
        return self.place / "sketches"

    @property
    def names(self) -> dict[str, str]:
        """What the user should read for paths, see `events.Renaming`."""
        return {
            f"{self.sketches}{os.sep}": f"{self.job.source}{os.sep}",
            f"{self.ink}{os.sep}": f"{self.job.output}{os.sep}",
            str(self.ink): str(self.job.output),
        }

    def sources(self) -> list[Source]:
        """Its pages; sheets only where it has nothing else, and ink of a folder inside also where it is one of ink."""
        every = [Source(self.sketches / each.name, Path(each.name)) for each in self.members if is_page(each)]
        drawn = [source for source in every if not is_sheet(source.path)]
        is_ink = own_ink.recogniser()
        sketches = [source for source in drawn if not is_ink(source.path)]
        return (drawn if own_ink.is_archive_of_ink(self.job.source) else sketches) or every

    def notices(self, jobs: Sequence[Job]) -> list[str]:
        """Tells which files stay as they are, though there may be sketches among them.

        Args:
            jobs: of all its pages.
        """
        sources = {job.source for job in jobs}
        own = [path for each in self.members if is_page(each) and (path := self.sketches / each.name) not in sources]
        sheets = [path for path in own if is_sheet(path)]
        inside = [
            self.sketches / each.name
            for each in self.members
            if is_shown(each) and archives.is_archive(Path(each.name))
        ]
        told = (
            ([path for path in own if path not in sheets], "lineart's own ink"),
            (sheets, "a sheet of lineart try or brushes, and no sketch"),
            (inside, "not looked into, as an archive in an archive; unpack it to ink it"),
        )
        return [
            f"{paths[0]} stays as it is{f', and so do {len(paths) - 1} more' if paths[1:] else ''}: {why}"
            for paths, why in told
            if paths
        ]

    def readable(self, jobs: Sequence[Job]) -> list[Job]:
        """Those of its pages' jobs whose page is not damaged."""
        damaged = {self.sketches / each.name for each in self.members if each.damage}
        return [job for job in jobs if job.source not in damaged]

    def faults(self, folder: OutputFolder, jobs: Sequence[Job]) -> list[PageError]:
        """Tells of each member that is damaged, and what becomes of it.

        Args:
            folder: the output folder.
            jobs: of all its pages.
        """
        inked = {job.source for job in jobs if job.output.exists() and folder.entry(job.output) is not None}
        found: list[PageError] = []
        if self.damage:
            reason = f"is cut off or damaged ({self.damage}); what is whole in it is inked, and ink that is there stays"
            found.append(PageError(self.job.source, reason, "pack or save it again"))
        for path, damage in ((self.sketches / each.name, each.damage) for each in self.members if each.damage):
            what = "its ink of an earlier run" if path in inked else "what can be read of it" if path.exists() else ""
            kept = f"{what} stays" if what else "it is left out"
            found.append(PageError(path, f"is damaged ({damage}); {kept}", "pack it again from the original"))
        return found

    def tidy(self, folder: OutputFolder, jobs: Sequence[Job]) -> list[Path]:
        """Takes away ink of pages that are gone, and what errors tell of this machine.

        Of an archive that is cut off, nobody knows which pages are gone.

        Args:
            folder: the output folder.
            jobs: of the pages that are there.

        Returns:
            Ink of pages that are gone which stays, as it was edited.
        """
        known, outputs, edited = folder.known(), {job.output for job in jobs}, []
        there = set() if self.damage else {path for path in self.ink.rglob("*") if path.is_file()}
        for path in sorted(there - outputs):
            if path.relative_to(self.ink).as_posix() not in known.pages:  # which may name any file, and be a stranger's
                continue
            if folder.is_edited(path):
                edited.append(path)
            else:
                path.unlink()
        for name in list(known.failures):
            if not Path(name).is_absolute():
                folder.note(self.ink / name, None)
        return edited

    def pack(self, jobs: Sequence[Job], before: stamps.Stamp | None) -> None:
        """Puts the archive of ink in its place in one step; a page without ink stays the sketch that it is.

        Nothing is put there where no member can be read.

        Args:
            jobs: of its pages.
            before: how the archive of ink was when it was unpacked.

        Raises:
            PageError: the disk does not take it, or somebody has changed it since.
        """
        part, output = self.place / "packed", self.job.output
        try:
            if not (members := self._packed(jobs)):  # nothing of it can be read
                return
            copied = {member.name: file for member, file in members if file == self.sketches / member.name}
            copied_members.note(self.ink, {name: file for name, file in copied.items() if file.is_file()})
            archives.pack(part, [*members, *self._others(members)])
            if stamps.stamp(output) != before:
                raise PageError(output, "was changed while its pages were inked", "run again")
            if before is None or not filecmp.cmp(part, output, shallow=False):
                os.replace(part, output)
        except OSError as error:
            raise unwritable(output, error) from error

    def edited(self, jobs: Sequence[Job]) -> list[Path]:
        """Members that are no ink, and were edited in the archive of ink: they stay so.

        Args:
            jobs: of all its pages.
        """
        outputs = {job.output for job in jobs}
        return [file for file in map(self._edited, self.members) if file is not None and file not in outputs]

    def _edited(self, member: Member) -> Path | None:
        """What a member has become in the archive of ink, where it is not as in that of sketches."""
        there, sketch = self.ink / member.name, self.sketches / member.name
        is_edited = there.is_file() and not (sketch.is_file() and filecmp.cmp(there, sketch, shallow=False))
        return there if is_edited else None

    def _packed(self, jobs: Sequence[Job]) -> list[tuple[Member, Path]]:
        """Each member's ink; where there is none, what it was edited to, or as it is."""
        outputs: dict[Path, list[Path]] = {}
        for job in jobs:
            outputs.setdefault(job.source, []).append(job.output)
        found = []
        for member in self.members:
            sketch = self.sketches / member.name
            edited = self._edited(member)
            inked = [path for path in outputs.get(sketch, ()) if path.exists()] or ([edited] if edited else [])
            found += [(self._named(path, member), path) for path in inked]
            if not inked and (member.is_folder or sketch.exists()):
                found.append((member, sketch))
        return found

    def _others(self, packed: Sequence[tuple[Member, Path]]) -> Iterator[tuple[Member, Path]]:
        """What else there is beside the ink."""
        taken = {Path(member.name) for member, _ in packed}
        for path in sorted(path for path in self.ink.rglob("*") if path.is_file()):
            member = self._named(path, Member("", 0))
            if Path(member.name) not in taken and not is_of_runs(member.name):
                yield member, path

    def _named(self, path: Path, like: Member) -> Member:
        return Member(path.relative_to(self.ink).as_posix(), 0, like.date)


@contextlib.contextmanager
def unpacked(
    job: Job, most: int, *, overwrite: bool, dry_run: bool
) -> Iterator[tuple[ArchiveAtWork, stamps.Stamp | None]]:
    """An archive at work, and how its ink was before; what is unpacked stays if the run ends before it is packed.

    Args:
        job: the archive.
        most: bytes that a member may have.
        overwrite: leave out of account what ink there is.
        dry_run: unpack elsewhere, and leave nothing.

    Raises:
        ForeignArchive: lineart has not made what is there.
        PageError: it cannot be unpacked, or another run is at it.
    """
    before = stamps.stamp(job.output)
    if before is not None and not overwrite and not own_ink.is_archive_of_ink(job.output):
        raise ForeignArchive
    with _place(job.output, dry_run) as place, _folder(place / "sketches") as sketches:
        found = archives.unpack(job.source, sketches, most)
        if not any(map(is_page, found.members)):
            raise PageError(job.source, "has no page inside", "give an archive of images")
        ink = place / "ink"
        if _text(place / "made-of") != repr(before) or overwrite:
            shutil.rmtree(ink, ignore_errors=True)
        if not ink.exists():
            is_whole = not found.damage
            _unpack_ink(job.output if before is not None and not overwrite else None, place, most, is_whole)
            (place / "made-of").write_text(repr(before), "utf-8")
        members = [each for each in found.members if not is_lineart_s(each.name)]
        yield ArchiveAtWork(job, place, members, found.damage), before


def _unpack_ink(archive: Path | None, place: Path, most: int, are_copied_anew: bool) -> None:
    """Unpacks ink that was made before, whole or not at all; members that are copied anew are left out."""
    part = place / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    if archive is not None:
        found = archives.unpack(archive, part, max(most, manifest.LARGEST), lambda name: not is_of_runs(name))
        if damaged := next((each for each in found.members if each.damage), None):
            reason = f"its {one_line(damaged.name)} is damaged ({damaged.damage})"
            raise PageError(archive, reason, "take that out of the archive, and run again: it is inked anew")
        if are_copied_anew:
            copied_members.take_away(part)
    part.rename(place / "ink")


@contextlib.contextmanager
def _place(output: Path, dry_run: bool) -> Iterator[Path]:
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="lineart-") as folder:
            yield Path(folder)
        return
    place = output.parent / WORK / output.name
    lock = FileLock(place / _LOCK, timeout=0, thread_local=False)
    try:
        place.mkdir(parents=True, exist_ok=True)
        if os.path.realpath(place) != os.path.join(os.path.realpath(output.parent), WORK, output.name):
            raise PageError(output.parent / WORK, "is not the folder that lineart makes", "take it away")
        lock.acquire()
    except Timeout as error:
        raise PageError(output, "is being made by another run", "run again when that is done") from error
    except OSError as error:
        raise unwritable(output, error) from error
    is_over = False
    try:
        yield place
        is_over = True
    finally:
        is_of_no_use = is_over or not (place / "ink" / manifest.NAME).exists()  # there is nothing to go on with
        if is_of_no_use:
            _empty(place)
        lock.release()
        if is_of_no_use:
            with contextlib.suppress(OSError):  # others are at work there
                place.rmdir()
                place.parent.rmdir()


def _empty(place: Path) -> None:
    """Takes all away that is in a place whose lock is held, and the lock's file last."""
    for path in sorted(place.iterdir(), key=lambda path: path.name == _LOCK):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):  # Windows keeps the lock's until it is released
                path.unlink()


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """A new folder, taken away in the end."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text("utf-8", "replace")
    return ""
