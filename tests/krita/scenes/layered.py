"""Scenes of layers that are not alone: with clones, in groups, and under masks."""

import glob
import json
import os
import shutil
from types import SimpleNamespace

from krita import Krita, Selection
from lineart import layers, nodes
from lineart.qt import QtWidgets

from scenes.playing import (
    HEIGHT,
    OUT,
    WIDTH,
    act,
    added,
    choose,
    clear,
    close,
    docker,
    document,
    inked,
    painted,
    pump,
    sketch,
    sketched,
    wait,
    window,
)


def tree(made):
    """The names of all layers and masks, each group with those in it, from top to bottom."""

    def told(node):
        inside = [told(each) for each in reversed(node.childNodes())]
        return [node.name(), inside] if inside else node.name()

    return told(made.rootNode())[1]


def alphas(node):
    """The opacity of each px of a layer, as it looks."""
    return bytes(node.projectionPixelData(0, 0, WIDTH, HEIGHT))[3::4]


def covered(node):
    return sum(alpha > 127 for alpha in alphas(node))


def ink_of(made):
    """The topmost layer of ink."""
    return next(each for each in nodes.every(made.rootNode()) if each.name().startswith("Ink"))


def grouped(made, *seeds):
    """A group of layers with strokes."""
    group = added(made, made.createGroupLayer("group"))
    for seed in seeds:
        painted(made, f"sketch {seed}", sketch(seed), group=group)
    layers.activate(made, group)
    return group


def cloned_ink():
    """Ink that a clone layer shows; and another such layer, which is replaced in spite of it."""
    made = document("cloned")
    node = sketched(made)
    inked()
    ink = ink_of(made)
    added(made, made.createCloneLayer("clone", ink))
    layers.activate(made, node)
    choose(thickness=9.0)
    facts = {"said": inked(), "layers": tree(made), "kinds": [each.type() for each in nodes.every(made.rootNode())]}
    act("edit_undo")
    facts["undone"] = tree(made)
    path = os.path.join(OUT, "black")
    with open(path, "wb") as file:
        file.write(b"\0\0\0\xff")
    replaced = nodes.identity(layers.replace_ink(made, ink, path, [0, 0, 1, 1]))
    there = [nodes.identity(each) for each in nodes.every(made.rootNode())]
    return {**facts, "place": there.index(replaced), "after": tree(made)}


def groups():
    """A group is inked, also where its ink is known to lie in it, and where it is hidden."""
    facts = {}
    made = document("group")
    group = grouped(made, 0)
    facts.update(said=inked(), once=tree(made), thin=covered(ink_of(made)))
    act("edit_undo")
    facts["undone"] = tree(made)
    act("edit_redo")
    layers.activate(made, group.childNodes()[0])
    choose(thickness=12.0)
    inked()
    layers.activate(made, group)
    choose(thickness=3.0)
    facts.update(again=inked(), twice=tree(made), without=covered(ink_of(made)), is_open=not group.collapsed())
    group.setVisible(False)
    made.refreshProjection()
    made.waitForDone()
    facts.update(hidden=inked(), of_hidden=covered(ink_of(made)))
    return facts


def visible_group():
    made = document("visible group")
    grouped(made, 0).setOpacity(80)
    made.refreshProjection()
    made.waitForDone()
    choose(source="visible")
    return {"said": inked(), "layers": tree(made)}


def locked_group():
    made = document("locked group")
    group = grouped(made, 0)
    layers.activate(made, group.childNodes()[0])
    inked()
    group.setLocked(True)
    pump()
    facts = {"said": inked(), "layers": tree(made)}
    act("edit_undo")
    return {**facts, "undone": tree(made)}


def two_windows():
    """Ink of one window's document that is ready while the other window is in front, and while another program is."""
    sketched(document("in window 1"))
    first, second, made = window(), *in_another_window("in window 2")
    other = docker_of(second)
    facts = {}
    for place, in_front in (("window", first.qwindow()), ("program", None)):
        to_front(second, made)
        sketched(made)
        other.ink_button.click()
        QtWidgets.QApplication.setActiveWindow(in_front)
        wait(other.ink_button.isEnabled)
        facts[place] = [other.status.text(), tree(made), QtWidgets.QApplication.activeWindow() is in_front]
    QtWidgets.QApplication.setActiveWindow(first.qwindow())
    pump()
    close(made, second.qwindow())
    wait(lambda: len(Krita.instance().windows()) == 1)
    pump()
    return facts


def in_another_window(name, size=(WIDTH, HEIGHT)):
    """A second window, and a new document in it."""
    second = Krita.instance().openWindow()
    wait(lambda: docker_of(second) is not None)
    made = Krita.instance().createDocument(*size, name, "RGBA", "U8", "", 150.0)
    second.addView(made)
    to_front(second, made)
    return second, made


def docker_of(window):
    return window.qwindow().findChild(QtWidgets.QDockWidget, "lineart")


def to_front(window, made):
    """Makes a window the active one, with its document."""
    QtWidgets.QApplication.setActiveWindow(window.qwindow())
    wait(lambda: Krita.instance().activeDocument() == made and made.activeNode() is not None)
    pump()


def masked():
    """A mask is active, as it is when it has just been added: one of a layer, and the selection of the page."""
    made = document("masked")
    sketched(made)
    act("add_new_transparency_mask")
    facts = {"active": made.activeNode().type(), "said": inked(), "layers": tree(made)}
    facts.update(covered=covered(ink_of(made)), still=made.activeNode().type())
    act("select_all")
    act("show-global-selection-mask")
    selection = next(each for each in nodes.every(made.rootNode()) if each.type() == "selectionmask")
    layers.activate(made, selection)
    facts["of_page"] = inked()
    act("show-global-selection-mask")
    return facts


def selected_stroke():
    """What lineart is given of a black layer of which a rectangle is selected, a quarter of it by half."""
    facts = {}
    for depth, black in (("U8", b"\0\0\0\xff"), ("U16", b"\0\0\0\0\0\0\xff\xff"), ("F16", b"\0\0\0\0\0\0\0\x3c")):
        made = document(depth, depth=depth)
        painted(made, "stroke", black * WIDTH * HEIGHT)
        selection, soft, hole = Selection(), Selection(), Selection()
        selection.select(100, 90, 40, 20, 255)
        soft.select(120, 90, 20, 10, 128)
        hole.select(100, 100, 30, 10, 255)
        selection.subtract(soft)
        selection.subtract(hole)
        made.setSelection(selection)
        pump()
        facts[depth] = asked_of_a_stroke()
        clear()
    return facts


def asked_of_a_stroke():
    """What is told of a stroke's picture, and its pixels, once one is to be made a brush of."""
    menu, asked = docker().strokes, []
    helper, menu._helper = menu._helper, SimpleNamespace(request=lambda *_, **fields: asked.append(fields))
    menu.use_stroke("half")
    menu._helper = helper
    with open(asked[0]["picture"], "rb") as file:
        line, content = file.readline(), file.read()
    shutil.rmtree(os.path.dirname(file.name))
    return {**json.loads(line.partition(b" ")[2]), "content": content.hex()}


def window_closed():
    """A window is closed while its document is being inked."""
    first, second, made = window(), *in_another_window("closing", (2400, 2400))
    other = docker_of(second)
    other.ink_button.click()
    other.preview_button.setChecked(True)
    folders = [os.path.dirname(each.pixels) for each in (other.inking._job.files, other.preview._files)]
    there = [os.path.exists(folder) for folder in folders]
    close(made, second.qwindow())
    wait(lambda: not any(map(os.path.exists, folders)))
    QtWidgets.QApplication.setActiveWindow(first.qwindow())
    return {"there": there, "left": [path for folder in folders for path in glob.glob(folder + "*")]}
