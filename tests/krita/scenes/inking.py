"""Scenes of inking: what comes of a page, of all that is visible, of a selection, of colour spaces and settings."""

from krita import Krita, Selection
from lineart import view
from lineart.qt import QByteArray

from scenes.playing import (
    HEIGHT,
    WIDTH,
    act,
    choose,
    clear,
    docker,
    document,
    inked,
    is_asked,
    is_idle,
    names,
    opened,
    paint_with,
    painted,
    previewed,
    pump,
    raw,
    saved,
    show,
    sketch,
    sketched,
    top,
    wait,
    zoom_to,
)

SPACES = (("CMYKA", "U16"), ("CMYKA", "F32"), ("GRAYA", "U8"), ("RGBA", "F32"), ("RGBA", "U16"), ("LABA", "U16"))


def docker_appears():
    docker().show()
    brushes = docker().fields["brush"]
    brushes.ask()
    wait(lambda: brushes.count() > 5)
    return {
        "version": Krita.instance().version(),
        "title": docker().windowTitle(),
        "brushes": [brushes.itemData(row) for row in range(brushes.count())],
        "icons": sum(not brushes.itemIcon(row).isNull() for row in range(brushes.count())),
        "sources": [docker().fields["source"].itemText(row) for row in range(docker().fields["source"].count())],
    }


def ink_a_page():
    made = document("page")
    node = sketched(made, at=(23, -17))
    kra = saved(made, "page.kra")
    said = inked()
    ink = top(made)
    facts = {"said": said, "kra": kra, "layers": names(made), "ink": raw(ink)}
    facts.update(space=[ink.colorModel(), ink.colorDepth()], active=made.activeNode().name())
    act("edit_undo")
    facts["undone"] = names(made)
    act("edit_redo")
    facts["redone"] = names(made)
    facts["same"] = raw(top(made))
    facts["sketch"] = node.name()
    return facts


def ink_all_that_is_visible():
    made = document("visible")
    sketched(made)
    sketched(made, "more", seed=60)
    kra = saved(made, "visible.kra")
    choose(source="visible", thickness=5.0, brush="ink_pen", target="new")
    facts = {"said": inked(), "kra": kra, "ink": raw(top(made)), "layers": names(made)}
    facts.update(again=inked(), above=raw(top(made)), both=names(made))
    return facts


def ink_a_selection():
    made = document("selection")
    sketched(made)
    inked()
    whole = raw(top(made))
    act("edit_undo")
    choose(area="selection")
    nothing = inked()
    selection = Selection()
    selection.select(200, 100, 250, 150, 255)
    hole = Selection()
    hole.select(300, 150, 40, 100, 255)
    selection.subtract(hole)
    made.setSelection(selection)
    pump()
    said = inked()
    part = raw(top(made))
    facts = {"nothing": nothing, "said": said, "whole": whole, "part": part, "again": inked(), "layers": names(made)}
    facts["same"] = raw(top(made))
    top(made).setVisible(False)
    for name, zoom in ("all", 1.0), ("near", 6.0):
        zoom_to(zoom)
        docker().say("")
        docker().preview_button.setChecked(True)
        facts[f"preview_{name}"] = [previewed(), view.seen().crop((WIDTH, HEIGHT))]
        docker().preview_button.setChecked(False)
    return facts


def stop():
    made = document("stop", size=(2400, 2400))
    made.setActiveNode(made.rootNode().childNodes()[0])
    docker().ink_button.click()
    wait(is_asked)
    docker().stop_button.click()
    wait(is_idle)
    return {"said": docker().status.text(), "layers": names(made)}


def two_documents():
    first = document("first")
    sketched(first)
    second = document("second", "GRAYA")
    show(first)
    docker().ink_button.click()
    show(second)
    wait(is_idle)
    return {
        "said": docker().status.text(),
        "first": names(first),
        "second": names(second),
        "active": Krita.instance().activeDocument() == second,
    }


def spaces():
    facts = {}
    for model, depth in SPACES:
        made = document(model + depth, model, depth, dpi=300.0)
        drawn = Krita.instance().createDocument(WIDTH, HEIGHT, "", "RGBA", "U8", "", 300.0)
        node = drawn.rootNode().childNodes()[0]
        node.setPixelData(QByteArray(sketch()), 0, 0, WIDTH, HEIGHT)
        node.setColorSpace(model, depth, made.colorProfile())
        painted(made, "sketch", node.pixelData(0, 0, WIDTH, HEIGHT))
        drawn.close()
        said = inked()
        ink = top(made)
        path = raw(ink)
        space = [ink.colorModel(), ink.colorDepth(), ink.colorProfile()] == [model, depth, made.colorProfile()]
        ink.setColorSpace("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")
        facts[model + depth] = {"said": said, "layers": names(made), "space": space, "raw": path, "rgb": raw(ink)}
        clear()
    return facts


def foreground_colour():
    made = document("colour")
    sketched(made)
    kra = saved(made, "colour.kra")
    choose(thickness=30.0)
    choose(unit="mm")
    in_mm = docker().choice()["thickness"]
    choose(colour="foreground", thickness=0.6)
    paint_with(0.0, 0.0, 1.0)
    facts = {"said": inked(), "ink": raw(top(made)), "kra": kra, "in_mm": in_mm}
    for dpi in 72.0, 50.0:
        document("of a screen", dpi=dpi, size=(1300, 1300))
        choose(unit="mm", thickness=2.0)
        docker().ink_button.click()
        wait(is_asked)
        facts[f"at_{dpi:g}"] = docker().inking._job.asked["options"]["thickness"]
        docker().stop_button.click()
        wait(is_idle)
    return facts


def remembered():
    made = document("remembered")
    choose(thickness=7.5, drawing="loose", faint=60)
    path = saved(made, "remembered.kra")
    document("other")
    choose(thickness=2.0, drawing="auto", faint=35)
    show(made)
    back = docker().choice()
    clear()
    opened(path)
    return {"back": back, "opened": docker().choice()}
