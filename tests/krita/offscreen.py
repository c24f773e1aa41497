"""The docker's widgets in PyQt5 or PyQt6, without Krita: a stub stands in for its module. Prints facts as JSON.

python offscreen.py 5|6 FOLDER, in which the plugin is, with the `command.json` of the lineart to call.
"""

import builtins
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import types

version, folder = int(sys.argv[1]), sys.argv[2]
if version == 6:
    from PyQt6 import QtCore, QtGui, QtWidgets
else:
    from PyQt5 import QtCore, QtGui, QtWidgets

told = {}


class Signal:
    def connect(self, listener):
        self.listener = listener


class Notifier:
    applicationClosing = Signal()  # noqa: N815 - Krita's


class Krita:
    """As much of Krita as the docker needs while no document is open."""

    _one = None

    @classmethod
    def instance(cls):
        cls._one = cls._one or cls()
        return cls._one

    def __init__(self):
        self.closing = Notifier()

    def notifier(self):
        return self.closing

    def activeDocument(self):  # noqa: N802
        return None

    def activeWindow(self):  # noqa: N802
        return None

    def documents(self):
        return []

    def readSetting(self, _group, name, default):  # noqa: N802
        return told.get(name, default)

    def writeSetting(self, _group, name, value):  # noqa: N802
        told[name] = value

    def addDockWidgetFactory(self, factory):  # noqa: N802
        told["factory"] = factory


stub = types.ModuleType("krita")
stub.Krita, stub.DockWidget = Krita, QtWidgets.QDockWidget
stub.DockWidgetFactoryBase = types.SimpleNamespace(DockRight=1)
stub.DockWidgetFactory = lambda name, place, made: (name, place, made)
stub.ManagedColor = stub.Selection = object
stub.Node = type("Node", (), {"paintLine": None})
sys.modules["krita"] = stub
builtins.i18n = lambda text: f"~{text}"
sys.path.insert(0, folder)

app = QtWidgets.QApplication(["lineart"])


def pump(until, seconds=120):
    """Lets Qt work until something is so; whether it is, before the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        app.processEvents()
        time.sleep(0.01)
    return until()


def call(content):
    """Which lineart the docker is to start."""
    with open(helper.COMMAND, "w", encoding="utf-8") as file:
        file.write(content)


left = [os.path.join(tempfile.gettempdir(), f"lineart-krita-{name}") for name in ("killed", "used", "no lock")]
for each in left:
    os.makedirs(os.path.join(each, "pixels"))
lock = (
    f"from PyQt{version} import QtCore; lock = QtCore.QLockFile('{left[0]}.lock'); lock.lock(); import os; os._exit(1)"
)
subprocess.run([sys.executable, "-c", lock], check=False)
held = QtCore.QLockFile(left[1] + ".lock")
held.lock()

import lineart  # noqa: E402, F401 - tells Krita of the docker
from lineart import helper, strokes, view  # noqa: E402

name, _, kind = told.pop("factory")
docker = kind()
told["settings"] = json.dumps({"brush": "pencil"})  # of a document that is opened before brushes are listed
docker._load()
docker.canvasChanged(None)
docker.resize(300, 600)
with open(helper.COMMAND, encoding="utf-8") as file:
    command = file.read()
call('{"command": ["/nowhere/lineart"]}')
docker.show()
brushes = docker.fields["brush"]
facts = {"name": name, "qt": docker.fields["unit"].__class__.__module__}
pump(docker.status.text)
facts["missing"] = docker.status.text()
call(command)
docker.helper.request("what is passed over", lambda answer: None)
facts["brushes"] = pump(lambda: brushes.count() > 5)
facts["brush"] = brushes.currentData()
facts["icons"] = all(not brushes.itemIcon(row).isNull() for row in range(brushes.count()))
docker.ink_button.click()
told["settings"] = json.dumps({"brush": "of another_machine"})
docker._load()
facts["unknown"] = [brushes.currentText(), docker.choice()["brush"]]
told["settings"] = json.dumps({"brush": "pencil"})
docker._load()
facts["known"] = [brushes.currentData(), brushes.findData("of another_machine")]
facts["said"] = docker.status.text()
docker.fields["thickness"].setValue(1000)
facts["converted"] = []
for unit in "mm", "px", "mm":
    docker.fields["unit"].setCurrentIndex(docker.fields["unit"].findData(unit))
    facts["converted"].append(docker.fields["thickness"].value())
docker.fields["thickness"].setValue(0.5)
docker.fields["faint"].setValue(60)
brushes.setCurrentIndex(brushes.findData("ink_pen"))
facts["settings"] = json.loads(told["settings"])
docker.fields["source"].showPopup()
docker.fields["source"].hidePopup()
palette = docker.palette()
palette.setColor(QtGui.QPalette.ColorRole.Text, QtGui.QColor(250, 250, 250))
docker.setPalette(palette)
app.processEvents()
facts["menu"] = [each.text() for each in docker.strokes.menu.actions()]
facts["free"], facts["asked"], used = [], [], []
dialog, box = strokes.QtWidgets.QInputDialog, strokes.QtWidgets.QMessageBox
box.question = lambda _, __, text: (facts["asked"].append(text), answers.pop())[1]
answers = [box.StandardButton.Yes, box.StandardButton.No]
docker.fields["brush"]._brushes += [{"name": name, "own": True} for name in ("~my brush", "~my brush 2")]
for wanted in (" other ", "~my brush", "~my brush"):
    dialog.getText = lambda *_, text, wanted=wanted: (facts["free"].append(text), (wanted, True))[1]
    docker.strokes._named(used.append)
facts["used"] = used
docker.strokes.use_stroke("mine")
facts["stroke"] = docker.status.text()
docker.preview_button.click()
pump(lambda: False, 0.5)
docker.preview_button.click()
docker._show_state("Inking", 0.5, 3.2)
facts["bar"] = [docker.bar.value(), docker.bar.format(), docker.stop_button.isEnabled()]
docker._show_state("Done", None, None)
overlay = view.Overlay(docker)
ink = bytes(20 * 10) + b"\xff" * (20 * 10)
overlay.lay(view.image_of(ink, 20, 20, QtGui.QColor(255, 0, 0)), [0, 0, 20, 20], view.Seen(2.0, 0, 0, 40, 40))
shown = overlay.grab().toImage()
facts["overlay"] = [shown.pixelColor(20, 34).name(), shown.pixelColor(20, 4).red() > 180]
docker.helper.request("brushes", lambda answer: facts.setdefault("killed", answer))
docker.helper.end()
pump(lambda: "killed" in facts)
docker.say(facts["killed"]["error"])
number = docker.helper.request("brushes", lambda answer: facts.setdefault("cancelled", answer))
docker.helper.request("brushes", lambda answer: facts.setdefault("other", answer["event"]))
docker.helper.cancel(number)  # before the new process has greeted
pump(lambda: "other" in facts)
helper._PATIENCE = 100
os.kill(docker.helper._process.processId(), signal.SIGSTOP)  # it reacts to nothing
stuck = docker.helper.request("brushes", lambda answer: facts.setdefault("stuck", answer))
docker.helper.request("brushes", lambda answer: facts.setdefault("behind", answer["event"]))
docker.helper.cancel(stuck)
pump(lambda: "behind" in facts)
docker.helper.end()
pump(lambda: docker.helper._process is None)
call('{"command": ["tail", "-f", "/dev/null"]}')  # it never greets
mute = docker.helper.request("brushes", lambda answer: facts.setdefault("mute", answer))
pump(lambda: docker.helper._process is not None)
docker.helper.cancel(mute)
call(command)
docker.helper.request("brushes", lambda answer: facts.setdefault("greeted", answer["event"]))
pump(lambda: "greeted" in facts)
facts["busy"] = docker.helper.is_busy()
facts["texts"] = [each.text() for each in docker.findChildren(QtWidgets.QLabel)]
facts["grabbed"] = not docker.grab().isNull()
docker.preview_button.setChecked(True)
facts["files"] = [sorted(os.listdir(tempfile.gettempdir()))]
importlib.import_module(f"PyQt{version}.sip").delete(docker)  # as Krita does when a window is closed
facts["files"].append(sorted(os.listdir(tempfile.gettempdir())))
print(json.dumps(facts))
