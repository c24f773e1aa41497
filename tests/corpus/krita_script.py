"""A plugin of Krita that writes files of every colour model and depth that are read, with all that layers can have.

What to do, the folder that files go to, the frames of an animation, and a file with a mask, which scripts of Krita 5.1
cannot make, are in the environment.
"""

import os
import traceback
from struct import pack

from krita import Extension, InfoObject, Krita
from PyQt5.QtCore import QByteArray, QTimer

SOON = 1500  # ms after the window was made
WIDTH, HEIGHT = 100, 80
OUT = os.environ.get("LINEART_CORPUS", "")
PAPER = (0.9, 0.85, 0.7)


def pixel(model, depth, red, green, blue, coverage):
    """The bytes of a pixel of a colour, each of whose parts is from 0 to 1."""
    kind, full = {"U8": ("B", 255), "U16": ("H", 65535), "F32": ("f", 1)}[depth]
    grey = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    parts = {
        "GRAYA": (grey,),
        "RGBA": (red, green, blue) if depth == "F32" else (blue, green, red),
        "CMYKA": (1 - red, 1 - green, 1 - blue, 0),
        "LABA": (grey, 0.5, 0.5),
    }[model]
    values = [each * full for each in (*parts, coverage)]
    return pack(f"<{len(values)}{kind}", *(values if depth == "F32" else map(round, values)))


def paint(made, name, place, colour, parent=None, fades=True):
    """A new layer that is topmost: a rectangle (left, top, width, height), ever more covered from left to right."""
    node = made.createNode(name, "paintlayer")
    (parent or made.rootNode()).addChildNode(node, None)
    left, top, width, height = place
    kind = made.colorModel(), made.colorDepth()
    row = b"".join(pixel(*kind, *colour, (column + 1) / width if fades else 1) for column in range(width))
    node.setPixelData(QByteArray(row * height), left, top, width, height)
    return node


def new(model, depth):
    made = Krita.instance().createDocument(WIDTH, HEIGHT, "page", model, depth, "", 150.0)
    made.setBatchmode(True)
    Krita.instance().activeWindow().addView(made)
    for node in made.rootNode().childNodes():
        node.remove()
    paint(made, "paper", (0, 0, WIDTH, HEIGHT), PAPER, fades=False)
    return made


def plain(model, depth):
    """Two layers, one beyond the page and one that covers by half."""
    made = new(model, depth)
    paint(made, "red", (-20, 10, 70, 30), (0.8, 0.1, 0.1))
    paint(made, "blue", (30, 30, 90, 70), (0.1, 0.2, 0.7)).setOpacity(128)
    return made


def nested():
    """A group in a group, blend modes, and what is not visible."""
    made = new("RGBA", "U8")
    outer, inner = made.createGroupLayer("outer"), made.createGroupLayer("inner")
    made.rootNode().addChildNode(outer, None)
    paint(made, "below", (10, 5, 60, 40), (0.2, 0.6, 0.2), outer)
    outer.addChildNode(inner, None)
    inner.setOpacity(150)
    paint(made, "multiplied", (30, 20, 50, 50), (0.9, 0.5, 0.2), inner).setBlendingMode("multiply")
    paint(made, "hidden", (0, 0, 100, 80), (0, 0, 0)).setVisible(False)
    paint(made, "above", (40, 40, 60, 40), (0.4, 0.1, 0.5))
    paint(made, "screened", (5, 50, 50, 25), (0.3, 0.3, 0.5)).setBlendingMode("screen")
    return made


def animated():
    """Two frames, of which the first is shown."""
    made = new("RGBA", "U8")
    made.importAnimation(os.environ["LINEART_FRAMES"].split(os.pathsep), 0, 1)
    made.setCurrentTime(0)
    return made


def save(made, *suffixes, name):
    made.setBatchmode(True)
    made.refreshProjection()
    made.waitForDone()
    for suffix in suffixes:
        made.saveAs(os.path.join(OUT, f"krita_{name}.{suffix}"))
        made.waitForDone()
    made.close()


def write():
    for model, depths in (("RGBA", "U8 U16 F32"), ("GRAYA", "U8 U16"), ("CMYKA", "U8"), ("LABA", "U16")):
        for depth in depths.split():
            save(plain(model, depth), "kra", name=f"{model}_{depth}".lower())
    save(nested(), "kra", "krz", "ora", "psd", name="nested")
    save(animated(), "kra", name="animated")
    save(Krita.instance().openDocument(os.environ["LINEART_MASKED"]), "kra", name="masked")


def convert():
    """Opens files, and saves what is seen of each as PNG."""
    for path in os.environ["LINEART_FILES"].split(os.pathsep):
        made = Krita.instance().openDocument(path)
        made.setBatchmode(True)
        made.waitForDone()
        made.exportImage(os.path.join(OUT, os.path.basename(path) + ".png"), InfoObject())
        made.close()


class Corpus(Extension):
    def setup(self):
        pass

    def createActions(self, _window):  # noqa: N802 - Krita's
        QTimer.singleShot(SOON, run)


def run():
    told = ""
    try:
        {"write": write, "convert": convert}[os.environ["LINEART_DO"]]()
    except BaseException:
        told = traceback.format_exc()
    with open(os.path.join(OUT, "told"), "w", encoding="utf-8") as file:
        file.write(told)
    os._exit(0)  # Krita may abort where it ends by itself


Krita.instance().addExtension(Corpus(Krita.instance()))
