"""Pages inked within 1 GiB, by `ulimit -v` and by a cgroup, if one may be made: python tests/benchmarks/limits.py."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common import PAGES, arguments, draw_page, ink, keep

LIMIT = 1 << 30
CGROUP = Path("/sys/fs/cgroup")
SIZES = ("A4 300", "A4 600")


def main() -> None:
    """Ink each page under each limit with each runtime, and compare with the ink without a limit."""
    options = arguments(__doc__ or "").parse_args()
    rows: list[dict[str, Any]] = []
    for name in SIZES:
        page = draw_page(options.folder / f"{name.replace(' ', '-')}.png", *PAGES[name])
        for backend in ("openvino", "onnxruntime"):
            inks = []
            for limit in ("none", "ulimit -v", "cgroup"):
                out = options.folder / limit.replace(" ", "") / backend
                with _limited(limit) as prepare:
                    if prepare is None:
                        print(f"{name:7} {backend:12} {limit:10} cannot be set here")
                        continue
                    done = ink(page, out, "--backend", backend, prepare=prepare)
                inks.append((out / page.name).read_bytes() if done.code == 0 else b"")
                same = "the same ink" if inks[-1] == inks[0] else "OTHER INK"
                print(
                    f"{name:7} {backend:12} {limit:10} exit {done.code} {done.peak / 1e6:5.0f} MB  {same}", flush=True
                )
                rows.append({"page": name, "backend": backend, "limit": limit, "exit": done.code, "peak": done.peak})
    keep(options.json, rows)


@contextmanager
def _limited(limit: str) -> Iterator[Callable[[], None] | None]:
    """What a process is to do before it becomes lineart; None where the limit cannot be set."""
    if limit == "none":
        yield lambda: None
    elif limit == "ulimit -v":
        yield lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    else:
        folder = _cgroup()
        try:
            yield folder and (lambda: (folder / "cgroup.procs").write_text(str(os.getpid())) and None)
        finally:
            if folder:
                folder.rmdir()


def _cgroup() -> Path | None:
    """A new cgroup with the limit, v2 or v1."""
    for home, file in ((CGROUP, "memory.max"), (CGROUP / "memory", "memory.limit_in_bytes")):
        folder = home / f"lineart-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        if (folder / file).exists():
            (folder / file).write_text(str(LIMIT))
            return folder
        folder.rmdir()
    return None


if __name__ == "__main__":
    main()
