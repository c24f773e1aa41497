"""What plays Krita in the scenes: its documents, layers with strokes, the docker, and waiting for what follows."""

import math
import os
import time

from krita import Krita, ManagedColor
from lineart import layers, nodes, settings, view
from lineart.qt import QByteArray, QtGui, QtWidgets

OUT = os.environ["LINEART_OUT"]
WIDTH, HEIGHT = 640, 480
_PATIENCE = 240  # s; machines may be busy with other things
_views = []  # documents of a scene, with their windows


# Time


def pump(seconds=0.2):
    """Lets Krita work for a while, and through with what has come by then."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QtWidgets.QApplication.processEvents()
        time.sleep(0.005)
    QtWidgets.QApplication.processEvents()


def wait(until):
    """Lets Krita work until something is so."""
    end = time.monotonic() + _PATIENCE
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"the docker says: {docker().status.text()}")
        pump(0)
        time.sleep(0.005)


# Krita


def docker():
    return next(each for each in Krita.instance().dockers() if each.objectName() == "lineart")


def window():
    return Krita.instance().activeWindow()


def _area():
    return window().qwindow().centralWidget().findChild(QtWidgets.QMdiArea)


def act(name):
    Krita.instance().action(name).trigger()
    for made, _ in _views:
        made.waitForDone()
    pump()


def picture(name, widget=None):
    path = os.path.join(OUT, name)
    (widget or window().qwindow()).grab().save(path)
    return path


# Documents


def document(name, model="RGBA", depth="U8", profile="", dpi=150.0, size=(WIDTH, HEIGHT)):
    return _shown(Krita.instance().createDocument(*size, name, model, depth, profile, dpi))


def opened(path):
    return _shown(Krita.instance().openDocument(path))


def _shown(made):
    window().addView(made)
    _views.append((made, _area().activeSubWindow()))
    _followed(made)
    return made


def _followed(made):
    """Waits until a document is the active one, also to the docker."""
    wait(lambda: docker()._known == nodes.identity(made.rootNode()) and made.activeNode() is not None)
    pump()


def show(made):
    """Brings a document to the front."""
    _area().setActiveSubWindow(next(sub for each, sub in _views if each == made))
    _followed(made)


def zoom_to(zoom):
    """Lets the active canvas show a px of its page as so many of the screen, whatever the page's resolution."""
    window().activeView().canvas().setZoomLevel(zoom)
    wait(lambda: math.isclose(view.seen().zoom * view.seen().ratio, zoom, rel_tol=1e-6))
    pump()


def close(made, sub):
    """Closes a document as it is."""
    made.setModified(False)
    made.setBatchmode(True)
    sub.close()


def close_last():
    close(*_views.pop())


def clear():
    """Closes all documents of a scene."""
    docker().preview_button.setChecked(False)
    while _views:
        made, sub = _views.pop()
        if nodes.is_open(made):
            close(made, sub)
    pump()
    _reset()


def saved(made, name):
    path = os.path.join(OUT, name)
    made.setBatchmode(True)
    return path if made.saveAs(path) else None


# Layers


def image(size=(WIDTH, HEIGHT)):
    """A transparent one, and what draws on it."""
    empty = QtGui.QImage(*size, QtGui.QImage.Format.Format_ARGB32)
    empty.fill(0)
    painter = QtGui.QPainter(empty)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    return empty, painter


def content(drawn):
    """The bytes of an image: (h * w * 4), BGRA."""
    bits = drawn.bits()
    bits.setsize(drawn.sizeInBytes())
    return bytes(bits)


def sketch(seed=0, size=(WIDTH, HEIGHT)):
    """Overdrawn strokes on nothing: (h * w * 4) bytes, BGRA."""
    drawn, painter = image(size)
    for number in range(4):
        painter.setPen(QtGui.QPen(QtGui.QColor(60, 60, 70, 200), 3))
        path = QtGui.QPainterPath()
        path.moveTo(60 + number, 300 + 2 * number + seed)
        path.cubicTo(180, 40 - number, 330 + number, 460, size[0] - 80, 120 + 2 * number)
        painter.drawPath(path)
        painter.drawEllipse(250 + number, 150 - number + seed, 170, 110)
    painter.end()
    return content(drawn)


def added(made, node, pixels=None, at=(0, 0), size=(WIDTH, HEIGHT), group=None):
    """Puts a layer above all others of a page or group, and waits until Krita has made it the active one."""
    (group or made.rootNode()).addChildNode(node, None)
    if pixels is not None:
        node.setPixelData(QByteArray(pixels), *at, *size)
    made.refreshProjection()
    made.waitForDone()
    wait(lambda: layers._is_active(made, node))
    return node


def painted(made, name, pixels, **where):
    """A new paint layer, the active one; `pixels` are in the document's colour space."""
    node = added(made, made.createNode(name, "paintlayer"), pixels, **where)
    layers.activate(made, node)
    return node


def sketched(made, name="sketch", at=(0, 0), seed=0):
    """A layer with strokes, above all others."""
    return painted(made, name, sketch(seed), at=at)


def top(made):
    """The topmost layer."""
    return [node for node in made.rootNode().childNodes() if node.type() == "paintlayer"][-1]


def names(made):
    return [node.name() for node in made.rootNode().childNodes() if node.type() == "paintlayer"]


def raw(node):
    """The bytes of a layer, in a file."""
    path = os.path.join(OUT, f"{time.time_ns()}.raw")
    with open(path, "wb") as file:
        file.write(bytes(node.pixelData(0, 0, WIDTH, HEIGHT)))
    return path


# The docker


def _reset():
    """Its fields as they are at first."""
    for name, value in settings.DEFAULTS.items():
        field = docker().fields.get(name)
        if hasattr(field, "findData"):
            field.setCurrentIndex(max(field.findData(value), 0))
    docker().fields["thickness"].setValue(3)
    docker().fields["faint"].setValue(35)


def choose(**chosen):
    for name, value in chosen.items():
        field = docker().fields[name]
        if hasattr(field, "findData"):
            row = field.findData(value)
            assert row >= 0, (name, value)
            field.setCurrentIndex(row)
        else:
            field.setValue(value)


def paint_with(blue, green, red):
    """Makes a colour the foreground colour."""
    colour = ManagedColor("RGBA", "U8", "")
    colour.setComponents([blue, green, red, 1.0])
    window().activeView().setForeGroundColor(colour)


def is_idle():
    return not docker().stop_button.isEnabled()


def is_asked():
    """Whether the pixels were taken, and lineart is at work on them."""
    job = docker().inking._job
    return job is not None and bool(job.asked)


def inked():
    """Presses Ink, and waits for what the docker says then."""
    docker().ink_button.click()
    wait(is_idle)
    pump()
    return docker().status.text()


def laid():
    """Waits until the docker has told of a preview that lies on the canvas."""
    wait(lambda: docker().status.text().startswith("Preview") and docker().preview._overlay is not None)
    return docker().preview._overlay


def previewed():
    """Waits for a preview; how many of its px are ink."""
    return sum(alpha > 127 for alpha in content(laid()._image)[3::4])
