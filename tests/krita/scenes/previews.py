"""Scenes of the preview."""

import sys

from lineart import layers, view
from lineart.qt import Qt, QtCore, QtWidgets

from scenes.playing import (
    act,
    added,
    choose,
    docker,
    document,
    laid,
    names,
    paint_with,
    picture,
    previewed,
    pump,
    saved,
    show,
    sketched,
    wait,
    window,
    zoom_to,
)

if "PyQt6.QtCore" in sys.modules:
    from PyQt6.QtTest import QTest
else:
    from PyQt5.QtTest import QTest


def preview():
    made = document("preview")
    sketched(made)
    saved(made, "preview.kra")
    made.setModified(False)
    pump()
    before = names(made)
    docker().preview_button.click()
    facts = {"shown": laid().isVisible()}
    facts["picture"] = picture("preview.png", view.viewport())
    canvas = view.viewport().findChild(QtWidgets.QWidget)
    QTest.mouseClick(canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QtCore.QPoint(4, 4))
    facts["drawn"] = docker().preview._overlay is None
    docker().say("")
    laid()
    docker().say("")
    docker().fields["thickness"].setValue(8)
    laid()
    facts["thicker"] = picture("thicker.png", view.viewport())
    window().activeView().canvas().setZoomLevel(0.5)
    wait(lambda: docker().preview._overlay is None)  # a new one is soon there
    window().activeView().canvas().setRotation(30)
    wait(lambda: "upright" in docker().status.text())
    facts["turned"] = docker().status.text()
    docker().say("something else")
    pump(0.5)
    facts["then"] = docker().status.text()
    window().activeView().canvas().setRotation(0)
    docker().preview_button.click()
    pump()
    facts.update(gone=docker().preview._overlay is None, same=names(made) == before)
    document("odd", dpi=118.49)
    zoom_to(0.5)
    docker().preview.prepare()
    facts["prepared"] = docker().preview._prepared
    return facts


def preview_in_the_foreground_colour():
    sketched(document("colours"))
    paint_with(0.0, 0.0, 1.0)
    choose(colour="foreground")
    pump(1)
    docker().preview_button.setChecked(True)
    facts = {"red": previewed(), "first": _inkiest()}
    docker().say("")
    paint_with(1.0, 0.0, 0.0)
    facts.update(blue=previewed(), second=_inkiest())
    return facts


def _inkiest():
    """Red, green and blue of the first solid px of a preview."""
    image = laid()._image
    places = ((x, y) for y in range(image.height()) for x in range(image.width()))
    return next(colour.getRgb()[:3] for at in places if (colour := image.pixelColor(*at)).alpha() == 255)


def preview_of_what_is_there():
    """Switched on again, after what keys do, of another layer, of another page in the same view, and under the pen."""
    made = document("keys")
    node = sketched(made)
    empty = added(made, made.createNode("empty", "paintlayer"))
    layers.activate(made, node)
    facts = {}

    def then(name, do):
        docker().say("")
        do()
        facts[name] = previewed()

    then("first", lambda: docker().preview_button.setChecked(True))
    docker().preview_button.setChecked(False)
    then("switched_on_again", lambda: docker().preview_button.setChecked(True))
    then("cleared", lambda: act("clear"))
    then("undone", lambda: act("edit_undo"))
    then("another_layer", lambda: layers.activate(made, empty))
    then("the_layer", lambda: layers.activate(made, node))
    pen = QtCore.QEvent.Type
    docker().preview.eventFilter(None, QtCore.QEvent(pen.TabletPress))
    docker().say("")
    pump(1.5)
    facts["pen_is_down"] = [docker().preview._overlay is None, docker().status.text()]
    then("pen_is_up", lambda: docker().preview.eventFilter(None, QtCore.QEvent(pen.TabletRelease)))
    then("another_page", lambda: document("blank"))
    then("the_page", lambda: show(made))
    return facts


def preview_on_a_fine_screen():
    """Of a page at 100 %: where its part lies in px of Qt, and the ink over it, in px of the screen."""
    made = document("fine")
    sketched(made)
    zoom_to(1.0)
    port = view.viewport()
    docker().preview_button.click()
    overlay = laid()
    return {
        "ratio": port.devicePixelRatioF(),
        "place": overlay._place.getRect(),
        "size": [overlay._image.width(), overlay._image.height()],
        "path": saved(made, "fine.kra"),
        "picture": picture("fine.png", port),
    }
