"""Runs the scenes that the environment names, once Krita's window is there, and ends Krita."""

import json
import os
import sys
import traceback

from krita import Extension, Krita

if "PyQt6.QtCore" in sys.modules:
    from PyQt6.QtCore import QAbstractEventDispatcher, QTimer
else:
    from PyQt5.QtCore import QAbstractEventDispatcher, QTimer

_SOON = 1500  # ms until it is looked for Krita's window


class Stage(Extension):
    def setup(self):
        QTimer.singleShot(_SOON, run_in_a_window)

    def createActions(self, _window):  # noqa: N802 - Krita's
        pass


def run_in_a_window():
    if Krita.instance().activeWindow() is None:
        QTimer.singleShot(_SOON, run_in_a_window)
    else:
        run_between_events()


def run_between_events():
    """Runs as if it were Krita's main loop, for Krita 5.2 holds back what it has to tell while an event is handled."""
    dispatcher = QAbstractEventDispatcher.instance()

    def once():
        dispatcher.aboutToBlock.disconnect(once)
        run()

    dispatcher.aboutToBlock.connect(once)


def run():
    facts = {}
    sys.path.insert(0, os.environ["LINEART_SCENES"])
    try:
        from scenes import again, brushes, faults, inking, layered, pictures, playing, previews

        there = {}
        for subject in (again, brushes, faults, inking, layered, pictures, previews):
            there.update(vars(subject))
        for name in os.environ["LINEART_ACTS"].split(","):
            print("scene:", name, file=sys.stderr, flush=True)
            try:
                facts[name] = there[name]()
            except Exception:
                facts[name] = {"error": traceback.format_exc()}
            playing.clear()
    except BaseException:
        facts["error"] = traceback.format_exc()
    with open(os.environ["LINEART_FACTS"], "w", encoding="utf-8") as file:
        json.dump(facts, file)
    os._exit(0)  # Krita may abort where it ends by itself


Krita.instance().addExtension(Stage(Krita.instance()))
