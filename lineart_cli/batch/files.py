"""Which files a command line names, and where the ink of each goes."""

from __future__ import annotations

import glob
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from lineart_cli import archives
from lineart_cli.batch import own_ink
from lineart_cli.batch.output_folder import file_in_the_way
from lineart_cli.batch.patterns import files_below, is_shown, matches
from lineart_cli.errors import ArgumentError, PageError
from lineart_cli.options import READABLE, Template
from lineart_cli.pages import signed

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".tif", ".tiff", ".webp", ".bmp", ".dib"}
    | {".psd", ".psb", ".kra", ".krz", ".ora", ".pdf", ".heic", ".heif", ".hif", ".avif", ".avifs"}
    | {".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".jxl", ".gif", ".tga", ".ppm", ".pgm", ".pbm", ".pnm"}
    | {".svg", ".svgz", ".clip", ".procreate", ".xcf"}
)


@dataclass(frozen=True)
class Source:
    """A file, and where it stands below the output folder (its own name, or its path inside a given folder).

    `is_named` where the user has named it, and not only a folder or glob that it is in.
    """

    path: Path
    relative: Path
    is_named: bool = field(default=False, compare=False)

    @property
    def is_image(self) -> bool:
        """Whether it is to be read: it is named, or its suffix is one of those of images or comics."""
        return self.is_named or self.path.suffix.lower() in IMAGE_SUFFIXES or self.is_archive

    @property
    def is_archive(self) -> bool:
        """Whether pages are inside: it is a comic, or named and another archive."""
        suffix = self.path.suffix.lower()
        return suffix in archives.COMICS or (self.is_named and suffix in archives.SUFFIXES)


@dataclass(frozen=True)
class Job:
    """One page to ink, or all pages of a file, and the file that will hold the ink.

    Attributes:
        source: the file that the page is in.
        output: the file for its ink.
        page: its number inside `source`, from 0.
        pages: how many `source` has.
        tool: which of the tools it is drawn with, by what tells their pictures apart.
        is_joined: whether all of them go to `output`; `page` is the first then.
        is_archive: whether both are archives, of all pages.
    """

    source: Path
    output: Path
    page: int = 0
    pages: int = 1
    tool: str = ""
    is_joined: bool = False
    is_archive: bool = False

    def __str__(self) -> str:
        return f"{self.source} page {self.page + 1}" if self.pages > 1 and not self.is_joined else str(self.source)

    @property
    def with_output(self) -> str:
        """The page, and which of its pictures, where it has several."""
        return f"{self} as {self.output.name}" if self.tool else str(self)

    @property
    def parts(self) -> list[Job]:
        """The job for each page; one that is not joined is its only part."""
        return [replace(self, page=page, is_joined=False) for page in range(self.pages)] if self.is_joined else [self]


@dataclass(frozen=True)
class Found:
    """What a command line names.

    Attributes:
        sources: the files to ink, in order, each once.
        ink: files that are left out as lineart has inked them.
        sheets: files that are left out as they are sheets of `lineart try` and `lineart brushes`.
        problems: an error for every pattern or folder that cannot be followed.
        passed_over: how many files are left out for their suffix, by suffix in lower case.
    """

    sources: list[Source]
    ink: list[Source]
    sheets: list[Source]
    problems: list[PageError]
    passed_over: Counter[str]


def find(patterns: Sequence[str], out: Path | None) -> Found:
    """Finds the files that `patterns` name.

    Args:
        patterns: files, globs (`**` is any depth) and folders. A file that is named is always found, whatever it
            is. A folder gives every image file below it, except hidden ones; symlinks are followed, each folder once.
            Lineart's own ink and sheets are left out, unless they are all that is named.
        out: the output folder; what lies in it is left out, unless a glob finds nothing else. None where ink goes
            beside its input.
    """
    problems: list[PageError] = []
    images: dict[tuple[str, Path], Source] = {}
    others: dict[str, str] = {}
    for source in _all(patterns, out, problems):
        real = os.path.realpath(source.path)
        if source.is_image:
            images.setdefault((real, source.relative), source)
        else:
            others[real] = source.path.suffix.lower()
    for real, _ in images:
        others.pop(real, None)
    passed_over = Counter(others.values())
    every, is_ink = list(images.values()), own_ink.recogniser()
    sheets = [source for source in every if is_sheet(source.path)]
    left_out = set(sheets)
    ink = [source for source in every if source not in left_out and is_ink(source.path)]
    if len(ink) + len(sheets) == len(every) and all(source.is_named for source in every):
        return Found(every, [], [], problems, passed_over)
    left_out.update(ink)
    return Found([source for source in every if source not in left_out], ink, sheets, problems, passed_over)


def is_sheet(path: Path) -> bool:
    """Whether a file is a sheet of `lineart try` or `lineart brushes`, which are PNG."""
    return path.suffix.lower() == ".png" and path.is_file() and bool(signed.maker(path))


def own_ink_notice(ink: Sequence[Source], out: Path | None) -> str:
    """Tells what `find` leaves out as lineart has made it; beside inputs, only what is named or changed."""
    changed = [source.path for source in ink if own_ink.is_changed(source.path)]
    expected = {source.path for source in ink if out is None and not source.is_named} - set(changed)
    return own_ink.told([source.path for source in ink if source.path not in expected], changed)


def sheets_notice(sheets: Sequence[Source]) -> str:
    """Tells of the sheets that `find` leaves out; empty where there are none."""
    if not sheets:
        return ""
    first = sheets[0].path
    if len(sheets) == 1:
        return f"{first} is a sheet of {signed.maker(first)}, and left out; name it alone to ink it"
    makers = " and ".join(sorted({signed.maker(source.path) for source in sheets}, reverse=True))
    return f"{len(sheets)} sheets of {makers} are left out, such as {first}; name them alone to ink them"


def nothing_found(patterns: Sequence[str], found: Found) -> ArgumentError:
    """Why there is nothing to ink, where `find` gave no sources."""
    named, there = ", ".join(patterns), found.passed_over
    made = [*found.ink, *found.sheets]
    if made and not found.problems:
        what = "ink is" if found.ink else "sheets are"
        advice = "give the folder of the sketches, or name nothing but such files, one by one, to ink them"
        return ArgumentError("PATH", named, f"only lineart's own {what} there, such as {made[0].path}; {advice}")
    only = f", only {counts_text(there)}" if there else ""
    told = (f"{each.reason}; {each.advice}" if [each.path] == patterns else str(each) for each in found.problems)
    return ArgumentError("PATH", named, "; ".join(told) or f"no images there{only}; give {READABLE} files")


def counts_text(passed_over: Mapping[str, int]) -> str:
    """What `Found.passed_over` has, as in "3 .txt, 1 .xcf", the most frequent first; and what helps with archives."""
    ranked = sorted(passed_over.items(), key=lambda each: (-each[1], each[0]))
    counts = ", ".join(f"{count} {suffix or 'without a suffix'}" for suffix, count in ranked)
    return (
        f"{counts} (name an archive itself to ink what is in it)"
        if archives.SUFFIXES.keys() & passed_over.keys()
        else counts
    )


def _all(patterns: Sequence[str], out: Path | None, errors: list[PageError]) -> Iterator[Source]:
    """Every file that is named, or found in a folder or by a glob, whatever it is."""
    for pattern in patterns:
        path = Path(pattern)
        if os.path.isdir(path):
            yield from _inside(path, out, errors)
        elif os.path.lexists(path):
            yield Source(path, Path(path.name), is_named=True)
        else:
            yield from _expand(pattern, out, errors)


def _expand(pattern: str, out: Path | None, errors: list[PageError]) -> list[Source]:
    there = matches(pattern)
    if not there:
        what = "no file matches" if glob.has_magic(pattern) else "no such file or folder"
        errors.append(PageError(pattern, what, "check the spelling and the folder that you are in"))
    if out is not None:
        where = Path(os.path.realpath(out))
        there = [each for each in there if where not in Path(os.path.realpath(each)).parents] or there
    is_for_archives = archives.is_archive(Path(pattern))
    sources = [Source(match, Path(match.name), is_for_archives) for match in there if is_shown(match)]
    if "**" not in pattern:
        for folder in filter(os.path.isdir, there):
            sources.extend(_inside(folder, out, errors))
    return sources


def _inside(root: Path, out: Path | None, errors: list[PageError]) -> Iterator[Source]:
    return (Source(path, path.relative_to(root)) for path in files_below(root, out, errors))


def plan(
    sources: Sequence[Source],
    out: Path | None,
    suffix: str,
    count_pages: Callable[[Path], int] = lambda _: 1,
    *,
    join: bool = False,
    tools: Sequence[str] = ("",),
    template: Template | None = None,
) -> list[Job]:
    """Names the output of every page of every source: as the source, with `suffix` for its own.

    Sources that differ only in their suffix keep it: `a.kra` and `a.png` become `a.kra.png` and `a.png.png`.

    Args:
        sources: the files.
        out: the folder that their places are below; None puts each output beside its source, as `name_ink`.
        suffix: of the outputs, such as ".png".
        count_pages: how many pages a file has. The pages of a file with several are told apart as `name-p01`, with as
            many digits as the last one has, and at least two.
        join: they all go to `name` instead.
        tools: what tells the pictures of a page apart, as `name-TOOL`; an empty one is left out.
        template: names the outputs instead.

    Raises:
        ArgumentError: two pages would share an output, an output is one of the inputs, or an archive is to be joined.
    """
    if join and (archive := next((source.path for source in sources if source.is_archive), None)):
        advice = "the pages of an archive stay files of their own; leave --join out, or unpack it and ink its folder"
        raise ArgumentError("--join", f"with {archive}", advice)
    inputs = {os.path.realpath(source.path): source.path for source in sources}
    option = "--name" if template else "--output" if out else "--beside"
    jobs: dict[str, Job] = {}
    for job in _named(sources, out, suffix, count_pages, join, tools, template):
        where = os.path.realpath(job.output)
        if where in inputs:
            advice = "give another --name" if template or out is None else "choose another folder"
            raise ArgumentError(option, job.output, f"would be written over the input {inputs[where]}; {advice}")
        if where in jobs:
            advice = _to_tell_apart(jobs[where], job, template)
            raise ArgumentError(option, job.output, f"both {jobs[where]} and {job} would be written there; {advice}")
        jobs[where] = job
    return list(jobs.values())


def _to_tell_apart(one: Job, other: Job, template: Template | None) -> str:
    if template is None:
        return "ink them into two folders"
    field = "suffix" if one.source != other.source else "n" if one.page != other.page else "tool"
    if field == "suffix" and not template.has("stem"):
        field = "stem"
    return f"put {{{field}}} into --name" if not template.has(field) else "ink them into two folders"


def _named(
    sources: Sequence[Source],
    out: Path | None,
    suffix: str,
    count_pages: Callable[[Path], int],
    join: bool,
    tools: Sequence[str],
    template: Template | None,
) -> Iterator[Job]:
    places = {source: source.path if out is None else out / source.relative for source in sources}
    endings = {place: _suffix(source, suffix) for source, place in places.items()}
    namesakes = Counter(place.with_suffix(end) for place, end in endings.items())
    for source, place in places.items():
        end = endings[place]
        output = _output(place, end, alone=namesakes[place.with_suffix(end)] == 1)
        ending = "_ink" if out is None else ""
        count, kinds = (1, ("",)) if source.is_archive else (count_pages(source.path), tools)
        for job in _pages(source.path, output, count, join, kinds, ending):
            named = job if template is None else replace(job, output=_from(template, job, place, end))
            yield replace(named, is_archive=source.is_archive)


def _suffix(source: Source, suffix: str) -> str:
    """Of the output of a source; an archive becomes one that everybody reads."""
    if not source.is_archive:
        return suffix
    return ".cbz" if source.path.suffix.lower() in archives.COMICS else ".zip"


def _output(place: Path, suffix: str, *, alone: bool) -> Path:
    return place.with_suffix(suffix) if alone else place.with_name(place.name + suffix)


def _pages(source: Path, output: Path, count: int, join: bool, tools: Sequence[str], ending: str) -> Iterator[Job]:
    digits = max(2, len(str(count)))
    for page, tool in product(range(1 if join else count), tools):
        number = f"-p{page + 1:0{digits}}" if count > 1 and not join else ""
        name = output.with_stem(output.stem + number + f"-{tool}" * bool(tool) + ending)
        yield Job(source, name, page, count, tool, is_joined=join and count > 1)


def _from(template: Template, job: Job, place: Path, suffix: str) -> Path:
    """The output of a job by a template, which may end in the suffix already."""
    folder = os.path.basename(os.path.abspath(job.source.parent))
    ending = job.source.suffix.removeprefix(".")
    name = template.name(stem=job.source.stem, suffix=ending, folder=folder, n=job.page + 1, tool=job.tool)
    return place.with_name(name.removesuffix(suffix) + suffix)


def prepare_folder(out: Path, *, dry_run: bool = False) -> None:
    """Makes the output folder and proves that files can be written there; a dry run only looks.

    Raises:
        ArgumentError: it is a file or below one, looks like one, or cannot be written.
    """
    if (file := file_in_the_way(out)) is not None:
        raise ArgumentError("--output", out, f"{'' if file == out else f'{file} '}is a file; give a folder")
    if not os.path.exists(out) and out.suffix.lower() in IMAGE_SUFFIXES:
        raise ArgumentError("--output", out, f"looks like a file; give a folder, such as {out.with_suffix('')}")
    if dry_run:
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        advice = f"cannot be written ({error.strerror}); choose another folder, or check its permissions and free space"
        raise ArgumentError("--output", out, advice) from error
