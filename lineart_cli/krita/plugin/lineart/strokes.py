"""A brush of the artist's own, from one stroke: painted by hand, or by Krita with the current preset."""

import itertools
from contextlib import contextmanager

from krita import Krita, ManagedColor, Node

from . import nodes
from .files import Files
from .helper import command, environment
from .qt import QProcess, QtCore, QtWidgets, i18n

MINUTES = 1.5
"""That lineart may take to bring a brush closer to its stroke."""
_BORDER = 8  # px of the page around a stroke
_WIDTH, _HEIGHT, _MARGIN = 1400, 360, 120  # of the hidden document, px
_SIZE = 40.0  # of the preset, px
_YES = QtWidgets.QMessageBox.StandardButton.Yes


class StrokeMenu(QtCore.QObject):
    """What can be made a brush of."""

    said = QtCore.pyqtSignal(str)
    learnt = QtCore.pyqtSignal(str)
    fitted = QtCore.pyqtSignal()

    def __init__(self, helper, own, parent):
        """`own` tells the names of the artist's own brushes."""
        super().__init__(parent)
        self._fits = set()
        self._helper = helper
        self._own = own
        self._widget = parent
        self.menu = QtWidgets.QMenu(parent)
        self.menu.setToolTipsVisible(True)
        use = self.menu.addAction(i18n("Use this stroke..."))
        use.setToolTip(i18n("One stroke on the active layer or in the selection, light to heavy from left to right"))
        use.triggered.connect(lambda: self._named(self.use_stroke))
        if hasattr(Node, "paintLine"):
            preset = self.menu.addAction(i18n("Use my current preset..."))
            preset.setToolTip(i18n("Krita paints the stroke with it, in a document that nobody sees"))
            preset.triggered.connect(lambda: self._named(self.use_preset))

    def use_stroke(self, name):
        """Make a brush of the stroke on the active layer, or of the part of it that is selected."""
        document = Krita.instance().activeDocument()
        if document is None:
            self.said.emit(i18n("Open a document with one stroke first."))
            return
        self._learn(document, document.activeNode(), name)

    def use_preset(self, name):
        """Make a brush of the current preset, from no pressure to all of it."""
        krita = Krita.instance()
        view = krita.activeWindow().activeView() if krita.activeWindow() else None
        if view is None or view.document() is None:
            self.said.emit(i18n("Open a document first."))
            return
        hidden = krita.createDocument(_WIDTH, _HEIGHT, "", "RGBA", "U8", "", 300.0)
        try:
            node = hidden.createNode("stroke", "paintlayer")
            hidden.rootNode().addChildNode(node, None)
            with _in_black(view):
                _paint(node)
                hidden.refreshProjection()
                hidden.waitForDone()
            self._learn(hidden, node, name)
        except nodes.TroubleError as trouble:
            self.said.emit(str(trouble))
        finally:
            hidden.close()

    def _named(self, use):
        """Ask for a name, and use it; a brush that has it already is replaced only if the artist says so."""
        own = self._own()
        name, is_given = QtWidgets.QInputDialog.getText(
            self._widget, "lineart", i18n("Name of the brush"), text=_free(i18n("my brush"), own)
        )
        name = name.strip()
        if is_given and name and (name not in own or self._may_replace(name)):
            use(name)

    def _may_replace(self, name):
        text = i18n("You have a brush {0} already. Replace it?").format(name)
        return QtWidgets.QMessageBox.question(self._widget, "lineart", text) == _YES

    def close(self):
        """Krita ends: so does what fits a brush."""
        for fit in list(self._fits):
            fit.kill()
            fit.waitForFinished(500)

    def _learn(self, document, node, name):
        files = None
        try:
            files = Files()
            node = nodes.layer_of(node)
            part = nodes.mask(document, files.mask)
            if part is None:
                nodes.take(document, node, files.stroke, _painted(document, node))
            else:
                nodes.take(document, node, files.stroke, part, files.mask)
        except (nodes.TroubleError, OSError) as trouble:
            if files is not None:
                files.clear()
            self.said.emit(str(trouble))
            return

        def heard(answer):
            if answer["event"] == "progress":
                return
            if answer["event"] == "done":
                said = i18n("Made the brush {0}.").format(answer["name"])
                note = answer["note"]
                self.said.emit(" ".join([said, note[:1].upper() + note[1:]]).strip())
                self.learnt.emit(answer["name"])
                self._fit(files, answer["name"])
                return
            files.clear()
            if answer["event"] == "failed":
                self.said.emit(answer["error"])

        self._helper.request("learn", heard, picture=files.stroke, name=name)

    def _fit(self, files, name):
        """Let lineart bring a brush closer to its stroke, beside everything else; it takes a minute or two."""
        process = QProcess(self)
        process.setProcessEnvironment(environment())

        def ended(code):
            self._fits.discard(process)
            files.clear()
            if code:
                said = bytes(process.readAllStandardError()).decode("utf-8", "replace").strip().splitlines()
                self.said.emit(i18n("The brush {0} is as it was measured. {1}").format(name, said[-1] if said else ""))
                return
            self.said.emit(i18n("The brush {0} was brought closer to its stroke.").format(name))
            self.fitted.emit()

        process.finished.connect(lambda code, status: ended(code or status != QProcess.ExitStatus.NormalExit))
        process.errorOccurred.connect(lambda error: ended(1) if error == QProcess.ProcessError.FailedToStart else None)
        try:
            program, *arguments = command("finetune-style", files.stroke, "--name", name, "--minutes", str(MINUTES))
        except LookupError:  # it was there a moment ago, and made the brush
            ended(1)
            return
        self._fits.add(process)
        process.start(program, arguments)


def _free(name, taken):
    """The name, with the least number from 2 that makes it another one than the taken ones, whatever their case."""
    names = itertools.chain([name], (f"{name} {number}" for number in itertools.count(2)))
    lowered = {each.lower() for each in taken}
    return next(each for each in names if each.lower() not in lowered)


def _painted(document, node):
    """The part of the page that has paint of a layer on it; None where there is none."""
    page = QtCore.QRect(0, 0, document.width(), document.height())
    bounds = node.bounds().adjusted(-_BORDER, -_BORDER, _BORDER, _BORDER).intersected(page)
    return None if bounds.isEmpty() else [bounds.x(), bounds.y(), bounds.width(), bounds.height()]


@contextmanager
def _in_black(view):
    """The view's preset is black, and of a size that is seen well, for a moment."""
    colour, size = view.foregroundColor(), view.brushSize()
    black = ManagedColor("RGBA", "U8", "")
    black.setComponents([0.0, 0.0, 0.0, 1.0])
    view.setForeGroundColor(black)
    view.setBrushSize(_SIZE)
    try:
        yield
    finally:
        view.setForeGroundColor(colour)
        view.setBrushSize(size)


def _paint(node):
    """Let Krita paint a line with the current preset, its pressure rising evenly; raises TroubleError."""
    ends = QtCore.QPoint(_MARGIN, _HEIGHT // 2), QtCore.QPoint(_WIDTH - _MARGIN, _HEIGHT // 2)
    if not any(_is_painted(node, *map(kind, ends)) for kind in (QtCore.QPoint, QtCore.QPointF)):
        text = i18n("This Krita does not paint with pressure by script. Paint a stroke, and use that.")
        raise nodes.TroubleError(text)


def _is_painted(node, start, end):
    """Whether this Krita takes points of that kind, and pressure."""
    try:
        node.paintLine(start, end, 0.0, 1.0)
    except TypeError:
        return False
    return True
