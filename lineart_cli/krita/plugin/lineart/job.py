"""What is being inked: what lineart is asked for, and what becomes of its answer in the document."""

import base64

from krita import Krita

from . import layers, nodes, settings
from .order import order, take_mask
from .qt import i18n
from .sketch import last_ink, of_last_ink, take_sketch

_LEAST_INK, _MOST_INK = 1e-5, 0.5  # shares of the area


class ChangedError(Exception):
    """The layer of ink was drawn on after its pixels were taken; they have been taken anew."""


class Job:
    """The sketch of a document that is being inked.

    `asked` are the fields of the request, once `take` has been called; `number` is its id.
    """

    def __init__(self, document, chosen, files):
        self.document = document
        self.files = files
        self.asked = {}
        self.number = 0
        self.is_stopped = False
        self._chosen = chosen
        self._space = []
        self._source_id, self._name = None, i18n("Ink")
        self._old, self._known = None, None  # the last ink: what is remembered of it, and what tells its paint
        self._note = ""

    def take(self):
        """Take the pixels of the sketch, and of the ink that is to be brought up to date; raises TroubleError."""
        document, chosen, files = self.document, self._chosen, self.files
        self._space = _space(document)
        source, _ = take_sketch(document, chosen["source"], files.pixels)
        if source is not None:
            self._source_id, self._name = nodes.identity(source), i18n("Ink of {0}").format(source.name())
        self.asked = {"pixels": files.pixels, "out": files.ink, "prints": files.prints}
        self.asked["options"] = order(document, chosen)
        self.asked["fill"] = nodes.pixel(document, _colour(chosen["colour"]))
        if chosen["area"] == "selection":
            self.asked.update(crop=take_mask(document, files.mask), mask=files.mask)
        self.asked.update(of_last_ink(document, source))
        last = last_ink(document, self._source_id)
        if last is not None and chosen["target"] == "last":
            self._take_last(last)

    def _take_last(self, last):
        """Take the ink that is to be brought up to date, as it is now."""
        node = nodes.find(self.document, last["node"])
        is_alike = last["space"] == self._space and node.colorModel() + node.colorDepth() == "".join(self._space[2:4])
        try:
            with open(self.files.old_prints, "wb") as file:
                file.write(base64.b64decode(last["prints"]))
        except ValueError:
            is_alike = False
        if not is_alike:
            self._note = i18n("The last ink has another size or colour space: it stays, and the new one lies above it.")
            return
        self._old = last
        self._known = nodes.take_paint(self.document, node, self.files.layer)
        edited = {"pixels": self.files.layer, "prints": self.files.old_prints, "fill": last["fill"]}
        self.asked["edited"] = edited

    def placed(self, answer):
        """Put the ink into the document, remember it, and return what to tell the artist.

        Raises:
            TroubleError: it cannot be put there.
            ChangedError: ask again.
        """
        document = self.document
        if _space(document) != self._space:
            raise nodes.TroubleError(i18n("The document has another size or colour space now. Ink again."))
        source = nodes.find(document, self._source_id)
        if self._source_id is not None and source is None:
            raise nodes.TroubleError(i18n("The layer of the sketch is gone, and its ink with it."))
        old = nodes.find(document, self._old["node"]) if self._old else None
        if old is not None:
            known, self._known = self._known, nodes.take_paint(document, old, self.files.layer)
            if known != self._known:
                raise ChangedError
        if old is not None and layers.is_replaceable(old):
            node = layers.replace_ink(document, old, self.files.ink, answer["crop"])
        else:
            node = layers.add_ink(document, old or source, self._name, self.files.ink, answer["crop"])
            if old is not None:
                self._note = i18n(
                    "The last ink is locked, animated, cloned or has masks: it stays, and the new one lies above it."
                )
        self._remember(node, answer)
        return " ".join(self._said(answer))

    def _remember(self, node, answer):
        with open(self.files.prints, "rb") as file:
            prints = base64.b64encode(file.read()).decode("ascii")
        told = {"node": nodes.identity(node), "source": self._source_id, "space": self._space, "prints": prints}
        told.update(fill=self.asked["fill"], scale=answer["scale"], exposure=answer["exposure"])
        settings.save_ink(self.document, told, {nodes.identity(each) for each in nodes.every(self.document.rootNode())})

    def _said(self, answer):
        yield i18n("Inked in {0:.1f} s.").format(answer["seconds"])
        if answer["edits"]:
            yield i18n("Places of yours that are kept: {0}.").format(answer["edits"])
        if answer["conflicts"]:
            yield i18n("Places where the sketch has changed too, and your stroke stays: {0}.").format(
                len(answer["conflicts"])
            )
        if self._note:
            yield self._note
        if answer["is_turned"]:
            yield i18n("Light lines on dark were inked as dark lines on light are.")
        if answer["share"] < _LEAST_INK:
            yield i18n("Hardly anything came out: move Faint lines to the left.")
        if answer["share"] > _MOST_INK:
            yield i18n("Nearly all came out black: move Faint lines to the right, or ink the layer of the lines alone.")


def _space(document):
    """What has to be the same for ink to be laid onto a document, and for earlier ink to be compared with it."""
    size = document.width(), document.height()
    return [*size, document.colorModel(), document.colorDepth(), document.colorProfile()]


def _colour(name):
    view = Krita.instance().activeWindow().activeView() if name == "foreground" else None
    return None if view is None else view.foregroundColor()
