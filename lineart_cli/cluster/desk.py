"""The output folder as a worker has it: what is to go there is left for the one who gave the order."""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from lineart_cli.batch.manifest import Entry, Failure, OutputStatus
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.run_folder import taken_away
from lineart_cli.cluster.orders import Delivery, Order, Place


class Desk(OutputFolder):
    """Knows of the folder's manifest what the orders say; only the files are looked at. Nothing is locked."""

    def __init__(self, place: Place, scratch: Path, overwrite: bool) -> None:
        """
        Args:
            place: of the folder.
            scratch: a folder on a disk of the worker.
            overwrite: as for `OutputFolder`.
        """
        super().__init__(Path(place.root), overwrite=overwrite, dry_run=True)
        self._scratch = scratch
        self._unfinished = Path(place.unfinished)
        self._input_names: dict[Path, str] = {}
        self._before: dict[Path, OutputStatus] = {}
        self._deliveries: dict[Path, Delivery] = {}

    def expect(self, order: Order) -> None:
        """Takes down what is on record of an order's output."""
        output = Path(order.output)
        self._input_names[Path(order.source)] = order.input_name
        if order.known is not None:
            self._record.manifest.record(self._name(output), order.known)

    def take(self, output: Path) -> Delivery | None:
        """The ink that was made for an output, once."""
        self._before.pop(output, None)
        return self._deliveries.pop(output, None)

    @property
    def scratch(self) -> Path:
        """A folder on a disk of the worker."""
        return self._scratch

    def input_name(self, source: Path) -> str:
        """What the orders say."""
        return self._input_names[source]

    def status(self, output: Path, wanted: Entry) -> OutputStatus:
        """See `OutputFolder.status`."""
        self._before[output] = status = super().status(output, wanted)
        return status

    def unfinished(self, suffix: str) -> contextlib.AbstractContextManager[Path]:
        """See `OutputFolder.unfinished`."""
        return taken_away(self._unfinished / f"{uuid.uuid4().hex}-{threading.get_ident()}{suffix}")

    def settle(
        self, part: Path, output: Path, wanted: Entry, kept: Sequence[bytes] = (), merged: str | None = None
    ) -> OutputStatus:
        """Leaves a page for the one who gave the order, who has the last word on how its output stands."""
        ready = part.with_name(f"{uuid.uuid4().hex}{part.suffix}")
        os.rename(part, ready)
        self._deliveries[output] = Delivery(ready.name, wanted, tuple(kept), merged, self._before[output])
        return OutputStatus.ABSENT

    def note(self, output: Path, failure: Failure | None) -> None:
        """Is left to the one who gave the order."""

    @contextlib.contextmanager
    def _locked(self, _patience: float = -1) -> Iterator[None]:
        yield
