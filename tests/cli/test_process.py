"""`lineart` as a process of its own: what it loads, a disk that is really full, and a reader that leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lineart_cli.batch.manifest import NAME
from waiting import LATE

Start = Callable[..., subprocess.Popen[str]]
ROOT = Path(__file__).parents[2]


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


def test_options_are_read_without_validators(tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv[0] = 'lineart'\n"
        "from lineart_cli import app\n"
        "app._ink = lambda *given: print(given[:2], given[2].thickness, given[2].quiet, 'pydantic' in sys.modules)\n"
        "try: app.main()\n"
        "except SystemExit as ended: sys.exit(ended.code)"
    )
    words = ["ink", "a.png", "b.png", "-o", "out", "--thickness", "5", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"(['a.png', 'b.png'], {Path('out')!r})")
    assert done.stdout.endswith("True False\n")


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
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=LATE)
    assert done.returncode == code
    told = done.stdout.split("\n")[:-1]
    assert told == ["thread", "exit function", *(["taken down"] if code == 1 else [])]
    assert ("KeyError" in done.stderr) == (code == 1)


@pytest.mark.parametrize("caught", ["SystemExit: pass", "SystemExit as ended: print('code', ended.code)"])
def test_a_host_that_catches_the_end_goes_on(caught: str) -> None:
    program = (
        "import atexit, runpy, sys\n"
        "atexit.register(print, 'exit function')\n"
        "sys.argv = ['lineart', '--version']\n"
        "try: runpy.run_module('lineart_cli', run_name='__main__')\n"
        f"except {caught}\n"
        "print('host')\n"
        "sys.exit(7)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    code = ["code 0"] if "code" in caught else []
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout.split("\n")[1:-1] == [*code, "host", "exit function"]


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
@pytest.mark.parametrize("file_format", ["png", "tiff", "webp", "ora", "psd", "bmp", "jpeg"])
def test_a_file_that_cannot_grow_leaves_nothing_behind(folder: Path, start: Start, file_format: str) -> None:
    process = start("scans/a.png", "-o", "ink", "--format", file_format, limit=5000)
    _, err = process.communicate(timeout=LATE)
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
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False, timeout=LATE
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
    assert process.wait(timeout=LATE) == 1


def shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    words = ["sh", "-c", f"{sys.executable} -m lineart_cli {command}"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


NO_SHELL = pytest.mark.skipif(os.name == "nt", reason="the shell cannot close streams")
NO_FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")


@NO_SHELL
@pytest.mark.parametrize("closed", ["<&-", "2>&-", pytest.param("2>/dev/full", marks=NO_FULL), "<&- 2>&-"])
@pytest.mark.parametrize("more", ["", "--json --verbose", "--log-file log"])
def test_messages_that_are_not_taken_change_nothing(folder: Path, closed: str, more: str) -> None:
    done = shell(folder, f"ink scans/a.png missing.png -o ink --dry-run {more} {closed}")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    done = shell(folder, f"ink scans/a.png -o ink --dry-run {more} {closed}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "scans/a.png" in done.stdout


@NO_SHELL
def test_where_there_are_no_results_stdout_may_be_closed(folder: Path) -> None:
    assert shell(folder, "config show no.png >&-").returncode == 2
    done = shell(folder, "ink scans/a.png -o ink --thickness 8 >&-")
    assert (done.returncode, "1 inked" in done.stderr) == (0, True)


@NO_SHELL
@pytest.mark.parametrize(
    ("where", "why", "advice"),
    [
        (">&-", ", which is closed", "run again with it open, or into a file"),
        pytest.param("> /dev/full", " (No space left on device)", "make room and run again", marks=NO_FULL),
    ],
)
@pytest.mark.parametrize("words", ["ink scans/a.png -o ink --dry-run", "ink scans/a.png -o ink --json -q", "brushes"])
def test_results_that_are_not_taken_are_one_line_and_a_failure(
    folder: Path, words: str, where: str, why: str, advice: str
) -> None:
    done = shell(folder, f"{words} {where}")
    kept = "finished pages are kept, " if words.startswith("ink") else ""
    says = f"results cannot be written to standard output{why}; {kept}{advice}"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"lineart: {says}")
    assert "inked, " not in done.stderr
    assert shell(folder, f"{words} --no-such-option {where}").returncode == 2


@NO_FULL
@pytest.mark.parametrize("words", ["--help", "config show scans"])
def test_so_is_what_has_no_pages(folder: Path, words: str) -> None:
    done = shell(folder, f"{words} > /dev/full")
    says = "results cannot be written to standard output (No space left on device); make room and run again"
    assert (done.returncode, done.stderr) == (1, f"lineart: {says}\n")


@NO_FULL
@pytest.mark.parametrize("more", ["", "--json"])
def test_a_log_that_is_not_taken_is_told_and_stops_nothing(folder: Path, more: str) -> None:
    done = shell(folder, f"ink scans -o ink --dry-run {more} --log-file /dev/full")
    says = "is not written to its end (No space left on device); all else is done; make room, or give another file"
    assert (done.returncode, done.stderr) == (1, f"lineart: --log-file /dev/full: {says}\n")
    assert all(f"{name}.png" in done.stdout for name in "abc")


@NO_FULL
def test_piped_ink_that_is_not_taken_is_no_ink(folder: Path) -> None:
    done = shell(folder, "ink - --thickness 8 < scans/a.png > /dev/full")
    says = "lineart: -: its ink cannot be written to standard output (No space left on device); nothing is kept"
    assert (done.returncode, says in done.stderr) == (1, True)
    assert "0 inked, 0 skipped, 1 failed; in -" in done.stderr
    done = shell(folder, "ink - < scans/a.png >&-")
    assert (done.returncode, "which is closed; write > ink.png" in done.stderr) == (2, True)


@pytest.mark.skipif(os.name == "nt", reason="a folder that somebody is in stays there")
@pytest.mark.parametrize("words", [["ink", "a.png", "-o", "out"], ["config", "show"]])
def test_who_is_in_a_folder_that_is_gone_is_told(tmp_path: Path, words: list[str]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["/bin/sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", sys.executable, "-m", "lineart_cli", *words],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "lineart: the folder that you are in is gone; change to another one, and run again\n"
