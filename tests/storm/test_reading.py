"""Thousands of damaged files: each is read, or refused in one line; none crashes, hangs, or costs memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measures memory by /proc")

READER = Path(__file__).with_name("read_damaged.py")
KINDS = (
    *("png-1", "png-8", "png-16", "png-palette", "jpeg", "jpeg-progressive", "webp", "webp-lossless"),
    *("gif-animation", "apng", "webp-animation", "bmp"),
    *("bmp-palette", "tiff-lzw", "tiff-deflate", "tiff-jpeg", "tiff-g4", "tiff-tiled", "tiff-pages", "tiff-16"),
    *("tiff-cmyk", "tiff-planes", "tiff-big", "tiff-float", "psd", "psd-painted", "ora", "kra", "pdf-scan"),
    *("pdf-pages", "pdf-drawn", "heic", "heic-16"),
)
MOST_MEGABYTES = 700
"""For pages of up to 20 megapixels, which take 160 in grey and its copy without a colour."""


def reports(work: list[tuple[str, int, int]]) -> Iterator[dict[str, Any]]:
    """What became of each file, the ones that ended the reader included, which is started anew after them.

    `work` names kinds of files, the first seed, and how many.
    """
    while work:
        arguments = [str(each) for part in work for each in part]
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                [sys.executable, str(READER), *arguments],
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
            assert process.stdout
            begun = None
            with process:
                for line in process.stdout:
                    found = json.loads(line)
                    if "kinds" in found:
                        assert found["kinds"] == list(KINDS)
                    elif "kind" in found:
                        begun = found
                    else:
                        assert begun
                        yield begun | found
                        begun = None
            if process.returncode == 0:
                return
            errors.seek(0)
            assert begun, errors.read()
        yield begun | {"outcome": _death(process.returncode), "message": "", "noise": "", "seconds": 0, "megabytes": 0}
        work = _rest(work, begun["kind"], begun["seed"] + 1)


def _death(code: int) -> str:
    return "hangs" if code == -signal.SIGALRM else f"ends the process with {code}"


def _rest(work: list[tuple[str, int, int]], kind: str, seed: int) -> list[tuple[str, int, int]]:
    """What is left of `work` from a seed of a kind on."""
    at = next(number for number, part in enumerate(work) if part[0] == kind)
    _, first, count = work[at]
    return [(kind, seed, first + count - seed), *work[at + 1 :]]


def storm(work: list[tuple[str, int, int]]) -> None:
    """Reads all, prints the counts, and fails where a file is neither read nor refused as it should be."""
    counts: dict[str, Counter[str]] = {kind: Counter() for kind, _, _ in work}
    bad, slowest, largest = [], (0.0, ""), (0, "")
    for each in reports(work):
        name = f"{each['kind']} {each['seed']}"
        counts[each["kind"]][each["outcome"]] += 1
        slowest = max(slowest, (each["seconds"], name))
        largest = max(largest, (each["megabytes"], name))
        if each["outcome"] not in {"read", "refused"} or each["noise"] or each["megabytes"] > MOST_MEGABYTES:
            bad.append(each)
            print(each, flush=True)
    for kind, count in counts.items():
        print(f"{kind:18}{count.total():6} files", *(f"{number:6} {what}" for what, number in count.most_common()))
    print(f"slowest {slowest[0]} s ({slowest[1]}), most memory {largest[0]} MB ({largest[1]})")
    assert sum(count.total() for count in counts.values()) == sum(count for _, _, count in work)
    assert not bad


def test_damaged_files_are_read_or_refused_in_one_line() -> None:
    storm([(kind, 0, 12) for kind in KINDS])


def test_what_once_hung() -> None:
    storm([("tiff-lzw", 7045, 1)])


@pytest.mark.long
def test_very_many_damaged_files_are_read_or_refused_in_one_line() -> None:
    storm([(kind, 1000, 350) for kind in KINDS])
