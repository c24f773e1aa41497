"""Scenes of what goes wrong, is stopped, or is not through yet, and of layers that are no plain paint."""

import os
import signal

from krita import Krita
from lineart import helper, layers, nodes
from lineart.qt import QByteArray

from scenes.playing import (
    act,
    added,
    clear,
    close_last,
    docker,
    document,
    inked,
    is_asked,
    is_idle,
    names,
    pump,
    sketched,
    wait,
)


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
        wait(taken)
        with open(taken().pixels, "rb") as file:
            facts[name] = {"head": file.readline()[:10].decode(), "is_painted": any(file.read())}
        docker().stop_button.click()
        wait(is_idle)
    act("edit_undo")
    Krita.instance().action("clear").trigger()
    docker().ink_button.click()
    docker().stop_button.click()
    wait(is_idle)
    return {"taken": facts, "stopped": docker().status.text(), "layers": names(made)}


def faults():
    facts = {}
    made = document("faults")
    sketched(made)
    docker().ink_button.click()
    wait(is_asked)
    os.kill(docker().helper._process.processId(), signal.SIGKILL)
    wait(is_idle)
    facts["killed"] = [docker().status.text(), names(made)]
    facts["after"] = [inked(), names(made)]
    act("edit_undo")
    docker().helper.end()
    wait(lambda: docker().helper._process is None)
    with open(helper.COMMAND, encoding="utf-8") as file:
        command = file.read()
    with open(helper.COMMAND, "w", encoding="utf-8") as file:
        file.write('{"command": ["/nowhere/lineart"]}')
    facts["moved"] = [inked(), names(made)]
    with open(helper.COMMAND, "w", encoding="utf-8") as file:
        file.write('{"command": ["/bin/false"]}')
    facts["broken"] = [inked(), names(made)]
    with open(helper.COMMAND, "w", encoding="utf-8") as file:
        file.write(command)
    node = sketched(made, "to go")
    docker().ink_button.click()
    wait(is_asked)
    layers.activate(made, node)
    act("remove_layer")
    wait(is_idle)
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
    wait(is_asked)
    close_last()
    wait(is_idle)
    return {"said": docker().status.text(), "open": nodes.is_open(made)}
