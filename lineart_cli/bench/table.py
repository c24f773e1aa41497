"""What a bench found, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lineart_cli.bench.measure import FOLDER, Report
from lineart_cli.options import bytes_text


def text(report: Report) -> Iterator[str]:
    """The report for people, a line at a time."""
    hardware = report.hardware
    known = "unknown" if hardware.instructions is None else ", ".join(hardware.instructions) or "none known"
    yield f"CPU       {hardware.cpu}; {known}"
    yield f"cores     {hardware.cores}, of which {hardware.share:g} are ours"
    yield f"memory    {bytes_text(hardware.memory_total)}, of which {bytes_text(hardware.memory_free)} are free"
    for device in hardware.devices:
        state = report.failures.get(device.name) or " ".join(device.capabilities)
        memory = f", {bytes_text(device.memory)}" if device.memory else ""
        yield f"device    {device.runtime} {device.name}: {device.full_name}{memory}" + (f"; {state}" if state else "")
    yield ""
    yield f"An A4 page would be inked so: {report.plan}"
    yield from (f"  {reason}" for reason in report.plan.reasons)
    yield ""
    variants = f"{'runtime':12} {'device':8} {'precision':9} {'threads':>7} {'tile':>5}"
    yield f"{variants} {'s':>7} {'MP/s':>6} {'MB':>6} {'off by':>6} {f'{FOLDER} A4':>9}"
    for row in report.rows:
        choice = row.choice
        start = (
            f"{choice.backend:12} {choice.device:8} {choice.precision:9} {choice.threads:>7} {row.tile or 'auto':>5}"
        )
        seconds = report.folder_seconds(row)
        if seconds is None:
            yield f"{start}  {row.error}"
        else:
            off = "-" if row.difference is None else str(row.difference)
            figures = f"{row.seconds:7.2f} {row.speed:6.2f} {row.memory / 1e6:6.0f} {off:>6}"
            is_used = row.tile is None and row.choice == report.used
            yield f"{start} {figures} {_clock(seconds):>9}{'  <- lineart ink' if is_used else ''}"
    yield (
        f"Each row is one command that inks a page of {report.megapixels:.1f} megapixels: s is its seconds; MP/s "
        "megapixels a second, without its start; MB its peak memory; off by how many levels of 255 the ink of a pixel "
        f"differs at most from that of the first row in f32; {FOLDER} A4 how long a folder of as many A4 pages would "
        "take, hours:minutes:seconds."
    )
    yield ""
    yield report.sentence


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
