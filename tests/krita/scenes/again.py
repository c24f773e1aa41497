"""Scenes of inking a page once more: edits are kept, and ink that cannot be changed stays."""

from lineart import layers
from lineart.qt import QByteArray

from scenes.playing import (
    act,
    clear,
    docker,
    document,
    inked,
    is_idle,
    names,
    opened,
    pump,
    raw,
    saved,
    sketched,
    top,
    wait,
)


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
    clear()
    made = opened(path)
    layers.activate(made, made.nodeByName("sketch"))
    facts.update(reopened=inked(), reopened_layers=names(made), reopened_ink=raw(top(made)))
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
    wait(is_idle)
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
