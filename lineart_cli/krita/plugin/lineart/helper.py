"""`lineart serve` as a process of its own: started when it is first needed, and again when it has ended."""

import json
import os
import shutil

from .qt import QObject, QProcess, QtCore, QTimer, i18n

VERSION = 2
"""Of the protocol, see PROTOCOL.md of `lineart serve`."""
COMMAND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "command.json")
"""Which lineart to call; written by `lineart krita install`."""
_PATIENCE = 4000  # ms that a page may take to be given up, before the process is ended
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "QT_PLUGIN_PATH")  # Krita's own, of no use to another Python
_FLATPAK = "/.flatpak-info"


def command(*arguments):
    """The program and its arguments; raises LookupError with what to do where there is none."""
    try:
        with open(COMMAND, encoding="utf-8") as file:
            words = [str(each) for each in json.load(file)["command"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        found = shutil.which("lineart")
        words = [found] if found else []
    if os.path.exists(_FLATPAK) and words:
        return ["flatpak-spawn", "--host", *words, *arguments]
    if not words or not shutil.which(words[0]):
        raise LookupError(
            i18n("lineart is not where it was ({0}). Install it, then run: lineart krita install").format(
                words[0] if words else "PATH"
            )
        )
    return [*words, *arguments]


def shared_folder():
    """A folder that both Krita and lineart see, for the files with pixels."""
    place = QtCore.QStandardPaths
    kind = place.StandardLocation.CacheLocation if os.path.exists(_FLATPAK) else place.StandardLocation.TempLocation
    return place.writableLocation(kind)


def environment():
    """Krita's, without what is of no use to lineart."""
    known = QtCore.QProcessEnvironment.systemEnvironment()
    bundled = known.contains("APPDIR")
    for name in _FOREIGN:
        if name.startswith("PYTHON") or bundled:
            known.remove(name)
    return known


class Helper(QObject):
    """Sends requests, and calls back with the answers.

    `request` takes a function that is called with each answer to it, a dict; the last one has the event "done",
    "failed" or "cancelled". `failed` has the fields `error`, a line, and `kind`.
    """

    greeted = QtCore.pyqtSignal()
    """A process is there, and of a version that fits."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._process = None
        self._is_ready = self._is_given_up = False
        self._last_id = 0
        self._asked = {}  # lines by id, until they are answered
        self._listeners = {}
        self._said = b""
        self.lineart = ""

    def is_busy(self):
        """Whether an answer is still to come."""
        return bool(self._listeners)

    def request(self, do, listener, **fields):
        """Ask for something; returns the request's id."""
        number = self._next()
        self._listeners[number] = listener
        self._asked[number] = self._line(number, do, fields)
        if self._process is None:
            QTimer.singleShot(0, self._start)
        if self._is_ready:
            self._process.write(self._asked[number])
        return number

    def cancel(self, number):
        """Give a request up; its listener hears of it.

        A process that does not react, or has not greeted by then, is ended, and a new one is asked for all else.
        """
        if number not in self._listeners:
            return
        if not self._is_ready:
            self._drop(number)
            process = self._process
            QTimer.singleShot(_PATIENCE, lambda: self._give_up_start(process))
            return
        self._process.write(self._line(self._next(), "cancel", {"of": number}))
        QTimer.singleShot(_PATIENCE, lambda: self._give_up(number))

    def end(self):
        """End the process now; whoever waits is told."""
        if self._process is not None:
            self._process.kill()

    def close(self):
        """Let the process end by itself, and tell nobody."""
        self._listeners, self._asked = {}, {}
        if self._process is not None:
            self._process.closeWriteChannel()
            if not self._process.waitForFinished(1500):
                self._process.kill()
                self._process.waitForFinished(500)

    def _drop(self, number):
        del self._asked[number]
        self._listeners.pop(number)({"event": "cancelled"})

    def _give_up(self, number):
        if number in self._listeners:
            self._replace()
            self._drop(number)

    def _give_up_start(self, process):
        if process is not None and process is self._process and not self._is_ready:
            self._replace()

    def _replace(self):
        self._is_ready = False
        self._is_given_up = self._process is not None
        self.end()

    def _next(self):
        self._last_id += 1
        return self._last_id

    @staticmethod
    def _line(number, do, fields):
        return json.dumps({"id": number, "do": do, **fields}).encode() + b"\n"

    def _start(self):
        if self._process is not None:
            return
        try:
            program, *arguments = command("serve")
        except LookupError as error:
            self._fail_all(str(error), "start")
            return
        process = self._process = QProcess(self)
        process.setProcessEnvironment(environment())
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._keep_said)
        process.errorOccurred.connect(self._could_not)
        process.finished.connect(self._ended)
        process.start(program, arguments)
        number = self._next()
        self._listeners[number] = self._greeted
        process.write(self._line(number, "hello", {"version": VERSION}))

    def _greeted(self, answer):
        if answer["event"] == "failed":
            self._fail_all(answer["error"], "version")
            self.end()
            return
        self.lineart = answer["lineart"]
        self._is_ready = True
        for line in self._asked.values():
            self._process.write(line)
        self.greeted.emit()

    def _read(self):
        while self._process is not None and self._process.canReadLine():
            try:
                answer = json.loads(bytes(self._process.readLine()).decode("utf-8"))
                event, number = answer["event"], answer.get("id")
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # what another version may add
            listener = self._listeners.get(number)
            if listener is None:
                continue
            if event != "progress":
                del self._listeners[number]
                self._asked.pop(number, None)
            listener(answer)

    def _keep_said(self):
        self._said = (self._said + bytes(self._process.readAllStandardError()))[-2000:]

    def _could_not(self, error):
        if error == QProcess.ProcessError.FailedToStart:
            program = self._process.program()
            self._forget()
            self._fail_all(i18n("{0} cannot be started. Run: lineart krita install").format(program), "start")

    def _ended(self, code, status):
        said, is_given_up = self._said.decode("utf-8", "replace").strip().splitlines(), self._is_given_up
        self._forget()
        if is_given_up:
            if self._asked:
                self._start()
            return
        if status == QProcess.ExitStatus.CrashExit:
            text = i18n("lineart was ended from outside, perhaps because memory ran out. Your document is as it was.")
        elif code:
            text = said[-1] if said else i18n("lineart has ended with code {0}").format(code)
        else:
            text = i18n("lineart has ended. Your document is as it was.")
        self._fail_all(text, "ended")

    def _forget(self):
        process, self._process = self._process, None
        self._is_ready, self._is_given_up, self._said = False, False, b""
        self._listeners = {number: each for number, each in self._listeners.items() if each != self._greeted}
        if process is not None:
            process.deleteLater()

    def _fail_all(self, error, kind):
        listeners, self._listeners, self._asked = self._listeners, {}, {}
        for listener in listeners.values():
            listener({"event": "failed", "error": error, "kind": kind})
