"""What the artist chose, in general and for each document, and what a document knows of its ink: kept in it."""

import json

from krita import Krita

from .qt import QByteArray

_NAME, _INKS = "lineart", "lineart-inks"
_OF_INK = {
    "node": str,
    "source": (str, type(None)),
    "space": list,
    "fill": dict,
    "scale": (int, float),
    "exposure": dict,
    "prints": str,
}
"""What is kept of an ink layer, and its types."""
_MOST_GONE = 4
_MM = 25.4  # of an inch
LIMITS = {"px": (0.5, 1000.0, 0.5), "mm": (0.05, 80.0, 0.05)}
"""Of the thickness: least, most, step."""
DEFAULTS = {
    "source": "active",
    "area": "page",
    "thickness": 3.0,
    "unit": "px",
    "brush": "technical_pen",
    "pressure": "sketch",
    "faint": 0.35,
    "drawing": "auto",
    "hatching": "keep",
    "colour": "black",
    "target": "last",
}
_OF_A_DOCUMENT = {"source": "active"}  # of no use to another one


def in_unit(unit, thickness, dpi):
    """A thickness that is given in the other unit."""
    return thickness * (dpi / _MM if unit == "px" else _MM / dpi)


def load(document):
    """The settings for a document: its own, or those that were chosen last."""
    general = _read(Krita.instance().readSetting(_NAME, "settings", "{}"))
    own = _annotation(document, _NAME).get("settings")  # a document may be anybody's
    return {**DEFAULTS, **_sound(general), **_OF_A_DOCUMENT, **_sound(own)}


def save(document, settings):
    """Keep the settings, in general and, if there is one, in the document."""
    Krita.instance().writeSetting(_NAME, "settings", json.dumps(settings))
    if document is not None and settings != _annotation(document, _NAME).get("settings"):
        _annotate(document, _NAME, {"settings": settings})


def inks(document):
    """What is remembered of a document's ink layers, the newest first, see `save_ink`."""
    told = _annotation(document, _INKS).get("inks")
    return [each for each in told if _is_ink(each)] if isinstance(told, list) else []


def save_ink(document, told, there):
    """Remember an ink layer: its `node`, the `source` of its sketch, and all that is needed to ink it again.

    Layers that are not `there`, by identity, may come back by undo: some of them are remembered as well.
    """
    others = [each for each in inks(document) if each.get("node") != told["node"]]
    gone = [each for each in others if each.get("node") not in there][_MOST_GONE:]
    _annotate(document, _INKS, {"inks": [told] + [each for each in others if each not in gone]})


def _sound(told):
    """What of some settings can be used."""
    if not isinstance(told, dict):
        return {}
    return {name: told[name] for name in set(told) & set(DEFAULTS) if _is_like(told[name], DEFAULTS[name])}


def _is_like(value, default):
    if isinstance(default, float):
        return _is_number(value)
    return isinstance(value, str)


def _is_ink(told):
    return (
        isinstance(told, dict)
        and all(isinstance(told.get(name, ...), kind) for name, kind in _OF_INK.items())
        and _is_number(told["scale"])
        and all(_is_number(told["exposure"].get(name)) for name in ("level", "toe", "gain"))
    )


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9


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
