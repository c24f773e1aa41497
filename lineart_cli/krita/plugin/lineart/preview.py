"""A preview of the ink on the canvas, renewed when settings, view or sketch change; the document is not touched."""

import math
from contextlib import suppress

from krita import Krita

from . import nodes
from .files import Files
from .qt import QtCore, QtGui, QTimer, QtWidgets, i18n
from .sketch import of_last_ink, options, take_sketch
from .view import Overlay, image_of, seen, viewport

_OFTEN = 80  # ms between two looks at the view
_DRAWING = {
    getattr(QtCore.QEvent.Type, name)
    for name in ("MouseButtonPress", "MouseButtonRelease", "TabletPress", "TabletRelease")
}
_STILL = 2  # looks for which the view has to stay as it is


class Preview(QtCore.QObject):
    """On or off."""

    said = QtCore.pyqtSignal(str)

    def __init__(self, helper, choice, parent):
        super().__init__(parent)
        self._helper = helper
        self._choice = choice
        self._overlay = self._files = self._view = None
        self._number, self._known, self._still, self._prepared = 0, None, 0, None
        self._canvases = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def turn(self, is_on):
        """Show it, or take it away."""
        if is_on:
            try:
                self._files = Files()
            except OSError as error:
                self.said.emit(str(error))
                return
            self._view, self._still = None, 0
            self._timer.start(_OFTEN)
            return
        self._timer.stop()
        self._leave_canvases()
        self._helper.cancel(self._number)
        self._hide()
        if self._files is not None:
            self._files.clear()
            self._files = None

    def prepare(self):
        """Let lineart make ready what the first preview would wait for."""
        port, view, document = viewport(), seen(), Krita.instance().activeDocument()
        if port is None:
            return
        width, height = (round(side * port.devicePixelRatioF()) for side in (port.width(), port.height()))
        asked, page = {"width": width, "height": height}, (document.width(), document.height())
        crop = view.crop(page) if view is not None else None
        if crop is not None:  # of a page that is seen from afar, the canvas has more than the page
            zoom = view.zoom * view.ratio
            wide, high = (math.ceil(side * zoom) for side in crop[2:])
            asked = {"width": min(width, wide), "height": min(height, high)}
            asked["page"] = [max(1, round(side * min(zoom, 1))) for side in page]
        if asked != self._prepared:
            self._prepared = asked
            self._helper.request("prepare", lambda _answer: None, **asked)

    def renew(self):
        """Settings have changed."""
        if self._timer.isActive():
            self._still = 0

    def eventFilter(self, _canvas, event):  # noqa: N802 - Qt's
        """The artist draws: the preview goes, and comes back after that."""
        if event.type() in _DRAWING:
            self._hide()
            self._still = 0
        return False

    def _watch_canvases(self, port):
        self._leave_canvases()
        self._canvases = [each for each in port.findChildren(QtWidgets.QWidget) if each is not self._overlay]
        for canvas in self._canvases:
            canvas.installEventFilter(self)

    def _leave_canvases(self):
        for canvas in self._canvases:
            with suppress(RuntimeError):  # it is gone with its document
                canvas.removeEventFilter(self)
        self._canvases = []

    def _hide(self):
        if self._overlay is not None:
            overlay, self._overlay = self._overlay, None
            with suppress(RuntimeError):  # it is gone with its document
                overlay.hide()
                overlay.deleteLater()

    def _look(self):
        """Asks for ink once the view has come to rest."""
        view = seen()
        if view != self._view:
            self._hide()
            self._view, self._still = view, 0
        if QtWidgets.QApplication.mouseButtons() != QtCore.Qt.MouseButton.NoButton:
            self._hide()  # the artist draws
            self._still = 0
        self._still += 1
        if self._still == _STILL and view is not None:
            self._ask()
        elif self._still == _STILL and Krita.instance().activeDocument() is not None:
            self.said.emit(i18n("Turn the canvas upright, and unmirror it, for a preview."))

    def _ask(self):
        document, view, chosen = Krita.instance().activeDocument(), self._view, self._choice()
        crop = view.crop((document.width(), document.height()))
        if crop is None:
            return
        try:
            source, known = take_sketch(document, chosen["source"], self._files.pixels + "-new")
            self._files.renew(known != self._known)
        except (nodes.TroubleError, OSError) as trouble:
            self.said.emit(str(trouble))
            return
        self._known = known
        colour = QtGui.QColor(0, 0, 0)
        if chosen["colour"] == "foreground":
            foreground = Krita.instance().activeWindow().activeView()
            colour = foreground.foregroundColor().colorForCanvas(foreground.canvas())
        asked = {"pixels": self._files.pixels, "out": self._files.ink, "options": options(chosen)}
        asked.update(crop=crop, zoom=view.zoom * view.ratio, **of_last_ink(document, source))
        self._number = self._helper.request("preview", lambda answer: self._heard(answer, view, crop, colour), **asked)

    def _heard(self, answer, view, crop, colour):
        if answer["event"] == "failed":
            self.said.emit(answer["error"])
        if answer["event"] != "done" or self._files is None or view != self._view:
            return
        try:
            with open(self._files.ink, "rb") as file:
                content = file.read()
        except OSError:
            return  # a newer preview is being made, in its place
        if len(content) != answer["width"] * answer["height"]:
            return
        self._hide()
        port = viewport()
        if port is not None:
            self._overlay = Overlay(port)
            self._watch_canvases(port)
            self._overlay.lay(image_of(content, answer["width"], answer["height"], colour), crop, view)
            self.said.emit(i18n("Preview after {0:.1f} s.").format(answer["seconds"]))
