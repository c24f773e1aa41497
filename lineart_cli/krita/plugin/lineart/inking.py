"""Ink on its way: the pixels are taken at once, and the layer comes when lineart is through and Krita has time."""

from . import nodes
from .files import Files
from .job import ChangedError, Job
from .qt import QtCore, QTimer, QtWidgets, i18n

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
        """Take the pixels, and let lineart ink them."""
        job = None
        try:
            job = Job(document, self._choice(), Files())
            job.take()
        except (nodes.TroubleError, OSError) as trouble:
            if job is not None:
                job.files.clear()
            self.changed.emit(str(trouble), None, None)
            return
        self._job = job
        self._ask()

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

    def _ask(self):
        self.changed.emit(i18n("Inking"), 0.0, None)
        self._job.number = self._helper.request("ink", self._heard, **self._job.asked)

    def _heard(self, answer):
        event = answer["event"]
        if event == "progress":
            self.changed.emit(i18n("Inking"), answer["done"], answer["left"])
        elif event == "done":
            self._place(answer)
        else:
            self._finish(answer["error"] if event == "failed" else _stopped())

    def _place(self, answer):
        """Put the ink into the document, once it has time."""
        job = self._job
        if job is None:
            return
        if job.is_stopped:
            self._finish(_stopped())
            return
        if not nodes.is_open(job.document):
            self._finish(i18n("The document was closed before its ink was there."))
            return
        if QtCore.Qt.MouseButton.NoButton != QtWidgets.QApplication.mouseButtons() or not job.document.tryBarrierLock():
            QTimer.singleShot(_SOON, lambda: self._place(answer))
            return
        job.document.unlock()
        try:
            self._finish(job.placed(answer))
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
