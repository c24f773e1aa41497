"""What the artist chose: in general, and for each document, in which it is kept."""

import json

from krita import Krita

from .qt import QByteArray

_NAME = "lineart"
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
    "target": "new",
}
_OF_A_DOCUMENT = {"source": "active"}  # of no use to another one


def load(document):
    """The settings for a document: its own, or those that were chosen last."""
    known = {**DEFAULTS, **_read(Krita.instance().readSetting(_NAME, "settings", "{}")), **_OF_A_DOCUMENT}
    return {**known, **_annotation(document).get("settings", {})}


def save(document, settings):
    """Keep the settings, in general and, if there is one, in the document."""
    Krita.instance().writeSetting(_NAME, "settings", json.dumps(settings))
    if document is not None and settings != _annotation(document).get("settings"):
        _annotate(document, settings=settings)


def ink(document):
    """What is remembered of a document's last ink: `node`, `sha256`, `crop`, `scale`, `source`; empty without."""
    return _annotation(document).get("ink", {})


def save_ink(document, told):
    """Remember an ink layer."""
    _annotate(document, ink=told)


def _annotate(document, **more):
    told = {**_annotation(document), **more}
    document.setAnnotation(_NAME, "lineart", QByteArray(json.dumps(told).encode()))


def _annotation(document):
    return {} if document is None else _read(bytes(document.annotation(_NAME)).decode("utf-8", "replace"))


def _read(text):
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
