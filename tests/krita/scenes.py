"""What is done inside Krita; each scene returns facts for the tests, which judge them."""

import os
import signal
import sys
import time

from krita import Krita, ManagedColor, Node, Selection
from lineart import helper, layers, nodes, settings, strokes, view
from lineart.qt import QByteArray, Qt, QtCore, QtGui, QtWidgets

if "PyQt6.QtCore" in sys.modules:
    from PyQt6.QtTest import QTest
else:
    from PyQt5.QtTest import QTest


OUT = os.environ["LINEART_OUT"]
WIDTH, HEIGHT = 640, 480
SPACES = (("CMYKA", "U16"), ("CMYKA", "F32"), ("GRAYA", "U8"), ("RGBA", "F32"), ("RGBA", "U16"), ("LABA", "U16"))
_open = []


def pump(seconds=0.2, until=None):
    """Lets Krita work for a while, or until something is so; whether it is."""
    end = time.time() + seconds
    while time.time() < end:
        QtWidgets.QApplication.processEvents()
        if until is not None and until():
            return True
        time.sleep(0.005)
    return until is None


def docker():
    return next(each for each in Krita.instance().dockers() if each.objectName() == "lineart")


def window():
    return Krita.instance().activeWindow()


def area():
    return window().qwindow().centralWidget().findChild(QtWidgets.QMdiArea)


def document(name, model="RGBA", depth="U8", profile="", dpi=150.0, size=(WIDTH, HEIGHT)):
    made = Krita.instance().createDocument(*size, name, model, depth, profile, dpi)
    window().addView(made)
    _open.append((made, area().activeSubWindow()))
    pump()
    return made


def clear():
    """Closes all documents of a scene."""
    docker().preview_button.setChecked(False)
    while _open:
        made, sub = _open.pop()
        if nodes.is_open(made):
            made.setModified(False)
            made.setBatchmode(True)
            sub.close()
    pump()
    reset()


def reset():
    """The docker's fields as they are at first."""
    for name, value in settings.DEFAULTS.items():
        field = docker().fields.get(name)
        if hasattr(field, "findData"):
            field.setCurrentIndex(max(field.findData(value), 0))
    docker().fields["thickness"].setValue(3)
    docker().fields["faint"].setValue(35)


def sketch(seed=0, size=(WIDTH, HEIGHT)):
    """Overdrawn strokes on nothing: (h * w * 4) bytes, BGRA."""
    image = QtGui.QImage(*size, QtGui.QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QtGui.QPainter(image)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    for number in range(4):
        painter.setPen(QtGui.QPen(QtGui.QColor(60, 60, 70, 200), 3))
        path = QtGui.QPainterPath()
        path.moveTo(60 + number, 300 + 2 * number + seed)
        path.cubicTo(180, 40 - number, 330 + number, 460, size[0] - 80, 120 + 2 * number)
        painter.drawPath(path)
        painter.drawEllipse(250 + number, 150 - number + seed, 170, 110)
    painter.end()
    bits = image.bits()
    bits.setsize(image.sizeInBytes())
    return bytes(bits)


def added(made, node, pixels=None, at=(0, 0), size=(WIDTH, HEIGHT), group=None):
    """Puts a layer above all others of a page or group, and waits, for Krita makes it the active one a bit later."""
    (group or made.rootNode()).addChildNode(node, None)
    if pixels is not None:
        node.setPixelData(QByteArray(pixels), *at, *size)
    made.refreshProjection()
    made.waitForDone()
    pump()
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


def choose(**chosen):
    for name, value in chosen.items():
        field = docker().fields[name]
        if hasattr(field, "findData"):
            row = field.findData(value)
            assert row >= 0, (name, value)
            field.setCurrentIndex(row)
        else:
            field.setValue(value)


def is_idle():
    return not docker().stop_button.isEnabled()


def inked(seconds=240):
    """Presses Ink, and waits for what the docker says then."""
    docker().ink_button.click()
    pump(seconds, is_idle)
    pump()
    return docker().status.text()


def raw(node):
    """The bytes of a layer, in a file."""
    path = os.path.join(OUT, f"{time.time_ns()}.raw")
    with open(path, "wb") as file:
        file.write(bytes(node.pixelData(0, 0, WIDTH, HEIGHT)))
    return path


def act(name):
    Krita.instance().action(name).trigger()
    for made, _ in _open:
        made.waitForDone()
    pump()


def picture(name, widget=None):
    path = os.path.join(OUT, name)
    (widget or window().qwindow()).grab().save(path)
    return path


def saved(made, name):
    path = os.path.join(OUT, name)
    made.setBatchmode(True)
    return path if made.saveAs(path) else None


# The scenes


def docker_appears():
    docker().show()
    docker().fields["brush"].ask()
    pump(120, lambda: docker().fields["brush"].count() > 5)
    brushes = docker().fields["brush"]
    return {
        "version": Krita.instance().version(),
        "title": docker().windowTitle(),
        "brushes": [brushes.itemData(row) for row in range(brushes.count())],
        "icons": sum(not brushes.itemIcon(row).isNull() for row in range(brushes.count())),
        "sources": [docker().fields["source"].itemText(row) for row in range(docker().fields["source"].count())],
    }


def ink_a_page():
    made = document("page")
    node = sketched(made, at=(23, -17))
    kra = saved(made, "page.kra")
    started = time.time()
    said = inked()
    seconds = time.time() - started
    ink = top(made)
    facts = {"said": said, "seconds": seconds, "kra": kra, "layers": names(made), "ink": raw(ink)}
    facts.update(space=[ink.colorModel(), ink.colorDepth()], active=made.activeNode().name())
    act("edit_undo")
    facts["undone"] = names(made)
    act("edit_redo")
    facts["redone"] = names(made)
    facts["same"] = raw(top(made))
    facts["sketch"] = node.name()
    return facts


def ink_all_that_is_visible():
    made = document("visible")
    sketched(made)
    sketched(made, "more", seed=60)
    kra = saved(made, "visible.kra")
    choose(source="visible", thickness=5.0, brush="ink_pen", target="new")
    facts = {"said": inked(), "kra": kra, "ink": raw(top(made)), "layers": names(made)}
    facts.update(again=inked(), above=raw(top(made)), both=names(made))
    return facts


def ink_a_selection():
    made = document("selection")
    sketched(made)
    inked()
    whole = raw(top(made))
    act("edit_undo")
    choose(area="selection")
    nothing = inked(5)
    selection = Selection()
    selection.select(200, 100, 250, 150, 255)
    hole = Selection()
    hole.select(300, 150, 40, 100, 255)
    selection.subtract(hole)
    made.setSelection(selection)
    pump()
    said = inked()
    ink = top(made)
    ink = raw(ink)
    facts = {"nothing": nothing, "said": said, "whole": whole, "part": ink, "again": inked(), "layers": names(made)}
    facts["same"] = raw(top(made))
    top(made).setVisible(False)
    for name, zoom in ("all", 1.0), ("near", 6.0):
        window().activeView().canvas().setZoomLevel(zoom)
        pump(0.5)
        docker().say("")
        docker().preview_button.setChecked(True)
        facts[f"preview_{name}"] = [previewed(), view.seen().crop((WIDTH, HEIGHT))]
        docker().preview_button.setChecked(False)
    return facts


def again():
    """The artist draws on the ink and erases of it, and the sketch is changed elsewhere."""
    made = document("again")
    node = sketched(made)
    inked()
    ink = top(made)
    facts = {"first": raw(ink)}
    ink.setOpacity(200)
    ink.setName("my ink")
    ink.setPixelData(QByteArray(b"\0\0\xff\xff" * 400), 30, 30, 20, 20)
    ink.setPixelData(QByteArray(bytes(4 * 60 * 60)), 230, 170, 60, 60)
    ink.setPixelData(QByteArray(b"\0\xff\0\xff" * 100), -30, -20, 10, 10)
    facts["edited"] = raw(ink)
    layers.activate(made, ink)
    node.setPixelData(QByteArray(b"\x20\x20\x20\xff" * 3 * 150), 590, 300, 3, 150)
    made.refreshProjection()
    facts.update(said=inked(), layers=names(made), merged=raw(top(made)), active=made.activeNode().name())
    facts["beyond"] = bytes(top(made).pixelData(-25, -15, 1, 1)).hex()
    facts["opacity"] = top(made).opacity()
    act("edit_undo")
    facts.update(undone=names(made), old=raw(top(made)))
    act("edit_redo")
    facts.update(redone=raw(top(made)))
    act("edit_undo")
    facts.update(known=inked(), known_layers=names(made), once_more=raw(top(made)))
    path = saved(made, "again.kra")
    made.setModified(False)
    clear()
    opened = Krita.instance().openDocument(path)
    window().addView(opened)
    _open.append((opened, area().activeSubWindow()))
    pump(0.8)
    layers.activate(opened, opened.nodeByName("sketch"))
    facts.update(reopened=inked(), reopened_layers=names(opened), reopened_ink=raw(top(opened)))
    return facts


def again_where_it_cannot_be():
    """Locked, of another colour space, drawn on meanwhile, and ink that was taken for a sketch."""
    made = document("hindered")
    sketched(made)
    inked()
    first = top(made)
    layers.activate(made, first)
    docker().ink_button.click()
    first.setPixelData(QByteArray(b"\0\0\xff\xff" * 400), 30, 30, 20, 20)
    pump(240, is_idle)
    facts = {"meanwhile": docker().status.text(), "one": names(made)}
    facts["drawn"] = bytes(top(made).pixelData(35, 35, 1, 1)).hex()
    top(made).setLocked(True)
    facts.update(locked=inked(), two=names(made))
    facts["copied"] = bytes(top(made).pixelData(35, 35, 1, 1)).hex()
    made.setColorSpace("RGBA", "U16", "sRGB-elle-V2-srgbtrc.icc")
    made.waitForDone()
    pump()
    facts.update(converted=inked(), three=names(made))
    return facts


def stop():
    made = document("stop", size=(2400, 2400))
    made.setActiveNode(made.rootNode().childNodes()[0])
    docker().ink_button.click()
    pump(0.05)
    docker().stop_button.click()
    started = time.time()
    pump(20, is_idle)
    return {"said": docker().status.text(), "seconds": time.time() - started, "layers": names(made)}


def two_documents():
    first = document("first")
    sketched(first)
    second = document("second", "GRAYA")
    area().setActiveSubWindow(_open[0][1])
    pump()
    docker().ink_button.click()
    area().setActiveSubWindow(_open[1][1])
    pump(240, is_idle)
    return {
        "said": docker().status.text(),
        "first": names(first),
        "second": names(second),
        "active": Krita.instance().activeDocument() == second,
    }


def spaces():
    facts = {}
    for model, depth in SPACES:
        made = document(model + depth, model, depth, dpi=300.0)
        drawn = Krita.instance().createDocument(WIDTH, HEIGHT, "", "RGBA", "U8", "", 300.0)
        node = drawn.rootNode().childNodes()[0]
        node.setPixelData(QByteArray(sketch()), 0, 0, WIDTH, HEIGHT)
        node.setColorSpace(model, depth, made.colorProfile())
        painted(made, "sketch", node.pixelData(0, 0, WIDTH, HEIGHT))
        drawn.close()
        said = inked()
        ink = top(made)
        path = raw(ink)
        space = [ink.colorModel(), ink.colorDepth(), ink.colorProfile()] == [model, depth, made.colorProfile()]
        ink.setColorSpace("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")
        facts[model + depth] = {"said": said, "layers": names(made), "space": space, "raw": path, "rgb": raw(ink)}
        clear()
    return facts


def paint_with(blue, green, red):
    """Makes a colour the foreground colour."""
    colour = ManagedColor("RGBA", "U8", "")
    colour.setComponents([blue, green, red, 1.0])
    window().activeView().setForeGroundColor(colour)


def foreground_colour():
    made = document("colour")
    sketched(made)
    kra = saved(made, "colour.kra")
    choose(thickness=30.0)
    choose(unit="mm")
    in_mm = docker().choice()["thickness"]
    choose(colour="foreground", thickness=0.6)
    paint_with(0.0, 0.0, 1.0)
    facts = {"said": inked(), "ink": raw(top(made)), "kra": kra, "in_mm": in_mm}
    for dpi in 72.0, 50.0:
        document("of a screen", dpi=dpi, size=(1300, 1300))
        choose(unit="mm", thickness=2.0)
        docker().ink_button.click()
        pump(10, lambda: docker().inking._job.asked)
        facts[f"at_{dpi:g}"] = docker().inking._job.asked["options"]["thickness"]
        docker().stop_button.click()
        pump(20, is_idle)
    return facts


def preview():
    made = document("preview")
    sketched(made)
    saved(made, "preview.kra")
    made.setModified(False)
    pump()
    before = names(made)
    docker().preview_button.click()
    pump(90, lambda: "Preview" in docker().status.text())
    overlay = docker().preview._overlay
    facts = {"said": docker().status.text(), "shown": overlay is not None and overlay.isVisible()}
    facts["picture"] = picture("preview.png", view.viewport())
    canvas = view.viewport().findChild(QtWidgets.QWidget)
    QTest.mouseClick(canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QtCore.QPoint(4, 4))
    facts["drawn"] = docker().preview._overlay is None
    docker().say("")
    pump(90, lambda: "Preview" in docker().status.text())
    facts["back"] = docker().preview._overlay is not None
    docker().say("")
    started = time.time()
    docker().fields["thickness"].setValue(8)
    pump(90, lambda: "Preview" in docker().status.text())
    facts.update(renewed=time.time() - started, said_again=docker().status.text())
    facts["thicker"] = picture("thicker.png", view.viewport())
    window().activeView().canvas().setZoomLevel(0.5)
    facts["hidden"] = pump(1, lambda: docker().preview._overlay is None)  # a new one is soon there
    window().activeView().canvas().setRotation(30)
    pump(5, lambda: "upright" in docker().status.text())
    facts["turned"] = docker().status.text()
    docker().say("something else")
    pump(0.5)
    facts["then"] = docker().status.text()
    window().activeView().canvas().setRotation(0)
    docker().preview_button.click()
    pump()
    facts.update(gone=docker().preview._overlay is None, same=names(made) == before)
    document("odd", dpi=118.49)
    window().activeView().canvas().setZoomLevel(0.5)
    pump(0.4)
    facts["zoom"] = view.seen().zoom
    docker().preview.prepare()
    facts["prepared"] = docker().preview._prepared
    return facts


def previewed():
    """Waits for a preview; how many of its px are ink, or what the docker says if there is none."""
    if not pump(60, lambda: docker().status.text().startswith("Preview")):
        return docker().status.text()
    image = docker().preview._overlay._image
    bits = image.bits()
    bits.setsize(image.sizeInBytes())
    return sum(alpha > 127 for alpha in bytes(bits)[3::4])


def preview_in_the_foreground_colour():
    sketched(document("colours"))
    paint_with(0.0, 0.0, 1.0)
    choose(colour="foreground")
    pump(1)
    docker().preview_button.setChecked(True)
    facts = {"red": previewed(), "first": inkiest()}
    docker().say("")
    paint_with(1.0, 0.0, 0.0)
    facts.update(blue=previewed(), second=inkiest())
    docker().preview_button.setChecked(False)
    return facts


def inkiest():
    """Red, green and blue of the first solid px of a preview."""
    image = docker().preview._overlay._image
    places = ((x, y) for y in range(image.height()) for x in range(image.width()))
    return next(colour.getRgb()[:3] for at in places if (colour := image.pixelColor(*at)).alpha() == 255)


def preview_of_what_is_there():
    """Switched on again, after what keys do, of another layer, of another page in the same view, and under the pen."""
    made = document("keys")
    node = sketched(made)
    empty = added(made, made.createNode("empty", "paintlayer"))
    layers.activate(made, node)
    pump(1)
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
    then("the_page", lambda: area().setActiveSubWindow(_open[0][1]))
    return facts


def unfinished():
    """Ink is pressed, and then Preview, while Krita still erases a layer: what they take of it."""
    size, facts = 4000, {}
    made = document("unfinished", size=(size, size))
    node = added(made, made.createNode("sketch", "paintlayer"))
    inking, preview = docker().inking, docker().preview
    for name, button, taken in (
        ("inked", docker().ink_button, lambda: inking._job.asked and inking._job.files),
        ("previewed", docker().preview_button, lambda: preview._known and preview._files),
    ):
        node.setPixelData(QByteArray(b"\0\0\0\xff" * size * size), 0, 0, size, size)
        layers.activate(made, node)
        Krita.instance().action("clear").trigger()
        button.click()
        pump(60, taken)
        with open(taken().pixels, "rb") as file:
            facts[name] = {"head": file.readline()[:10].decode(), "is_painted": any(file.read())}
        docker().stop_button.click()
        pump(60, is_idle)
    act("edit_undo")
    Krita.instance().action("clear").trigger()
    docker().ink_button.click()
    docker().stop_button.click()
    pump(60, is_idle)
    return {"taken": facts, "stopped": docker().status.text(), "layers": names(made)}


def preview_on_a_fine_screen():
    """Of a page at 100 %: where its part lies in px of Qt, and the ink over it, in px of the screen."""
    made = document("fine")
    sketched(made)
    window().activeView().canvas().setZoomLevel(1.0)
    pump(1)
    port = view.viewport()
    docker().preview_button.click()
    pump(90, lambda: docker().preview._overlay is not None)
    pump(0.5)
    overlay = docker().preview._overlay
    return {
        "ratio": port.devicePixelRatioF(),
        "place": overlay._place.getRect(),
        "size": [overlay._image.width(), overlay._image.height()],
        "path": saved(made, "fine.kra"),
        "picture": picture("fine.png", port),
    }


def remembered():
    made = document("remembered")
    choose(thickness=7.5, drawing="loose", faint=60)
    path = saved(made, "remembered.kra")
    other = document("other")
    choose(thickness=2.0, drawing="auto", faint=35)
    pump(0.6)
    area().setActiveSubWindow(_open[0][1])
    pump(0.6)
    back = docker().choice()
    made.setModified(False)
    other.setModified(False)
    clear()
    opened = Krita.instance().openDocument(path)
    window().addView(opened)
    _open.append((opened, area().activeSubWindow()))
    pump(0.8)
    return {"back": back, "opened": docker().choice()}


def brush_of_a_stroke():
    made = document("stroke")
    image = QtGui.QImage(WIDTH, HEIGHT, QtGui.QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QtGui.QPainter(image)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    for x in range(60, 580):
        painter.setPen(QtGui.QPen(QtGui.QColor(0, 0, 0), 2 + 16 * (x - 60) / 520))
        painter.drawLine(x, 240, x + 1, 240)
    painter.end()
    bits = image.bits()
    bits.setsize(image.sizeInBytes())
    painted(made, "stroke", bytes(bits))
    strokes.MINUTES = 0.05
    docker().strokes.use_stroke("swelling")
    pump(60, lambda: docker().fields["brush"].currentData() == "swelling" and not docker().helper.is_busy())
    field = docker().fields["brush"]
    facts = {"said": docker().status.text(), "chosen": field.currentData()}
    facts["free"] = strokes._free("Swelling", field.own())
    facts["has_sample"] = not field.itemIcon(field.currentIndex()).isNull()
    facts["actions"] = [each.text() for each in docker().strokes.menu.actions()]
    sketched(made, "to ink")
    pump(120, lambda: "closer" in docker().status.text() or "measured" in docker().status.text())
    facts["fitted"] = docker().status.text()
    pump(60, lambda: not docker().helper.is_busy())
    facts["still"] = docker().fields["brush"].currentData()
    choose(brush="swelling", thickness=12.0)
    kra = saved(made, "swelling.kra")
    facts.update(inked=inked(), ink=raw(top(made)), kra=kra)
    docker().strokes.use_stroke("charcoal")
    pump(10, lambda: not docker().helper.is_busy())
    facts["taken"] = docker().status.text()
    return facts


def brush_of_a_preset():
    """Krita 5.1 and 5.2 cannot paint by script: there, a round pen stands in for what later versions do."""
    painted = []
    can_paint = hasattr(Node, "paintLine")

    def paint_line(node, start, end, first, last):
        if not isinstance(start, QtCore.QPoint):
            raise TypeError("argument 1 has unexpected type 'QPointF'")  # as Krita 5.3 has it
        painted.append([first, last, window().activeView().brushSize()])
        length = end.x() - start.x()
        for x in range(length):
            side = max(1, round(2 + 30 * x / length))
            node.setPixelData(QByteArray(b"\0\0\0\xff" * side), start.x() + x, start.y() - side // 2, 1, side)

    made = document("preset")
    before = window().activeView().brushSize()
    if not can_paint:
        Node.paintLine = paint_line
    try:
        docker().strokes.use_preset("from preset")
        pump(40, lambda: docker().fields["brush"].currentData() == "from preset")
    finally:
        if not can_paint:
            del Node.paintLine
    facts = {"said": docker().status.text(), "chosen": docker().fields["brush"].currentData(), "painted": painted}
    facts.update(size_kept=window().activeView().brushSize() == before, layers=names(made), real=can_paint)
    return facts


def faults():
    facts = {}
    made = document("faults")
    sketched(made)
    docker().ink_button.click()
    pump(5, docker().helper.is_busy)
    os.kill(docker().helper._process.processId(), signal.SIGKILL)
    pump(20, is_idle)
    facts["killed"] = [docker().status.text(), names(made)]
    facts["after"] = [inked(), names(made)]
    act("edit_undo")
    docker().helper.end()
    pump(5, lambda: docker().helper._process is None)
    with open(helper.COMMAND, encoding="utf-8") as file:
        command = file.read()
    with open(helper.COMMAND, "w", encoding="utf-8") as file:
        file.write('{"command": ["/nowhere/lineart"]}')
    facts["moved"] = [inked(10), names(made)]
    with open(helper.COMMAND, "w", encoding="utf-8") as file:
        file.write('{"command": ["/bin/false"]}')
    facts["broken"] = [inked(10), names(made)]
    with open(helper.COMMAND, "w", encoding="utf-8") as file:
        file.write(command)
    node = sketched(made, "to go")
    docker().ink_button.click()
    pump(0.01)
    layers.activate(made, node)
    act("remove_layer")
    pump(120, is_idle)
    facts["deleted"] = [docker().status.text(), names(made)]
    return facts


def odd_layers():
    """A layer that is locked, one that is animated, and one without pixels."""
    facts = {}
    for kind in ("locked", "animated", "vector"):
        made = document(kind)
        node = sketched(made)
        if kind == "locked":
            node.setLocked(True)
        elif kind == "animated":
            node.enableAnimation()
        else:
            layers.activate(made, added(made, made.createVectorLayer("vector")))
        pump()
        before = [each.name() for each in nodes.every(made.rootNode())]
        facts[kind] = [inked(), before, [each.name() for each in nodes.every(made.rootNode())]]
        clear()
    return facts


def closed():
    made = document("closed", size=(1600, 1600))
    docker().ink_button.click()
    pump(0.05)
    made.setModified(False)
    made.setBatchmode(True)
    _open.pop()[1].close()
    pump(120, is_idle)
    return {"said": docker().status.text(), "open": nodes.is_open(made)}


def pictures():
    """For the README: Krita with the docker, and a page before and after."""
    image = QtGui.QImage(os.environ["LINEART_PAGE"]).convertToFormat(QtGui.QImage.Format.Format_ARGB32)
    size = image.width(), image.height()
    made = document("drawing", size=size, dpi=300.0)
    bits = image.bits()
    bits.setsize(image.sizeInBytes())
    node = painted(made, "Sketch", bytes(bits), size=size)
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
    pump(20, lambda: docker().fields["brush"].count() > 5)
    choose(thickness=5.0, brush="brush_pen")
    facts = {"said": inked(120), "layers": names(made)}
    window().qwindow().resizeDocks([box, docker()], [320, 520], Qt.Orientation.Vertical)
    layers.activate(made, top(made))
    node.setOpacity(130)
    made.refreshProjection()
    docker().say("")  # the seconds are those of a machine that runs tests
    pump(2)
    facts["window"] = picture("krita.png")
    facts["docker"] = picture("docker.png", docker())
    return facts
