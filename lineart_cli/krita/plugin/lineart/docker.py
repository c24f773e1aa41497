"""The docker: what to ink, how, and where to; and what is going on."""

from krita import DockWidget, Krita

from . import nodes, settings
from .brushes import BrushList
from .helper import Helper
from .inking import Inking
from .preview import Preview
from .qt import Qt, QtCore, QtWidgets, i18n
from .strokes import StrokeMenu

_DPI = 300.0  # of no document
_OFTEN = 400  # ms between two looks at which document is active


def _choices():
    """What each list offers: the texts by what is kept in the settings."""
    return {
        "area": {"page": i18n("Whole page"), "selection": i18n("Selection")},
        "pressure": {
            "sketch": i18n("As in the sketch"),
            "even": i18n("Even"),
            "0.7": i18n("Light"),
            "0.4": i18n("Very light"),
        },
        "drawing": {
            "auto": i18n("Measured"),
            "very-fine": i18n("Very fine"),
            "fine": i18n("Fine"),
            "loose": i18n("Loose"),
            "very-loose": i18n("Very loose"),
        },
        "hatching": {"keep": i18n("Inked"), "drop": i18n("Left out")},
        "colour": {"black": i18n("Black"), "foreground": i18n("Foreground colour")},
        "target": {"last": i18n("The same layer again"), "new": i18n("New layer above")},
    }


class LineartDocker(DockWidget):
    """Krita makes one for each window."""

    def __init__(self):
        super().__init__()
        self.setWindowTitle("lineart")
        self.helper = Helper(self)
        self.fields = {}
        self._is_loading = False
        self._known = None
        self._build()
        self.inking = Inking(self.helper, self.choice, self)
        self.inking.changed.connect(self._show_state)
        self.preview = Preview(self.helper, self.choice, self)
        self.preview.said.connect(self.say)
        self.strokes = StrokeMenu(self.helper, self.fields["brush"].own, self)
        self.strokes.said.connect(self.say)
        self.strokes.learnt.connect(self._use_brush)
        self.strokes.fitted.connect(self.fields["brush"].ask)
        self.brush_button.setMenu(self.strokes.menu)
        self.fields["brush"].said.connect(self.say)
        self.fields["brush"].listed.connect(self.preview.prepare)
        self._load()
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(_OFTEN)
        Krita.instance().notifier().applicationClosing.connect(self._close)
        self.destroyed.connect(lambda: self._close())  # noqa: PLW0108 - PyQt calls no method of what is going

    def canvasChanged(self, _canvas):  # noqa: N802 - Krita's
        """Another document is active."""
        self._look()

    def choice(self):
        """All settings as they are now."""
        chosen = {
            name: each.currentData() for name, each in self.fields.items() if isinstance(each, QtWidgets.QComboBox)
        }
        chosen["thickness"] = round(self.fields["thickness"].value(), 3)
        chosen["faint"] = self.fields["faint"].value() / 100
        return chosen

    def say(self, text):
        """Show a line of text, and nothing else of what was said before."""
        self.status.setText(text)

    # What it looks like

    def _build(self):
        content = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(content)
        column.setContentsMargins(6, 6, 6, 6)
        form = QtWidgets.QFormLayout()
        form.setFieldGrowthPolicy(QtWidgets.QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, field in self._rows():
            form.addRow(label, field)
        column.addLayout(form)
        column.addLayout(self._buttons())
        self.bar = QtWidgets.QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.hide()
        self.status = QtWidgets.QLabel()
        self.status.setWordWrap(True)
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.bar)
        column.addWidget(self.status)
        column.addStretch(1)
        area = QtWidgets.QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        self.setWidget(area)

    def _rows(self):
        for name, texts in _choices().items():
            self.fields[name] = self._list(texts)
        texts = {"active": i18n("Active layer"), "visible": i18n("All that is visible")}
        self.fields["source"] = self._list(texts, LayerList(self._list_layers))
        self.fields["unit"] = self._list({"px": i18n("px"), "mm": i18n("mm")})
        self.fields["brush"] = self._list({}, BrushList(self.helper))
        thickness = self.fields["thickness"] = QtWidgets.QDoubleSpinBox()
        thickness.valueChanged.connect(self._changed)
        faint = self.fields["faint"] = QtWidgets.QSlider(Qt.Orientation.Horizontal)
        faint.setRange(2, 90)
        faint.setToolTip(i18n("Left: nearly every mark is inked. Right: only the darkest lines."))
        faint.valueChanged.connect(self._changed)
        self.fields["unit"].currentIndexChanged.connect(self._convert_thickness)
        self.brush_button = QtWidgets.QToolButton()
        self.brush_button.setText("+")
        self.brush_button.setToolTip(i18n("Make a brush of your own"))
        self.brush_button.setPopupMode(QtWidgets.QToolButton.ToolButtonPopupMode.InstantPopup)
        self.fields["unit"].setSizePolicy(QtWidgets.QSizePolicy.Policy.Minimum, QtWidgets.QSizePolicy.Policy.Fixed)
        yield i18n("Sketch"), self.fields["source"]
        yield i18n("Area"), self.fields["area"]
        yield i18n("Thickness"), _beside(thickness, self.fields["unit"])
        yield i18n("Brush"), _beside(self.fields["brush"], self.brush_button)
        yield i18n("Line weight"), self.fields["pressure"]
        yield i18n("Faint lines"), faint
        yield i18n("Drawing"), self.fields["drawing"]
        yield i18n("Hatching"), self.fields["hatching"]
        yield i18n("Ink colour"), self.fields["colour"]
        yield i18n("Ink goes to"), self.fields["target"]

    def _list(self, texts, field=None):
        field = QtWidgets.QComboBox() if field is None else field
        _let_shrink(field)
        for key, text in texts.items():
            field.addItem(text, key)
        field.currentIndexChanged.connect(self._changed)
        return field

    def _buttons(self):
        row = QtWidgets.QHBoxLayout()
        self.ink_button = QtWidgets.QPushButton(i18n("Ink"))
        self.preview_button = QtWidgets.QPushButton(i18n("Preview"))
        self.preview_button.setCheckable(True)
        self.stop_button = QtWidgets.QPushButton(i18n("Stop"))
        self.stop_button.setEnabled(False)
        self.ink_button.clicked.connect(self.ink)
        self.preview_button.toggled.connect(self._toggle_preview)
        self.stop_button.clicked.connect(self.stop)
        for button in (self.ink_button, self.preview_button, self.stop_button):
            _let_shrink(button)
            row.addWidget(button)
        return row

    # What is done

    def ink(self):
        """Ink the active document as is chosen."""
        document = Krita.instance().activeDocument()
        if document is None:
            self.say(i18n("Open a document first."))
            return
        self.preview_button.setChecked(False)
        self.inking.begin(document)

    def stop(self):
        """Give up what is being inked."""
        self.inking.stop()

    def _close(self):
        """Krita ends: so does what was asked for, and its files go."""
        self.preview.turn(False)
        self.strokes.close()
        self.helper.close()
        self.inking.forget()

    def _toggle_preview(self, is_on):
        self.preview.turn(is_on)

    def _show_state(self, text, done, left):
        is_busy = done is not None
        self.ink_button.setEnabled(not is_busy)
        self.stop_button.setEnabled(is_busy)
        self.bar.setVisible(is_busy)
        if is_busy:
            self.bar.setValue(round(1000 * done))
            self.bar.setFormat(text if left is None else i18n("{0}, {1} s left").format(text, max(1, round(left))))
        else:
            self.say(text)

    # What is chosen

    def _changed(self, *_):
        if self._is_loading:
            return
        settings.save(Krita.instance().activeDocument(), self.choice())
        self.preview.renew()

    def _convert_thickness(self, *_):
        """Keep the thickness what it is on the page: the unit is another one."""
        thickness = self.fields["thickness"].value()
        self._limit_thickness()
        if not self._is_loading:
            document, unit = Krita.instance().activeDocument(), self.fields["unit"].currentData()
            dpi = _DPI if document is None else nodes.dpi(document)
            self.fields["thickness"].setValue(settings.in_unit(unit, thickness, dpi))

    def _limit_thickness(self):
        low, high, step = settings.LIMITS[self.fields["unit"].currentData() or "px"]
        self.fields["thickness"].setDecimals(2)
        self.fields["thickness"].setRange(low, high)
        self.fields["thickness"].setSingleStep(step)

    def _look(self):
        """Follows the active document."""
        document = Krita.instance().activeDocument()
        known = None if document is None else nodes.identity(document.rootNode())
        if known != self._known:
            self._known = known
            self._load()
            if self.fields["brush"].is_listed():  # lineart is at work already
                self.preview.prepare()

    def _load(self):
        document = Krita.instance().activeDocument()
        chosen = settings.load(document)
        self._is_loading = True
        self._list_layers()
        for name, value in chosen.items():
            field = self.fields.get(name)
            if isinstance(field, BrushList):
                field.choose(value)
            elif isinstance(field, QtWidgets.QComboBox):
                field.setCurrentIndex(max(field.findData(value), 0))
        self._limit_thickness()
        self.fields["thickness"].setValue(float(chosen["thickness"]))
        self.fields["faint"].setValue(round(100 * float(chosen["faint"])))
        self._is_loading = False

    def _list_layers(self):
        """Offers the layers of the active document below the first two rows."""
        document = Krita.instance().activeDocument()
        field = self.fields["source"]
        inked = {each.get("node") for each in settings.inks(document)}
        there = [] if document is None else list(nodes.every(document.rootNode()))
        layers = [(each.name(), nodes.identity(each)) for each in there if each.type() in {"paintlayer", "grouplayer"}]
        layers = [each for each in layers if each[1] not in inked]
        if layers == [(field.itemText(row), field.itemData(row)) for row in range(2, field.count())]:
            return
        was_loading, self._is_loading = self._is_loading, True
        chosen = field.currentData()
        while field.count() > 2:
            field.removeItem(2)
        for name, layer in layers:
            field.addItem(name, layer)
        field.setCurrentIndex(max(field.findData(chosen), 0))
        self._is_loading = was_loading

    # Brushes

    def showEvent(self, event):  # noqa: N802 - Qt's
        """Ask for the brushes when the docker is seen for the first time."""
        super().showEvent(event)
        self.fields["brush"].ask_once()

    def _use_brush(self, name):
        self.fields["brush"].choose(name)
        self._changed()
        self.fields["brush"].ask()


class LayerList(QtWidgets.QComboBox):
    """Looks for layers when it is opened."""

    def __init__(self, look):
        super().__init__()
        self._look = look

    def showPopup(self):  # noqa: N802 - Qt's
        """Look first."""
        self._look()
        super().showPopup()


def _let_shrink(widget):
    """Let a widget be as narrow as the docker is, and as wide."""
    widget.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Fixed)


def _beside(wide, narrow):
    row = QtWidgets.QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(wide, 1)
    row.addWidget(narrow)
    return row
