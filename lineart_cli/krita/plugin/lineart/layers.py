"""Layers that are added and replaced, each as one step to undo."""

from contextlib import contextmanager, suppress

from krita import Krita

from . import nodes
from .qt import QByteArray, QtCore, QTimer, QtWidgets, i18n

_TRIES = 20  # of 50 ms each
_PROPERTIES = (
    ("name", "setName"),
    ("opacity", "setOpacity"),
    ("blendingMode", "setBlendingMode"),
    ("visible", "setVisible"),
    ("colorLabel", "setColorLabel"),
    ("inheritAlpha", "setInheritAlpha"),
    ("alphaLocked", "setAlphaLocked"),
    ("collapsed", "setCollapsed"),
    ("layerStyleToAsl", "setLayerStyleFromAsl"),
)


@contextmanager
def on_stage(document):
    """Makes the document the active one for a moment: Krita's actions are for that alone, in the active window."""
    krita = Krita.instance()
    in_front = QtWidgets.QApplication.activeWindow()  # None while another program is
    before = []
    try:
        for window in krita.windows():
            if all(view.document() != document for view in window.views()):
                continue
            QtWidgets.QApplication.setActiveWindow(window.qwindow())
            area = window.qwindow().centralWidget().findChild(QtWidgets.QMdiArea)
            active = area.currentSubWindow()
            before.append((area, active))
            for candidate in filter(None, [active, *area.subWindowList()]):
                area.setActiveSubWindow(candidate)
                if krita.activeDocument() == document:
                    yield
                    return
        raise nodes.TroubleError(i18n("The document is not open in a window any more."))
    finally:
        for area, active in before:
            area.setActiveSubWindow(active)
        QtWidgets.QApplication.setActiveWindow(in_front)


def activate(document, node):
    """Make a layer the active one of the active document; raises TroubleError where Krita does not let it be."""
    for _ in range(_TRIES):
        document.setActiveNode(node)
        if _is_active(document, node):
            return
        node.setName(node.name())  # Krita 5.1 refuses a new layer until it has been told of a change of it
        _let_krita_work()
    raise nodes.TroubleError(i18n("Krita does not let the layer {0} be active.").format(node.name()))


def _is_active(document, node):
    active = document.activeNode()  # after an undo there may be none
    return active is not None and nodes.identity(active) == nodes.identity(node)


@contextmanager
def _active_again(document):
    """At the end the layer is active that was so at first, if it is still there."""
    active = document.activeNode()
    try:
        yield
    finally:
        if active is not None:
            _activate_soon(document, nodes.identity(active))


def _activate_soon(document, wanted):
    """Make the layer of that identity the active one, if it is there, when the script has ended.

    Krita 5.2 tells its windows of a new layer only then: before, it cannot be active, and after, it is.
    """

    def activate_it():
        with suppress(nodes.TroubleError, RuntimeError):  # the artist may have closed the document
            node = nodes.find(document, wanted) if nodes.is_open(document) else None
            if node is not None and not _is_active(document, node):
                with on_stage(document):
                    activate(document, node)

    QTimer.singleShot(0, activate_it)


def add_ink(document, source, name, path, crop):
    """Add a paint layer with ink above a layer, as one step to undo; the active layer stays active.

    Args:
        document: that is inked.
        source: the layer or group below, or None for the topmost.
        name: of the new layer.
        path: the file with its pixels, in the document's colour space.
        crop: left, top, width, height of them.

    Returns:
        The layer.
    """
    with on_stage(document), _active_again(document):
        document.waitForDone()
        layers = [each for each in document.rootNode().childNodes() if each.type().endswith("layer")]
        below = _outside_of_locked(source or layers[-1])
        activate(document, below)
        with _collapsed(below):
            node = _made_by("add_new_paint_layer", document, lambda: nodes.every(document.rootNode()))
        if node is None:
            raise nodes.TroubleError(i18n("Krita adds no layer above {0}.").format(below.name()))
        node.setName(name)
        _lay(document, node, path, crop)
    return node


def _outside_of_locked(node):
    """A layer, or the outermost locked group that it is in: Krita adds nothing to such a group."""
    return next((each for each in reversed(list(nodes.above(node))) if each.locked()), node)


@contextmanager
def _collapsed(node):
    """A group is collapsed for a moment: Krita adds layers above such a group, and else into it."""
    was_collapsed = node.collapsed()
    node.setCollapsed(True)
    try:
        yield
    finally:
        node.setCollapsed(was_collapsed)


def is_replaceable(node):
    """Whether `replace_ink` can do its work on a layer without any loss."""
    groups = list(nodes.above(node))
    is_locked = any(each.locked() for each in [node, *groups])
    return not (is_locked or node.animated() or node.childNodes() or _may_be_cloned(node, groups[-1]))


def _may_be_cloned(node, root):
    """Whether a clone layer may show this layer: Krita would make a paint layer of that clone.

    Krita does not tell of which layer a clone is, but no clone is smaller than that.
    """
    least = node.bounds()
    clones = [each.bounds() for each in nodes.every(root) if each.type() == "clonelayer"]
    return any(each.width() >= least.width() and each.height() >= least.height() for each in clones)


def replace_ink(document, old, path, crop):
    """Let a paint layer have other pixels in a part, as one step to undo; all its properties stay.

    Krita's scripts cannot change pixels so that it can be undone, but they can flatten a layer: another one takes its
    place, and undoing brings the old one back. That other one then gets the pixels.

    Args:
        document: that is inked.
        old: the layer, which is in the document's colour space and `is_replaceable`.
        path: the file with the pixels.
        crop: left, top, width, height of them.

    Returns:
        The layer that took its place.
    """
    with on_stage(document), _active_again(document):
        document.waitForDone()
        is_active = _is_active(document, old)
        properties = [(ask, tell, getattr(old, ask)()) for ask, tell in _PROPERTIES if hasattr(old, tell)]
        group = old.parentNode()
        place = [nodes.identity(each) for each in group.childNodes()].index(nodes.identity(old))
        activate(document, old)
        node = _made_by("convert_to_paint_layer", document, lambda: group.childNodes()[place : place + 1])
        if node is None:
            raise nodes.TroubleError(i18n("Krita does not let the layer {0} be changed.").format(old.name()))
        for ask, tell, value in properties:
            if getattr(node, ask)() != value:  # some would be a step to undo even where nothing changes
                getattr(node, tell)(value)
        _copy_paint(document, old, node)
        _lay(document, node, path, crop)
        if is_active:
            _activate_soon(document, nodes.identity(node))
    return node


def _made_by(action, document, candidates):
    """The layer that one of Krita's actions adds to the active document, which is among some candidates; or None."""
    before = {nodes.identity(each) for each in nodes.every(document.rootNode())}
    _trigger(Krita.instance().action(action))
    for _ in range(_TRIES):
        document.waitForDone()
        _let_krita_work()  # its windows hear of a layer later than its document, and must before that is changed
        for each in candidates():
            if nodes.identity(each) not in before:
                return each
    return None


def _trigger(action):
    """Trigger an action, even a disabled one: Krita disables the conversion of paint layers, though it can do that."""
    is_enabled = action.isEnabled()
    action.setEnabled(True)  # Qt 5 triggers it in any case, Qt 6 does not
    action.trigger()
    action.setEnabled(is_enabled)


def _copy_paint(document, old, node):
    """Let a layer have just the paint of another one."""
    part = old.bounds().united(node.bounds())
    for row, rows in nodes.strips(max(part.width(), 1), part.height(), nodes.pixel_bytes(document)):
        strip = part.x(), part.y() + row, part.width(), rows
        node.setPixelData(old.pixelData(*strip), *strip)


def _lay(document, node, path, crop):
    """Put the pixels in a file onto a part of a layer."""
    left, top, width, height = crop
    size = nodes.pixel_bytes(document)
    with open(path, "rb") as file:
        for row, rows in nodes.strips(width, height, size):
            node.setPixelData(QByteArray(file.read(rows * width * size)), left, top + row, width, rows)
    document.refreshProjection()


def _let_krita_work():
    QtWidgets.QApplication.processEvents(QtCore.QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, 50)
