"""Scenes of brushes that are made of strokes and of presets."""

from krita import Node
from lineart import strokes
from lineart.qt import QByteArray, QtCore, QtGui

from scenes.playing import (
    choose,
    content,
    docker,
    document,
    image,
    inked,
    names,
    painted,
    raw,
    saved,
    sketched,
    top,
    wait,
    window,
)


def brush_of_a_stroke():
    made = document("stroke")
    drawn, painter = image()
    for x in range(60, 580):
        painter.setPen(QtGui.QPen(QtGui.QColor(0, 0, 0), 2 + 16 * (x - 60) / 520))
        painter.drawLine(x, 240, x + 1, 240)
    painter.end()
    painted(made, "stroke", content(drawn))
    strokes.MINUTES = 0.05
    docker().strokes.use_stroke("swelling")
    field = docker().fields["brush"]
    wait(lambda: field.currentData() == "swelling" and not docker().helper.is_busy())
    facts = {"said": docker().status.text(), "chosen": field.currentData()}
    facts["free"] = strokes._free("Swelling", field.own())
    facts["has_sample"] = not field.itemIcon(field.currentIndex()).isNull()
    facts["actions"] = [each.text() for each in docker().strokes.menu.actions()]
    sketched(made, "to ink")
    wait(lambda: "closer" in docker().status.text() or "measured" in docker().status.text())
    facts["fitted"] = docker().status.text()
    wait(lambda: not docker().helper.is_busy())
    facts["still"] = field.currentData()
    choose(brush="swelling", thickness=12.0)
    kra = saved(made, "swelling.kra")
    facts.update(inked=inked(), ink=raw(top(made)), kra=kra)
    docker().strokes.use_stroke("charcoal")
    wait(lambda: not docker().helper.is_busy())
    facts["taken"] = docker().status.text()
    return facts


def brush_of_a_preset():
    """Krita 5.1 and 5.2 cannot paint by script: there, a round pen stands in for what later versions do."""
    painted = []
    can_paint = hasattr(Node, "paintLine")

    def paint_line(node, start, end, first, last):
        if not isinstance(start, QtCore.QPoint):
            raise TypeError("argument 1 has unexpected type 'QPointF'")  # as Krita 5.3 has it
        painted.append([first, last, window().activeView().brushSize()])
        length = end.x() - start.x()
        for x in range(length):
            side = max(1, round(2 + 30 * x / length))
            node.setPixelData(QByteArray(b"\0\0\0\xff" * side), start.x() + x, start.y() - side // 2, 1, side)

    made = document("preset")
    before = window().activeView().brushSize()
    if not can_paint:
        Node.paintLine = paint_line
    try:
        docker().strokes.use_preset("from preset")
        wait(lambda: docker().fields["brush"].currentData() == "from preset")
    finally:
        if not can_paint:
            del Node.paintLine
    facts = {"said": docker().status.text(), "chosen": docker().fields["brush"].currentData(), "painted": painted}
    facts.update(size_kept=window().activeView().brushSize() == before, layers=names(made), real=can_paint)
    return facts
