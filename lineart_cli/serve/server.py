"""The loop of `lineart serve`: requests from one thread, pages inked in another, answers a line at a time."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lineart_cli import __version__
from lineart_cli.errors import ArgumentError, EngineError, LineartError, ModelError, PageError
from lineart_cli.inference.engines import OutOfMemoryError
from lineart_cli.serve import fields, palette, pixels
from lineart_cli.serve.fields import shown
from lineart_cli.serve.protocol import LONGEST, OLDEST, VERSION, Order, Request, RequestError, answer, results
from lineart_cli.serve.studio import Studio
from lineart_cli.serve.watch import CancelledError, Watch

_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (OutOfMemoryError, "memory"),
    (MemoryError, "memory"),
    (ArgumentError, "argument"),
    (RequestError, "request"),
    (PageError, "page"),
    (ModelError, "engine"),
    (EngineError, "engine"),
)
"""What the caller may want to tell apart."""
_ENDLESS = (1_000_000_000, 1_000_000_000)  # height and width of a page, px
_PATIENCE = 3.0  # s that an end waits for a page to be given up


@dataclass(frozen=True, eq=False)
class _Task:
    """A request that takes a while."""

    request: Request
    watch: Watch


class Server:
    """Answers one caller."""

    def __init__(self, studio: Studio, say: Callable[[str], None], idle: float) -> None:
        """
        Args:
            studio: inks.
            say: writes a line, from any thread.
            idle: seconds without work after which memory is given back.
        """
        self._studio = studio
        self._say = say
        self._idle = idle
        self._lock = threading.Lock()
        self._open: dict[int, _Task] = {}  # by the ids of their requests: at work, or not begun
        self._at_work: _Task | None = None
        self._queue: queue.Queue[_Task | None] = queue.Queue()
        self._is_greeted = False
        self._work = {
            "ink": self._ink,
            "preview": self._preview,
            "prepare": self._prepare,
            "brushes": self._brushes,
            "learn": self._learn,
        }

    def run(self, lines: Iterable[str]) -> None:
        """Answer until the caller says `quit`, or the lines end; a page that is at work may go on a little longer."""
        worker = threading.Thread(target=self._worker, name="lineart-serve", daemon=True)
        worker.start()
        for line in lines:
            if line.strip() and not self._heard(line):
                break
        with self._lock:
            for task in list(self._open.values()):
                self._give_up(task)
        self._queue.put(None)
        worker.join(_PATIENCE)

    def _heard(self, line: str) -> bool:
        """Take a line; False where it was `quit`."""
        number: int | None = None
        try:
            if len(line) > LONGEST:
                raise RequestError(f"a line has more than {LONGEST} characters; give pixels in files")
            request = Request.parse(line)
            number = request.id
            if request.do == "quit":
                return False
            self._take(request)
        except LineartError as error:
            self._fail(error.id if isinstance(error, RequestError) else number, error)
        return True

    def _take(self, request: Request) -> None:
        if request.do == "hello":
            self._greet(request)
        elif not self._is_greeted:
            raise RequestError("hello comes first, with the version of the protocol", request.id)
        elif request.do == "cancel":
            self._cancel(request.get("of", fields.whole))
        elif request.do in self._work:
            self._enqueue(request)
        else:
            known = ", ".join(["hello", *self._work, "cancel", "quit"])
            raise RequestError(f"do {shown(request.do)}: unknown; there are {known}", request.id)

    def _greet(self, request: Request) -> None:
        wanted = request.get("version", fields.whole)
        if not OLDEST <= wanted <= VERSION:
            older = "the caller" if wanted < OLDEST else "lineart"
            text = f"version {wanted} of the protocol is asked for, and lineart {__version__} has {OLDEST} to {VERSION}"
            raise RequestError(f"{text}; update {older}", request.id)
        self._is_greeted = True
        self._say(answer("hello", request.id, version=wanted, lineart=__version__))

    def _cancel(self, number: int) -> None:
        with self._lock:
            if number in self._open:
                self._give_up(self._open[number])

    def _give_up(self, task: _Task) -> None:
        """End a request: soon if it is at work, at once if it has not begun; the lock is held."""
        task.watch.cancel()
        if task is self._at_work:
            return
        at_work = results(self._at_work.request) if self._at_work else []
        with suppress(OSError):
            pixels.discard(*(path for path in results(task.request) if path not in at_work))
        del self._open[task.request.id]
        self._say(answer("cancelled", task.request.id))

    def _enqueue(self, request: Request) -> None:
        number = request.id

        def tell(done: float, left: float | None) -> None:
            self._say(answer("progress", number, done=round(done, 4), left=None if left is None else round(left, 2)))

        task = _Task(request, Watch(tell))
        with self._lock:
            if number in self._open:
                raise RequestError(f"id {number}: in use; give each request one of its own", number)
            if request.do in {"ink", "preview"}:  # what was to be seen of the last settings is of no use any more
                for older in list(self._open.values()):
                    if older.request.do in {"preview", "prepare"}:
                        self._give_up(older)
            self._open[number] = task
        self._queue.put(task)

    def _worker(self) -> None:
        is_rested = True
        while True:
            try:
                task = self._queue.get(timeout=None if is_rested else self._idle)
            except queue.Empty:
                self._studio.rest()
                is_rested = True
                continue
            if task is None:
                return
            with self._lock:
                if self._open.get(task.request.id) is not task:  # it was given up
                    continue
                self._at_work = task
            is_rested = False
            self._answer(task.request, task.watch)

    def _answer(self, request: Request, watch: Watch) -> None:
        try:
            pixels.discard(*results(request))  # so that older ones are not taken for those of a failed request
            watch.check()
            told = self._work[request.do](request, watch)
        except CancelledError:
            self._end(request.id, answer("cancelled", request.id))
        except Exception as error:
            self._end(request.id, "")
            self._fail(request.id, error)
        else:
            self._end(request.id, answer("done", request.id, **told))

    def _end(self, number: int, line: str) -> None:
        with self._lock:
            del self._open[number]
            self._at_work = None
        if line:
            self._say(line)

    def _fail(self, number: int | None, error: Exception) -> None:
        kind = next((name for type_, name in _KINDS if isinstance(error, type_)), "unexpected")
        text = str(error)
        if kind == "memory":
            self._studio.rest()
            text = text or "there is not enough memory; close other programs, or ink a smaller part"
        elif kind == "unexpected" and not isinstance(error, LineartError):
            text = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
        self._say(answer("failed", number, error=text, kind=kind))

    def _ink(self, request: Request, watch: Watch) -> dict[str, Any]:
        return self._studio.ink(Order.of(request), watch)

    def _preview(self, request: Request, watch: Watch) -> dict[str, Any]:
        return self._studio.preview(Order.of(request), watch)

    def _prepare(self, request: Request, watch: Watch) -> dict[str, Any]:
        window = request.get("height", fields.whole), request.get("width", fields.whole)
        self._studio.prepare(window, request.get("page", fields.shape, default=_ENDLESS), watch)
        return {}

    def _brushes(self, request: Request, _: Watch) -> dict[str, Any]:
        width, height = palette.SIZE
        size = (
            request.get("width", fields.whole, default=width),
            request.get("height", fields.whole, default=height),
        )
        return {"brushes": palette.brushes(size)}

    def _learn(self, request: Request, _: Watch) -> dict[str, Any]:
        return palette.learn(str(request.get("picture", fields.path)), request.get("name", fields.text))
