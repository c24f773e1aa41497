"""`lineart` as a process of its own: what it loads, how it is interrupted, and a disk that is really full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from lineart_cli.pages import is_whole

# Runs `lineart` with an inker that tells that it has begun, waits, and inks noise (which does not compress).
DRIVER = """
import resource, sys, time
import numpy as np
from lineart_cli import app

class Slow:
    def ink(self, grey, dpi, thickness, faint):
        print("inking", flush=True)
        time.sleep({seconds})
        return np.random.default_rng(0).integers(0, 256, grey.shape, np.uint8)

app._open_inker = lambda *_: Slow()
if {limit}:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
app.main()
"""


def start(folder: Path, *arguments: str, seconds: float = 0, limit: int = 0) -> subprocess.Popen[str]:
    program = DRIVER.format(seconds=seconds, limit=limit)
    return subprocess.Popen(
        [sys.executable, "-c", program, "ink", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scans").mkdir()
    for name in "abc":
        Image.new("L", (300, 300), 255).save(tmp_path / f"scans/{name}.png", dpi=(300, 300))
    return tmp_path


def test_help_loads_no_runtime_and_no_image_library() -> None:
    program = (
        "import sys; sys.argv = ['lineart', '--help']\n"
        "from lineart_cli import app\n"
        "try: app.main()\n"
        "except SystemExit: pass\n"
        "runtimes = {'torch', 'openvino', 'onnxruntime'}\n"
        "heavy = ({'numpy', 'cv2', 'PIL', 'psutil', 'platformdirs'} | runtimes) & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ink" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="signals differ")
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_ctrl_c_ends_with_130_keeps_finished_pages_and_leaves_no_partial_file(folder: Path, jobs: str) -> None:
    process = start(folder, "scans", "-o", "ink", "--jobs", jobs, seconds=1)
    assert process.stdout
    assert [process.stdout.readline() for _ in range(2)] == ["inking\n"] * 2
    time.sleep(0.3)  # the second page is being inked, the first is written meanwhile where there are more jobs
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - begun < 5
    assert err == "lineart: stopped; finished pages are kept, run again to go on\n"
    (name,) = os.listdir(folder / "ink")
    assert is_whole(folder / "ink" / name)


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
@pytest.mark.parametrize("file_format", ["png", "tiff", "webp", "ora", "psd", "bmp", "jpeg"])
def test_a_file_that_cannot_grow_leaves_nothing_behind(folder: Path, file_format: str) -> None:
    process = start(folder, "scans/a.png", "-o", "ink", "--format", file_format, limit=5000)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be written (" in err
    assert "0 inked, 0 skipped, 1 failed" in err
    assert os.listdir(folder / "ink") == []


def test_a_reader_that_leaves_early_is_no_traceback(folder: Path) -> None:
    process = start(folder, "scans", "-o", "ink", "--json", seconds=0.2)
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=20) == 1
