"""What is told of a page: how it will be inked, and what has come of it."""

from __future__ import annotations

import math
import time

from lineart_cli.batch.context import PageContext
from lineart_cli.batch.files import Job
from lineart_cli.batch.ink_file import InkFile
from lineart_cli.batch.manifest import Entry
from lineart_cli.batch.work import JobInWork
from lineart_cli.events import Notice, PageDone, PagePlanned
from lineart_cli.model.card import ModelCard
from lineart_cli.plan import Plan

_BOTH = "as edited, though the sketch has changed there too"
_NEW_INK = "as edited, though the new ink differs there"
_MOST_TOLD = 5  # places


def planned(page: PageContext, plan: Plan, card: ModelCard, edits: int) -> PagePlanned:
    """The plan for a page, on which so many places are to stay as they were edited."""
    job, size = page.job, page.size
    return PagePlanned(
        input=str(job.source),
        output=str(job.output),
        width=page.entry.width,
        height=page.entry.height,
        dpi=page.entry.dpi,
        dpi_source=page.dpi_source,
        thickness=page.entry.thickness,
        thickness_300=round(page.thickness * card.dpi / size.dpi, 3),
        backend=plan.choice.backend,
        device=plan.choice.device,
        precision=plan.choice.precision,
        threads=plan.choice.threads,
        at_once=plan.at_once,
        tiles=len(plan.tiles),
        window=plan.window,
        megapixels=round(plan.computed_megapixels, 2),
        memory=plan.memory,
        seconds=None if math.isnan(plan.seconds) else round(plan.seconds, 3),
        plan=str(plan),
        reasons=plan.reasons,
        page=job.page,
        scale=size.scale,
        scale_why=page.scale_why,
        corners=page.scan.header.corners,
        edits=edits,
    )


def done(page: PageContext, work: JobInWork, file: InkFile) -> PageDone:
    """A page that lies under its final name, or the first of several that do."""
    entry, job = file.entry, work.job
    return PageDone(
        input=str(job.source),
        output=str(job.output),
        width=entry.width,
        height=entry.height,
        dpi=entry.dpi,
        thickness=entry.thickness,
        seconds=round(time.monotonic() - work.started, 3),
        page=job.page,
        scale=page.size.scale,
        corners=page.scan.header.corners,
        strokes=sum(strokes for strokes, _ in work.drawings) if work.drawings else None,
        segments=sum(segments for _, segments in work.drawings) if work.drawings else None,
        edits=entry.edits,
        conflicts=tuple(file.conflicts),
        colours=work.colours,
    )


def changed_twice(job: Job, file: InkFile, known: Entry | None) -> Notice:
    """The places of an output that the artist has changed, and where the ink of the sketch is another than before.

    Args:
        job: whose output it is.
        file: that was written.
        known: what was on record of the output before.
    """
    conflicts = file.conflicts
    places = [f"{box.width} x {box.height} at {box.left},{box.top}" for box in conflicts[:_MOST_TOLD]]
    more = len(conflicts) - len(places)
    told = "; ".join([*places, f"and {more} more"] if more else places)
    is_same_sketch = known is not None and known.input_sha256 == file.entry.input_sha256
    return Notice(f"{job.output}: {_count(len(conflicts))} {_NEW_INK if is_same_sketch else _BOTH} ({told})")


def _count(places: int) -> str:
    return "a place stays" if places == 1 else f"{places} places stay"
