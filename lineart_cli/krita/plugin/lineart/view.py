"""What of a page is seen on the canvas, and ink laid over it."""

import math

from krita import Krita

from . import nodes
from .qt import Qt, QtCore, QtGui, QtWidgets

_VEIL = QtGui.QColor(255, 255, 255, 190)  # over the sketch, so that the ink stands out


class Seen:
    """A view of a page: `zoom`, px of Qt for one of the page, and `left`, `top`, its first px in those of Qt.

    A px of Qt has `ratio` px of the screen on each side, 2 on many fine screens. `document` tells the page's from all
    others.
    """

    def __init__(self, zoom, left, top, width, height, ratio=1.0, document=""):
        self.zoom, self.left, self.top, self.width, self.height = zoom, left, top, width, height
        self.ratio, self.document = ratio, document

    def __eq__(self, other):
        return isinstance(other, Seen) and vars(self) == vars(other)

    __hash__ = None

    def crop(self, page):
        """Left, top, width and height of what is seen, px of the page, whose size is given; None if it is nothing."""
        first = [max(0, math.floor(place / self.zoom)) for place in (self.left, self.top)]
        last = [
            min(side, math.ceil((place + length) / self.zoom))
            for side, place, length in zip(page, (self.left, self.top), (self.width, self.height))
        ]
        size = [b - a for a, b in zip(first, last)]
        return [*first, *size] if min(size) > 0 else None


def viewport():
    """The widget in which the active canvas is seen, or None."""
    window = Krita.instance().activeWindow()
    area = window.qwindow().centralWidget().findChild(QtWidgets.QMdiArea) if window else None
    sub = area.activeSubWindow() if area else None
    scroll = _named(sub, "KisCanvasController") if sub else None
    return scroll.viewport() if scroll is not None else None


def _named(widget, kind):
    children = widget.findChildren(QtWidgets.QAbstractScrollArea)
    return next((each for each in children if each.metaObject().className() == kind), None)


def seen():
    """How the page is seen on the active canvas; None where there is none, or it is turned."""
    window = Krita.instance().activeWindow()
    view = window.activeView() if window else None
    port = viewport()
    if view is None or port is None or view.document() is None:
        return None
    canvas = view.canvas()
    if canvas.rotation() or canvas.mirror():
        return None
    scroll = port.parentWidget()
    left, top = scroll.horizontalScrollBar().value(), scroll.verticalScrollBar().value()
    document = nodes.identity(view.document().rootNode())
    return Seen(_zoom(view), left, top, port.width(), port.height(), port.devicePixelRatioF(), document)


def _zoom(view):
    """Px of Qt for one of the page. Before Krita 5.2 there is but the zoom level, which 5.3 gives in other units."""
    if hasattr(view, "flakeToImageTransform"):
        return 1 / view.flakeToImageTransform().m11()
    return view.canvas().zoomLevel() * 72 / nodes.dpi(view.document())


class Overlay(QtWidgets.QWidget):
    """Ink over the canvas; what is done with pen and mouse goes through it."""

    def __init__(self, parent):
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._image, self._place = None, QtCore.QRectF()

    def lay(self, image, crop, view):
        """Show an image, of the part `crop` of the page, in px of the screen or coarser ones."""
        self._image = image
        self._place = QtCore.QRectF(
            crop[0] * view.zoom - view.left, crop[1] * view.zoom - view.top, crop[2] * view.zoom, crop[3] * view.zoom
        )
        self.setGeometry(self.parentWidget().rect())
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, _event):  # noqa: N802 - Qt's
        """Paint the veil and the ink."""
        if self._image is not None:
            painter = QtGui.QPainter(self)
            painter.fillRect(self._place, _VEIL)
            painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self._place, self._image)
            painter.end()


def image_of(content, width, height, colour):
    """Coverage, a byte for each px, as an image in a colour."""
    ink = QtGui.QImage(content, width, height, width, QtGui.QImage.Format.Format_Alpha8).copy()
    picture = QtGui.QImage(width, height, QtGui.QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(colour)
    painter = QtGui.QPainter(picture)
    painter.setCompositionMode(QtGui.QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawImage(0, 0, ink)
    painter.end()
    return picture
