"""What the artist chose, in general and for each document, and what a document knows of its ink: kept in it."""

import json

from krita import Krita

from .qt import QByteArray

_NAME, _INKS = "lineart", "lineart-inks"
_OF_INK = {"node", "source", "space", "fill", "scale", "exposure", "prints"}
_MOST_GONE = 4
DEFAULTS = {
    "source": "active",
    "area": "page",
    "thickness": 3.0,
    "unit": "px",
    "brush": "technical_pen",
    "pressure": "sketch",
    "faint": 0.35,
    "drawing": "auto",
    "colour": "black",
    "target": "last",
}
_OF_A_DOCUMENT = {"source": "active"}  # of no use to another one


def load(document):
    """The settings for a document: its own, or those that were chosen last."""
    known = {**DEFAULTS, **_read(Krita.instance().readSetting(_NAME, "settings", "{}")), **_OF_A_DOCUMENT}
    return {**known, **_annotation(document, _NAME).get("settings", {})}


def save(document, settings):
    """Keep the settings, in general and, if there is one, in the document."""
    Krita.instance().writeSetting(_NAME, "settings", json.dumps(settings))
    if document is not None and settings != _annotation(document, _NAME).get("settings"):
        _annotate(document, _NAME, {"settings": settings})


def inks(document):
    """What is remembered of a document's ink layers, the newest first, see `save_ink`."""
    told = _annotation(document, _INKS).get("inks", [])  # a document may be anybody's
    return [each for each in told if isinstance(each, dict) and set(each) >= _OF_INK] if isinstance(told, list) else []


def save_ink(document, told, there):
    """Remember an ink layer: its `node`, the `source` of its sketch, and all that is needed to ink it again.

    Layers that are not `there`, by identity, may come back by undo: some of them are remembered as well.
    """
    others = [each for each in inks(document) if each.get("node") != told["node"]]
    gone = [each for each in others if each.get("node") not in there][_MOST_GONE:]
    _annotate(document, _INKS, {"inks": [told] + [each for each in others if each not in gone]})


def _annotate(document, name, told):
    document.setAnnotation(name, "lineart", QByteArray(json.dumps(told).encode()))


def _annotation(document, name):
    return {} if document is None else _read(bytes(document.annotation(name)).decode("utf-8", "replace"))


def _read(text):
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
