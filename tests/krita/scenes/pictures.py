"""The scene of the README's picture."""

import os

from krita import Krita
from lineart import layers, view
from lineart.qt import Qt, QtGui

from scenes.playing import choose, content, docker, document, inked, names, painted, picture, pump, top, wait, window


def pictures():
    """For the README: Krita with the docker, and a page before and after."""
    page = QtGui.QImage(os.environ["LINEART_PAGE"]).convertToFormat(QtGui.QImage.Format.Format_ARGB32)
    size = page.width(), page.height()
    made = document("drawing", size=size, dpi=300.0)
    node = painted(made, "Sketch", content(page), size=size)
    window().qwindow().resize(1480, 940)
    for each in Krita.instance().dockers():
        if each.objectName() not in {"lineart", "KisLayerBox"}:
            each.hide()
    docker().show()
    pump(1)
    box = next(each for each in Krita.instance().dockers() if each.objectName() == "KisLayerBox")
    window().qwindow().resizeDocks([box, docker()], [420, 420], Qt.Orientation.Vertical)
    window().qwindow().resizeDocks([box, docker()], [330, 330], Qt.Orientation.Horizontal)
    pump(1)
    window().activeView().canvas().setZoomLevel(view.viewport().height() / size[1])
    docker().fields["brush"].ask()
    wait(lambda: docker().fields["brush"].count() > 5)
    choose(thickness=5.0, brush="brush_pen")
    facts = {"said": inked(), "layers": names(made)}
    window().qwindow().resizeDocks([box, docker()], [320, 520], Qt.Orientation.Vertical)
    layers.activate(made, top(made))
    node.setOpacity(130)
    made.refreshProjection()
    docker().say("")  # the seconds are those of a machine that runs tests
    pump(2)
    facts["window"] = picture("krita.png")
    facts["docker"] = picture("docker.png", docker())
    return facts
