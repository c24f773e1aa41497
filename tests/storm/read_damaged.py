"""Reads damaged files, one after the other, and prints what became of each as a line of JSON.

    python tests/storm/read_damaged.py FORMAT FIRST COUNT [FORMAT FIRST COUNT ...]

reads COUNT mutations of each FORMAT, a kind of `bases`, from seed FIRST on. It dies where a decoder crashes or hangs:
the last line that it printed tells before which.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

from bases import LAYER, LAYERED, bases
from mutations import mutated

from lineart_cli.errors import PageError
from lineart_cli.options import InkOptions
from lineart_cli.pages import count_pages, libraries, read_grey, read_header, read_metadata, read_sketch

MAX_MEGAPIXELS = 20.0
MOST_SECONDS = 60
MOST_ADDRESSES = 6 << 30
READ, REFUSED = "read", "refused"


def main() -> None:
    """Reads what the command line names."""
    libraries.quieten()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    arguments = iter(sys.argv[1:])
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as noise:
        folder = Path(name)
        whole = bases(folder)
        donors = list(whole.values())
        print(json.dumps({"kinds": list(whole)}), flush=True)
        os.dup2(noise.fileno(), sys.stderr.fileno())
        for kind, first, count in zip(arguments, arguments, arguments, strict=True):
            for seed in range(int(first), int(first) + int(count)):
                path = folder / "damaged"
                path.write_bytes(mutated(whole[kind], f"{kind} {seed}", donors))
                print(json.dumps({"kind": kind, "seed": seed}), flush=True)
                heard = noise.seek(0, os.SEEK_END)
                report = _read(path, _options(kind, seed))
                noise.seek(heard)
                print(json.dumps(report | {"noise": noise.read().decode(errors="replace")}), flush=True)


def _read(path: Path, options: InkOptions) -> dict[str, object]:
    """What became of a file: `outcome` is READ, REFUSED, or what is wrong with either."""
    _forget_peak()
    before, start = _memory("VmRSS"), time.monotonic()
    signal.alarm(MOST_SECONDS)
    outcome, message = _outcome(path, options)
    signal.alarm(0)
    seconds = time.monotonic() - start
    grown = (_memory("VmHWM") - before) / 1e6
    return {"outcome": outcome, "message": message, "seconds": round(seconds, 3), "megabytes": round(grown)}


def _outcome(path: Path, options: InkOptions) -> tuple[str, str]:
    try:
        last = count_pages(path) - 1
        for page in {0, last}:
            header = read_header(path, options, page)
            if read_grey(path, options, page).shape != (header.height, header.width):
                return "is not as large as its header says", ""
            read_sketch(path, options, page)
            read_metadata(path, page)
    except PageError as error:
        message = str(error)
        is_line = message.isprintable() and message.startswith(str(path)) and len(message) < 1000
        return (REFUSED if is_line else "is refused in other words than one line", message)
    except BaseException as error:
        return f"raises {type(error).__name__}", str(error)
    return READ, ""


def _options(kind: str, seed: int) -> InkOptions:
    """How a file is read: some without a colour, and half of those that have layers by a layer."""
    return InkOptions(
        max_megapixels=MAX_MEGAPIXELS,
        drop_colour=("red", "blue") if seed % 4 == 0 else None,
        layer=LAYER if kind in LAYERED and seed % 2 else None,
    )


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _memory(key: str) -> float:
    """Bytes."""
    (kilobytes,) = re.findall(rf"{key}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return float(kilobytes) * 1024


if __name__ == "__main__":
    main()
