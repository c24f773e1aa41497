"""The list of brushes, with samples: lineart tells them, in its own time."""

import base64

from .qt import Qt, QtCore, QtGui, QtWidgets, i18n

_SAMPLE = QtCore.QSize(110, 22)


class BrushList(QtWidgets.QComboBox):
    """Offers the brushes that lineart has, and the chosen one even if it has not."""

    said = QtCore.pyqtSignal(str)
    listed = QtCore.pyqtSignal()

    def __init__(self, helper):
        super().__init__()
        self._helper = helper
        self._brushes = []
        self._is_asked = False
        self.setIconSize(_SAMPLE)
        helper.greeted.connect(self.ask_once)

    def is_listed(self):
        """Whether lineart has told its brushes."""
        return bool(self._brushes)

    def own(self):
        """The names of the artist's own brushes."""
        return [each["name"] for each in self._brushes if each["own"]]

    def choose(self, name):
        """Show a brush as the one that is chosen; no signal tells of it."""
        was_blocked = self.blockSignals(True)
        self.clear()
        for each in self._brushes:
            self._add(each["name"], each["about"], self._icon(each["sample"]))
        if self.findData(name) < 0:
            self._add(name, i18n("lineart has no brush of this name here.") if self._brushes else "", QtGui.QIcon())
        self.setCurrentIndex(self.findData(name))
        self.blockSignals(was_blocked)

    def ask_once(self):
        """Ask lineart for its brushes, unless it has told them, or is asked already."""
        if not self._brushes and not self._is_asked:
            self.ask()

    def ask(self):
        """Ask lineart for its brushes."""
        self._is_asked = True
        self._helper.request("brushes", self._heard, width=_SAMPLE.width(), height=_SAMPLE.height())

    def changeEvent(self, event):  # noqa: N802 - Qt's
        """Draw the samples anew in a theme of other colours."""
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.Type.PaletteChange and self._brushes:
            self.choose(self.currentData())

    def _heard(self, answer):
        self._is_asked = False
        if answer["event"] == "done":
            self._brushes = answer["brushes"]
            self.choose(self.currentData())
            self.listed.emit()
        elif answer["event"] == "failed":
            self.said.emit(answer["error"])

    def _add(self, name, about, icon):
        self.addItem(icon, name.replace("_", " "), name)
        self.setItemData(self.count() - 1, about, Qt.ItemDataRole.ToolTipRole)

    def _icon(self, sample):
        """A sample in the colour of the theme's text."""
        picture = QtGui.QPixmap()
        picture.loadFromData(base64.b64decode(sample))
        painter = QtGui.QPainter(picture)
        painter.setCompositionMode(QtGui.QPainter.CompositionMode.CompositionMode_SourceIn)
        painter.fillRect(picture.rect(), self.palette().color(QtGui.QPalette.ColorRole.Text))
        painter.end()
        return QtGui.QIcon(picture)
