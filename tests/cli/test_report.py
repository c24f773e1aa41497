"""`lineart report` as it is typed, and its page in a headless Chromium, where there is one.

The browser is steered over a pipe with the DevTools protocol, so that nothing is needed but itself.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from command import lineart
from lineart_cli import report, stamps
from lineart_cli.batch import manifest
from lineart_cli.batch.manifest import Entry, Failure, Manifest
from lineart_cli.options import InkOptions, ReportOptions
from waiting import LATE

NAMES = ("a.png", "deep/<b onclick=alert(1)>.png")
WIDTH, HEIGHT = 1600, 1000
RIGHT, ESCAPE = ("ArrowRight", 39), ("Escape", 27)
FRAME = "(() => { const at = frame.getBoundingClientRect(); return [at.left, at.top, at.width, at.height]; })()"
COMPLAINTS = {"Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening"}
LAUNCH = """
import fcntl, os, sys
moved = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for end, place in zip(moved, (3, 4)):  # where the browser reads commands, and writes answers
    os.dup2(end, place)
os.execv(sys.argv[3], sys.argv[3:])
"""
PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


class Tab:
    """A page of the browser."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._buffer = b""
        self._number = 0
        self._session: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol; its result."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters, **self._session}
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while (message := self._next()).get("id") != self._number:
            self.events.append(message)
        assert "error" not in message, message
        result: dict[str, Any] = message["result"]
        return result

    def open(self, path: Path) -> None:
        """Load a file, to the end."""
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def run(self, script: str) -> Any:
        """The value of an expression, awaited where it is a promise."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        """A key, down and up."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def touch(self, *points: tuple[float, float]) -> None:
        """A finger that comes down, moves from point to point and goes."""
        for number, (x, y) in enumerate(points):
            self.call(
                "Input.dispatchTouchEvent", type="touchMove" if number else "touchStart", touchPoints=[{"x": x, "y": y}]
            )
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def seen(self) -> np.ndarray:
        """What is to be seen, (H, W, 3)."""
        png = io.BytesIO(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
        with Image.open(png) as image:
            return np.asarray(image.convert("RGB"), int)

    def wait_for(self, script: str) -> None:
        """Until an expression is true."""
        self.run(f"new Promise((done) => {{ const look = () => ({script}) ? done() : setTimeout(look, 20); look(); }})")

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            read = os.read(self._answers, 1 << 20)
            assert read, "the browser has ended"
            self._buffer += read
        message, self._buffer = self._buffer.split(b"\0", 1)
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def started(folder: Path) -> Iterator[Tab]:
    """A new browser that keeps its files in `folder`."""
    assert PROGRAM
    here_commands, commands = os.pipe()
    answers, here_answers = os.pipe()
    arguments = [PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run"]
    arguments += [f"--user-data-dir={folder}", "--window-size=1200,900"]
    ends = (here_commands, here_answers)
    launch = [sys.executable, "-c", LAUNCH, *map(str, ends), *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    browser = subprocess.Popen(launch, pass_fds=ends, **quiet)
    os.close(here_commands)
    os.close(here_answers)
    try:
        yield Tab(commands, answers)
    finally:
        browser.terminate()
        browser.wait(LATE)
        os.close(commands)
        os.close(answers)


def fill(root: Path) -> Path:
    """Make a folder of two pages, red sketches and blue ink all over, and a failure."""
    known = Manifest(failures={"bad.png": Failure("../bad.png", 0, "bad.png: is cut off; scan it again")})
    for name in NAMES:
        for folder, colour in (("scans", "red"), ("ink", "blue")):
            path = root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (WIDTH, HEIGHT), colour).save(path)
        digests = (stamps.sha256(root / folder / name) for folder in ("scans", "ink"))
        settings, model = InkOptions().settings(), {"name": "standard", "version": "1.0"}
        known.pages[name] = Entry(
            f"../scans/{name}", 0, next(digests), settings, model, "1.2.3", next(digests), WIDTH, HEIGHT, 300.0, 3.0
        )
    (root / "ink" / manifest.NAME).write_text("".join(known.lines()))
    return root / "ink"


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder `ink`, below the current one."""
    fill(tmp_path)
    monkeypatch.chdir(tmp_path)
    return Path("ink")


class TestCommand:
    def test_it_names_the_file_it_wrote(self, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert lineart("report", "ink") == 0
        assert capsys.readouterr() == ("", f"{out / 'report.html'}\n")
        assert lineart("report", "ink", "-o", "mine.html", "--quiet", "--max-side", "400") == 0
        assert capsys.readouterr() == ("", "")
        assert Path("mine.html").stat().st_size < (out / "report.html").stat().st_size

    def test_it_says_that_archives_are_not_looked_into(self, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for path in (out / "c.cbz", Path("comics/d.cbz")):
            path.parent.mkdir(exist_ok=True)
            with ZipFile(path, "w") as archive:
                archive.write(out / manifest.NAME, manifest.NAME)
        told = "is an archive, which reports do not look into; unpack it"
        assert lineart("report", "ink") == 0
        assert f"lineart: ink/c.cbz {told}, and make a report of its folder" in capsys.readouterr().err
        for place, why in (("comics", "holds no .lineart.json"), ("comics/d.cbz", "is a file, and no folder")):
            assert lineart("report", place) == 2
            said = f"lineart: FOLDER {place}: {why}; comics/d.cbz {told} and give its folder\n"
            assert capsys.readouterr().err == said

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["nowhere"], "FOLDER nowhere: no such file or folder; check the spelling and the folder that you are in"),
            (["ink", "--max-side", "10"], "--max-side 10: write a whole number from 400 to 16383"),
            (["ink", "-o", "a.png"], "--output a.png: is no name for a page of HTML; write for example a.html"),
            (["ink", "-o", "ink"], "--output ink: is a folder; name a file, such as ink/report.html"),
            ([], "Missing argument 'FOLDER'; see lineart report --help"),
        ],
    )
    def test_bad_arguments_are_one_line(
        self,
        out: Path,
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
        says: str,
    ) -> None:
        assert lineart("report", *arguments) == 2
        assert capsys.readouterr() == ("", f"lineart: {says}\n")
        assert not (out / "report.html").exists()

    def test_a_folder_that_is_not_there_is_an_error_of_the_disk(
        self, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert lineart("report", str(out), "-o", "gone/a.html") == 1
        advice = "make its folder first, or name another file with --output"
        assert f"gone/a.html: cannot be written (No such file or directory); {advice}\n" in capsys.readouterr().err


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    if PROGRAM is None:
        pytest.skip("there is no Chromium or Chrome here")
    with started(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = fill(tmp_path_factory.mktemp("report"))
    return report.write(root, report.known_rows(root), ReportOptions(), lambda: None)


@pytest.fixture
def page(browser: Tab, written: Path) -> Iterator[Tab]:
    """The report, just opened in the browser."""
    browser.open(written)
    yield browser
    browser.call("Emulation.setEmulatedMedia", features=[])
    browser.call("Emulation.clearDeviceMetricsOverride")


def colour_at(page: Tab, x: float, y: float) -> str:
    """The strongest colour at a place, as shares of the compared pictures."""
    left, top, width, height = page.run(FRAME)
    red, _, blue = page.seen()[int(top + y * height), int(left + x * width)]
    return "red" if red > blue + 100 else "blue" if blue > red + 100 else "none"


def border_lies(page: Tab, left: float, right: float) -> bool:
    """Whether it comes, within ten seconds, to lie between two places: red to the left, blue to the right."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if (colour_at(page, left, 0.5), colour_at(page, right, 0.5)) == ("red", "blue"):
            return True
        time.sleep(0.05)
    return False


class TestInABrowser:
    def test_it_is_shown_without_network_or_complaints(self, page: Tab) -> None:
        page.wait_for("[...document.images].every((each) => each.complete && each.naturalWidth)")
        assert page.run("document.querySelectorAll('article').length") == 3
        assert page.run("document.querySelector('[onclick]')") is None
        requests = [each["params"]["request"]["url"] for each in page.events if each["method"].endswith("WillBeSent")]
        assert {url.split(":")[0] for url in requests} == {"file", "data"}
        assert not [each for each in page.events if each["method"] in COMPLAINTS]

    def test_the_slider_obeys_the_keys_and_gives_the_focus_back(self, page: Tab) -> None:
        page.run("pairs[1].focus(); pairs[1].click()")
        assert page.run("document.activeElement === slider")
        assert page.run("title.textContent") == NAMES[1]
        page.wait_for("[...frame.children].every((each) => each.complete)")
        assert border_lies(page, 0.45, 0.55)
        for _ in range(20):
            page.press(*RIGHT)
        page.wait_for("slider.value === '70'")
        assert page.run("slider.getAttribute('aria-valuetext')") == "70 % sketch, 30 % ink"
        assert border_lies(page, 0.65, 0.75)
        page.press(*ESCAPE)
        page.wait_for("!dialog.open")
        assert page.run("document.activeElement === pairs[1]")

    def test_the_slider_obeys_a_finger_and_a_mouse(self, page: Tab) -> None:
        page.run("pairs[0].click()")
        left, top, width, height = page.run(FRAME)
        places = [(left + share * width, top + height / 2) for share in (0.5, 0.4, 0.25)]
        page.touch(*places)
        page.wait_for("slider.value === '25'")
        mouse = zip(("mousePressed", "mouseMoved", "mouseReleased"), (places[2], places[0], places[0]), strict=True)
        for kind, (x, y) in mouse:
            page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
        page.wait_for("slider.value === '50'")

    def test_pages_are_gone_through_and_shown_at_full_size(self, page: Tab) -> None:
        page.run("pairs[0].click(); next.click()")
        assert page.run("title.textContent") == NAMES[1]
        page.run("next.click()")
        assert page.run("title.textContent") == NAMES[0]
        assert page.run("stage.scrollWidth <= stage.clientWidth && stage.scrollHeight <= stage.clientHeight")
        page.run("actual.click()")
        assert page.run(FRAME)[2:] == [WIDTH, HEIGHT]
        page.run("previous.click()")
        assert page.run(FRAME)[2:] == [WIDTH, HEIGHT]

    def test_dark_and_narrow_screens(self, page: Tab) -> None:
        assert page.seen()[2, 2].min() > 200
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        assert page.seen()[2, 2].max() < 60
        page.call("Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=True)
        page.wait_for("innerWidth === 320")
        assert page.run("document.documentElement.scrollWidth") == 320
        page.run("pairs[1].click()")
        assert page.run("stage.scrollWidth <= stage.clientWidth && slider.getBoundingClientRect().right <= 320")
