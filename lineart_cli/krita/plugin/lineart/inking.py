"""Ink on its way: the pixels are taken, and the layer comes, as soon as Krita has time."""

from . import nodes
from .files import Files
from .job import ChangedError, Job
from .qt import QtCore, QTimer, QtWidgets, i18n
from .rest import is_at_rest

_SOON = 150  # ms until Krita is asked again whether it has time


class Inking(QtCore.QObject):
    """One page of ink at a time."""

    changed = QtCore.pyqtSignal(str, object, object)
    """What to show; the share that is done, or None at the end; and the seconds left, or None."""

    def __init__(self, helper, choice, parent):
        super().__init__(parent)
        self._helper = helper
        self._choice = choice
        self._job = None

    def begin(self, document):
        """Take the pixels once Krita is through with them, and let lineart ink them."""
        try:
            self._job = Job(document, self._choice(), Files())
        except OSError as trouble:
            self.changed.emit(str(trouble), None, None)
            return
        self.changed.emit(i18n("Waiting for Krita"), 0.0, None)
        self._at_rest(self._take)

    def stop(self):
        """Give the ink up, even if lineart is through with it already."""
        if self._job is not None:
            self._job.is_stopped = True
            self._helper.cancel(self._job.number)

    def forget(self):
        """Take the files away of what is not asked for any more."""
        if self._job is not None:
            self._job.files.clear()
            self._job = None

    def _at_rest(self, go_on):
        """Go on once the document is at rest, unless it was closed, or the ink given up."""
        job = self._job
        if job is None:
            return
        if job.is_stopped:
            self._finish(_stopped())
        elif not nodes.is_open(job.document):
            self._finish(i18n("The document was closed before its ink was there."))
        elif QtCore.Qt.MouseButton.NoButton != QtWidgets.QApplication.mouseButtons() or not is_at_rest(job.document):
            QTimer.singleShot(_SOON, lambda: self._at_rest(go_on))
        else:
            go_on()

    def _take(self):
        try:
            self._job.take()
        except (nodes.TroubleError, OSError) as trouble:
            self._finish(str(trouble))
        else:
            self._ask()

    def _ask(self):
        self.changed.emit(i18n("Inking"), 0.0, None)
        self._job.number = self._helper.request("ink", self._heard, **self._job.asked)

    def _heard(self, answer):
        event = answer["event"]
        if event == "progress":
            self.changed.emit(i18n("Inking"), answer["done"], answer["left"])
        elif event == "done":
            self._at_rest(lambda: self._place(answer))
        else:
            self._finish(answer["error"] if event == "failed" else _stopped())

    def _place(self, answer):
        """Put the ink into the document."""
        try:
            self._finish(self._job.placed(answer))
        except ChangedError:
            self._ask()
        except (nodes.TroubleError, OSError, AttributeError, RuntimeError) as trouble:  # Krita's objects come and go
            self._finish(str(trouble))

    def _finish(self, text):
        job, self._job = self._job, None
        job.files.clear()
        self.changed.emit(text, None, None)


def _stopped():
    return i18n("Stopped. Your document is as it was.")
