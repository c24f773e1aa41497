"""The sketch of a document: what lineart is given of it, and the ink that it had before."""

from . import nodes, settings
from .qt import i18n


def options(chosen):
    """Settings of the docker as options of `lineart ink`."""
    told = {name: str(chosen[name]) for name in ("brush", "pressure", "faint", "drawing", "hatching")}
    told["thickness"] = "{:g}{}".format(chosen["thickness"], chosen["unit"])
    return told


def take_sketch(document, source, path):
    """Write the pixels of the sketch into a file.

    Args:
        document: of the sketch.
        source: "active", "visible", or a layer's identity.
        path: the file.

    Returns:
        The layer, or None for all that is visible but ink; and what tells these pixels from others.
    """
    inked = {each["node"]: each["source"] for each in settings.inks(document)}
    node = None if source == "visible" else _sketch(document, source, inked)
    shown = [
        each for each in nodes.every(node or document.rootNode()) if nodes.identity(each) in inked and each.visible()
    ]
    if not shown:
        return node, nodes.take(document, node, path)
    with nodes.without(document, shown) as rest:
        return node, nodes.take(rest, node and nodes.find(rest, nodes.identity(node)), path)


def _sketch(document, source, inked):
    """The layer of the sketch; `inked` tells by each layer of ink that of its sketch."""
    node = document.activeNode() if source == "active" else nodes.find(document, source)
    if node is None:
        raise nodes.TroubleError(i18n("The layer of the sketch is gone. Choose another one."))
    node = nodes.layer_of(node)
    if nodes.identity(node) in inked:
        node = nodes.find(document, inked[nodes.identity(node)])
        if node is None:
            raise nodes.TroubleError(i18n("This layer is ink. Choose the layer of the sketch."))
    return node


def last_ink(document, source):
    """What is remembered of the newest ink of a sketch that is still a layer, or None; `source` is its identity."""
    there = {nodes.identity(node) for node in nodes.every(document.rootNode())}
    return next((each for each in settings.inks(document) if each["source"] == source and each["node"] in there), None)


def of_last_ink(document, source):
    """What lineart is told of the last ink of a sketch, so that a change of it changes little else."""
    last = last_ink(document, None if source is None else nodes.identity(source))
    return {} if last is None else {"last_scale": last["scale"], "last_exposure": last["exposure"]}
