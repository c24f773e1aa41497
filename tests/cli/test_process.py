"""`lineart` as a process of its own: what it loads, a disk that is really full, and a reader that leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lineart_cli.batch.manifest import NAME

Start = Callable[..., subprocess.Popen[str]]


def test_help_loads_no_runtime_and_no_image_library() -> None:
    program = (
        "import sys; sys.argv = ['lineart', '--help']\n"
        "from lineart_cli import app\n"
        "try: app.main()\n"
        "except SystemExit: pass\n"
        "runtimes = {'torch', 'openvino', 'onnxruntime'}\n"
        "others = {'numpy', 'cv2', 'PIL', 'psutil', 'platformdirs', 'filelock', 'watchfiles'}\n"
        "heavy = (others | runtimes) & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ink" in done.stdout


@pytest.mark.parametrize(("end", "code"), [("sys.exit(3)", 3), ("sys.exit(0)", 0), ("raise KeyError", 1)])
def test_a_process_ends_at_once_when_threads_and_exit_functions_are_done(end: str, code: int) -> None:
    program = (
        "import atexit, sys, threading, time\n"
        "from lineart_cli.machine import process\n"
        "class Object:\n"
        "    def __del__(self): print('taken down')\n"
        "object = Object()\n"
        "with process.ending_at_once():\n"
        "    atexit.register(print, 'exit function')\n"
        "    threading.Thread(target=lambda: (time.sleep(0.2), print('thread'))).start()\n"
        f"    {end}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code
    told = done.stdout.split("\n")[:-1]
    assert told == ["thread", "exit function", *(["taken down"] if code == 1 else [])]
    assert ("KeyError" in done.stderr) == (code == 1)


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
@pytest.mark.parametrize("file_format", ["png", "tiff", "webp", "ora", "psd", "bmp", "jpeg"])
def test_a_file_that_cannot_grow_leaves_nothing_behind(folder: Path, start: Start, file_format: str) -> None:
    process = start("scans/a.png", "-o", "ink", "--format", file_format, limit=5000)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "cannot be written (" in err
    assert "0 inked, 0 skipped, 1 failed" in err
    assert os.listdir(folder / "ink") == [NAME]  # where the failure is noted


def test_inking_starts_no_process_and_speaks_to_nobody(folder: Path) -> None:
    program = (
        "import sys, threading\n"
        "seen = []\n"
        "quiet = {'os.fork', 'os.posix_spawn', 'subprocess.Popen', 'socket.connect', 'socket.getaddrinfo'}\n"
        "sys.addaudithook(lambda event, _: seen.append(event) if event in quiet else None)\n"
        "sys.argv = ['lineart', 'ink', 'scans/a.png', '-o', 'ink']\n"
        "from lineart_cli import app\n"
        "try: app.main()\n"
        "except SystemExit as ended: code = ended.code\n"
        "[each.join() for each in threading.enumerate() if not each.daemon and each is not threading.main_thread()]\n"
        "sys.exit(f'{seen}' if seen else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "ink/a.png").exists()


def test_a_reader_that_leaves_early_is_no_traceback(start: Start) -> None:
    process = start("scans", "-o", "ink", "--json", waits=(0.2,))
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=120) == 1


@pytest.mark.skipif(os.name == "nt", reason="the shell cannot close streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("more", ["", "--json --verbose"])
def test_streams_that_are_closed_take_nothing_and_cost_nothing(folder: Path, closed: str, more: str) -> None:
    command = f"{sys.executable} -m lineart_cli ink scans/a.png -o ink --dry-run {more} {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize("more", ["--json", ""])
def test_results_that_a_full_disk_does_not_take_are_one_line(folder: Path, more: str) -> None:
    command = f"{sys.executable} -m lineart_cli ink scans/a.png -o ink --dry-run {more} > /dev/full"
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "results cannot be written to standard output (No space left on device)" in done.stderr
    assert "finished pages are kept" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize("arguments", ["brushes", "--help"])
def test_so_is_what_has_no_pages(folder: Path, arguments: str) -> None:
    command = f"{sys.executable} -m lineart_cli {arguments} > /dev/full"
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    says = "results cannot be written to standard output (No space left on device); make room and run again"
    assert (done.returncode, done.stderr) == (1, f"lineart: {says}\n")
