"""Ink on its way: the pixels are taken at once, and the layer comes when lineart is through and Krita has time."""

import os
import tempfile

from krita import Krita

from . import nodes, settings
from .helper import shared_folder
from .qt import QtCore, QTimer, QtWidgets, i18n

_SOON = 150  # ms until Krita is asked again whether it has time
_REMARKS = {
    "turned": "Light lines on dark were inked as dark lines on light are.",
    "blank": "Hardly anything came out: move Faint lines to the left.",
    "black": "Nearly all came out black: move Faint lines to the right, or ink the layer of the lines alone.",
}
_LEAST_INK, _MOST_INK = 1e-5, 0.5  # shares of the area


class Files:
    """Names for a file with the sketch, one with a mask and one with ink, which are taken away by `clear`."""

    def __init__(self):
        folder = shared_folder()
        os.makedirs(folder, exist_ok=True)
        self._folder = tempfile.mkdtemp(prefix="lineart-krita-", dir=folder)
        self.pixels, self.mask, self.ink = (os.path.join(self._folder, name) for name in ("sketch", "mask", "ink"))

    def renew(self, is_other):
        """Let the sketch in `pixels` be the one beside it, whose name ends in "-new", if that is another one."""
        if is_other:
            os.replace(self.pixels + "-new", self.pixels)

    def clear(self):
        """Take the files away."""
        for path in (self.pixels, self.pixels + "-new", self.mask, self.ink):
            if os.path.exists(path):
                os.remove(path)
        if os.path.isdir(self._folder):
            os.rmdir(self._folder)


def options(chosen):
    """Settings of the docker as options of `lineart ink`."""
    told = {name: str(chosen[name]) for name in ("brush", "pressure", "faint", "drawing")}
    told["thickness"] = "{:g}{}".format(chosen["thickness"], chosen["unit"])
    return told


def take_sketch(document, source, path):
    """Write the pixels of the sketch into a file.

    Args:
        document: of the sketch.
        source: "active", "visible", or a layer's identity.
        path: the file.

    Returns:
        The layer, or None for all that is visible but the last ink; and what tells these pixels from others.
    """
    inked = settings.ink(document)
    if source == "visible":
        ink = nodes.find(document, inked.get("node"))
        if ink is None or not ink.visible():
            return None, nodes.take(document, None, path)
        with nodes.without(document, ink) as rest:
            return None, nodes.take(rest, None, path)
    node = document.activeNode() if source == "active" else nodes.find(document, source)
    if node is None:
        raise nodes.TroubleError(i18n("The layer of the sketch is gone. Choose another one."))
    if nodes.identity(node) == inked.get("node"):
        node = nodes.find(document, inked.get("source"))
        if node is None:
            raise nodes.TroubleError(i18n("This layer is ink. Choose the layer of the sketch."))
    return node, nodes.take(document, node, path)


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
        chosen = self._choice()
        files = Files()
        try:
            source, _ = take_sketch(document, chosen["source"], files.pixels)
            crop = nodes.mask(document, files.mask) if chosen["area"] == "selection" else None
            if chosen["area"] == "selection" and crop is None:
                raise nodes.TroubleError(i18n("Nothing is selected on the page. Select a part, or ink the whole page."))
            fill = nodes.pixel(document, _colour(chosen["colour"]))
        except nodes.TroubleError as trouble:
            files.clear()
            self.changed.emit(str(trouble), None, None)
            return
        self._job = Job(document, source, chosen, files)
        asked = {"pixels": files.pixels, "out": files.ink, "options": options(chosen), "fill": fill}
        if crop is not None:
            asked.update(crop=crop, mask=files.mask)
        last = settings.ink(document)
        if last.get("scale") and last.get("source") == self._job.source_id:
            asked["last_scale"] = last["scale"]
        self.changed.emit(i18n("Inking"), 0.0, None)
        self._job.number = self._helper.request("ink", self._heard, **asked)

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
        if job.is_stopped:
            self._finish(_stopped())
            return
        if not nodes.is_open(job.document):
            self._finish(i18n("The document was closed before its ink was there."))
            return
        if QtCore.Qt.MouseButton.NoButton != _pressed() or not job.document.tryBarrierLock():
            QTimer.singleShot(_SOON, lambda: self._place(answer))
            return
        job.document.unlock()
        try:
            self._finish(job.placed(answer))
        except (nodes.TroubleError, OSError, AttributeError, RuntimeError) as trouble:  # Krita's objects come and go
            self._finish(str(trouble))

    def _finish(self, text):
        job, self._job = self._job, None
        job.files.clear()
        self.changed.emit(text, None, None)


class Job:
    """What is being inked."""

    def __init__(self, document, source, chosen, files):
        self.document = document
        self.source_id = None if source is None else nodes.identity(source)
        self.files = files
        self.number = 0
        self.is_stopped = False
        self._chosen = chosen
        self._name = i18n("Ink") if source is None else i18n("Ink of {0}").format(source.name())
        self._space = document.colorModel(), document.colorDepth(), document.colorProfile()
        self._size = document.width(), document.height()

    def placed(self, answer):
        """Add the layer, remember it, and return what to tell the artist; raises Trouble."""
        document = self.document
        space = document.colorModel(), document.colorDepth(), document.colorProfile()
        if space != self._space or (document.width(), document.height()) != self._size:
            raise nodes.TroubleError(i18n("The document has another size or colour space now. Ink again."))
        source = nodes.find(document, self.source_id)
        if self.source_id is not None and source is None:
            raise nodes.TroubleError(i18n("The layer of the sketch is gone, and its ink with it."))
        last = settings.ink(document)
        old = nodes.find(document, last.get("node")) if self._chosen["target"] == "last" else None
        replaces = old is not None and not old.locked() and nodes.is_untouched(document, last)
        node = nodes.add_ink(document, old or source, self._name, self.files.ink, answer["crop"])
        said = [i18n("Inked in {0:.1f} s.").format(answer["seconds"])]
        if replaces:
            nodes.remove(document, old)
            said.append(i18n("The last ink was taken away; undo twice to get it back."))
        elif old is not None:
            said.append(i18n("The last ink was changed or is locked: it is kept, and the new one lies above it."))
        told = {name: answer[name] for name in ("sha256", "crop", "scale")}
        settings.save_ink(document, {"node": nodes.identity(node), "source": self.source_id, **told})
        return " ".join(said + [i18n(_REMARKS[each]) for each in _remarks(answer)])


def _stopped():
    return i18n("Stopped. Your document is as it was.")


def _remarks(answer):
    if answer["is_turned"]:
        yield "turned"
    if answer["share"] < _LEAST_INK:
        yield "blank"
    if answer["share"] > _MOST_INK:
        yield "black"


def _colour(name):
    view = Krita.instance().activeWindow().activeView() if name == "foreground" else None
    return None if view is None else view.foregroundColor()


def _pressed():
    return QtWidgets.QApplication.mouseButtons()
