"""One picture from standard input, whose ink goes to standard output."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TextIO

from lineart_cli import pages
from lineart_cli.batch.manifest import Entry, OutputStatus
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.errors import ArgumentError, PageError
from lineart_cli.machine import standard_streams
from lineart_cli.options import DASH, InkOptions


class _HandedOver(OutputFolder):
    def __init__(self, root: Path, target: TextIO, *, overwrite: bool, dry_run: bool) -> None:
        super().__init__(root, overwrite=overwrite, dry_run=dry_run)
        self._target = target

    def settle(
        self, part: Path, output: Path, wanted: Entry, kept: Sequence[bytes] = (), merged: str | None = None
    ) -> OutputStatus:
        found = super().settle(part, output, wanted, kept, merged)
        try:
            with output.open("rb") as ink:
                shutil.copyfileobj(ink, self._target.buffer)
            self._target.buffer.flush()
        except OSError as error:
            standard_streams.silence(self._target)
            reason = f"its ink cannot be written to standard output ({error.strerror})"
            raise PageError(DASH, reason, "nothing is kept; run again with room, and a reader that waits") from error
        return found


class Piped:
    """A sketch that was piped in, and the folder for its ink; both are gone at the end of the context.

    Attributes:
        sketch: its file.
        out: the folder.
        names: what these files are to be called, see `events.Renaming`.
    """

    def __init__(self, source: BinaryIO, target: TextIO, options: InkOptions) -> None:
        """Reads the sketch to its end.

        Args:
            source: where it comes from.
            target: where its ink goes, as bytes.
            options: of `lineart ink`.

        Raises:
            ArgumentError: it is longer than a page of `options.max_megapixels` may be, or would become several files;
                or the disk does not take it.
        """
        self._target = target
        self._place = Path(tempfile.mkdtemp(prefix="lineart-"))
        self.sketch = self._place / "sketch"
        self.out = self._place / "ink"
        self._ink = self.out / f"sketch{pages.OUTPUT_FORMATS[options.format].suffix}"
        self.names = dict.fromkeys(map(str, (self._ink, self.out, self.sketch)), DASH)
        try:
            self._take(source, options)
            self._check(options)
        except BaseException:
            self.abandon()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()

    def abandon(self) -> None:
        """Takes both away."""
        shutil.rmtree(self._place, ignore_errors=True)

    def folder(self, root: Path, *, overwrite: bool, dry_run: bool) -> OutputFolder:
        """The output folder, whose ink is in its place when the target has taken it."""
        return _HandedOver(root, self._target, overwrite=overwrite, dry_run=dry_run)

    def _take(self, source: BinaryIO, options: InkOptions) -> None:
        left = options.most_bytes
        try:
            with self.sketch.open("wb") as file:
                while block := source.read(1 << 20):
                    left -= len(block)
                    if left < 0:
                        raise ArgumentError("PATH", DASH, "is larger than a page may be; raise --max-megapixels")
                    file.write(block)
        except OSError as error:
            advice = f"cannot be kept in {self._place} ({error.strerror}); make room there, or set TMPDIR"
            raise ArgumentError("PATH", DASH, advice) from error

    def _check(self, options: InkOptions) -> None:
        if len(options.thickness) * len(options.brush) > 1:
            raise ArgumentError(
                "--thickness, --brush", "several", "standard output takes one picture; give one of each"
            )
        if (count := pages.count_pages(self.sketch)) > 1 and not options.join:
            advice = "standard output takes one picture; --join with --format tiff or pdf puts them into one file"
            raise ArgumentError("PATH", DASH, f"has {count} pages, and {advice}")
