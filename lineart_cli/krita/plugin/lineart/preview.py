"""A preview of the ink on the canvas, renewed when settings, view or page change; the document is not touched."""

import math
import os
from contextlib import suppress

from krita import Krita

from . import nodes
from .files import Files
from .order import order, take_mask
from .qt import QtCore, QtGui, QTimer, QtWidgets, i18n
from .rest import glance, is_at_rest
from .sketch import of_last_ink, take_sketch
from .view import Overlay, image_of, seen, viewport

_OFTEN = 80  # ms between two looks at the view
_DRAWING = {
    getattr(QtCore.QEvent.Type, name)
    for name in ("MouseButtonPress", "MouseButtonRelease", "TabletPress", "TabletRelease")
}
_STILL = 2  # looks for which the view has to stay as it is
_AT_PAGE = 5  # looks between two that are at the page too


class Preview(QtCore.QObject):
    """On or off."""

    said = QtCore.pyqtSignal(str)

    def __init__(self, helper, choice, parent):
        super().__init__(parent)
        self._helper = helper
        self._choice = choice
        self._overlay = self._files = self._view = None
        self._number, self._still, self._is_pen_down = 0, 0, False
        self._known = self._glance = self._prepared = None
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
            self._view = self._known = None
            self._still, self._is_pen_down = 0, False
            self._timer.start(_OFTEN)
            return
        self._timer.stop()
        self._leave_canvases()
        self._helper.cancel(self._number)
        self._hide()
        self._view = None
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
            self._is_pen_down = event.type() == QtCore.QEvent.Type.TabletPress
            self._start_over()
        return False

    def _watch_canvases(self, port):
        self._leave_canvases()
        self._canvases = [] if port is None else port.findChildren(QtWidgets.QWidget)
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

    def _start_over(self):
        """What is laid, or on its way, is no preview of what is seen now."""
        self._hide()
        self._view, self._still = seen(), 0

    def _look(self):
        """Asks for ink once view and page have come to rest, and again when the page was changed."""
        view, document = seen(), Krita.instance().activeDocument()
        if view != self._view:
            self._start_over()
            self._watch_canvases(viewport())
        elif self._is_pen_down or QtWidgets.QApplication.mouseButtons() != QtCore.Qt.MouseButton.NoButton:
            self._start_over()
        self._still += 1
        if view is None:
            if self._still == _STILL and document is not None:
                self.said.emit(i18n("Turn the canvas upright, and unmirror it, for a preview."))
        elif self._still == _STILL:
            self._ask(document)
        elif self._still % _AT_PAGE == 0 and self._glanced(document) != self._glance:
            self._view, self._still = view, 0  # the preview stays until the new one is there

    def _crop(self, document):
        return self._view.crop((document.width(), document.height()))

    def _glanced(self, document):
        """What a preview is renewed for: the page as it is seen, and the colour of the ink."""
        crop = self._crop(document)
        return crop and (glance(document, crop), self._colour().rgba())

    def _colour(self):
        if self._choice()["colour"] != "foreground":
            return QtGui.QColor(0, 0, 0)
        view = Krita.instance().activeWindow().activeView()
        return view.foregroundColor().colorForCanvas(view.canvas())

    def _ask(self, document):
        if not is_at_rest(document):
            self._still -= 1  # so that the next look asks again
            return
        view, chosen, crop = self._view, self._choice(), self._crop(document)
        self._glance = self._glanced(document)
        if crop is None:
            return
        asked = {"pixels": self._files.pixels, "out": self._files.ink, "options": order(document, chosen)}
        try:
            source, known = take_sketch(document, chosen["source"], self._files.pixels + "-new")
            self._files.renew(known != self._known)
            self._known = known
            if chosen["area"] == "selection":
                asked["mask"] = f"{self._files.mask}-{self._number}"  # the last one may still be read
                crop = take_mask(document, asked["mask"], crop)
        except (nodes.TroubleError, OSError) as trouble:
            self._hide()
            self.said.emit(str(trouble))
            return
        colour = self._colour()
        asked.update(crop=crop, zoom=view.zoom * view.ratio, **of_last_ink(document, source))

        def heard(answer):
            if "mask" in asked and answer["event"] != "progress":
                with suppress(OSError):
                    os.remove(asked["mask"])
            self._heard(answer, view, crop, colour)

        self._number = self._helper.request("preview", heard, **asked)

    def _heard(self, answer, view, crop, colour):
        if view is not self._view or view != seen():
            return
        if answer["event"] == "failed":
            self.said.emit(answer["error"])
        if answer["event"] != "done":
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
            self._overlay.lay(image_of(content, answer["width"], answer["height"], colour), crop, view)
            self.said.emit(i18n("Preview after {0:.1f} s.").format(answer["seconds"]))
