"""`lineart krita`: where the plugin goes, what is switched on for it, and that nothing of it stays."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import re
import runpy
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import pytest

from folders import content
from lineart_cli import __version__, app
from lineart_cli.brushes import store
from lineart_cli.errors import ArgumentError, LineartError
from lineart_cli.krita import folders, kritarc, plugin_files
from lineart_cli.krita.app import pack
from lineart_cli.krita.folders import Krita
from lineart_cli.serve.protocol import VERSION

PLUGIN = Path(plugin_files.__file__).parent / "plugin"
IMPORTER = Path("/usr/share/krita/pykrita/plugin_importer/plugin_importer.py")
STROKE_FILE = "a stroke of yours"
KRITARC = "ToolPluginsDisabled=\n\n[advancedColorSelector]\nuseCustom=true\n\n[python]\nenable_quickaccess=false\n"


@pytest.fixture
def krita(tmp_path: Path) -> Krita:
    """Krita with settings of its own, and another plugin."""
    made = Krita("test", tmp_path / "data/krita", tmp_path / "config/kritarc")
    (made.plugins / "other").mkdir(parents=True)
    made.config.parent.mkdir()
    made.config.write_text(KRITARC, "utf-8")
    return made


def test_install_status_remove_leave_all_as_it_was(krita: Krita, tmp_path: Path) -> None:
    before = content(tmp_path)
    assert plugin_files.faults(krita) == ["not installed; run lineart krita install"]
    plugin_files.install(krita, plugin_files.command())
    assert plugin_files.faults(krita) == []
    assert json.loads((krita.plugins / "lineart/command.json").read_text())["command"][0] == sys.executable
    assert kritarc.value(krita.config, "python", "enable_lineart") == "true"
    assert kritarc.value(krita.config, "python", "enable_quickaccess") == "false"
    assert plugin_files.remove(krita)
    assert content(tmp_path) == before
    assert not plugin_files.remove(krita)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_settings_that_are_a_link_stay_one(krita: Krita, tmp_path: Path) -> None:
    file = tmp_path / "dotfiles"
    krita.config.rename(file)
    file.chmod(0o600)
    krita.config.symlink_to(file)
    kritarc.put(krita.config, "python", "enable_lineart", "true")
    assert krita.config.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600
    assert kritarc.value(file, "python", "enable_lineart") == "true"


def test_an_upgrade_replaces_all_files(krita: Krita) -> None:
    plugin_files.install(krita, ["old"])
    stale = krita.plugins / "lineart/gone_in_this_version.py"
    stale.write_text("")
    told = json.loads((krita.plugins / "lineart/command.json").read_text())
    told["files"] += [stale.name, "..", "other"]
    (krita.plugins / "lineart/command.json").write_text(json.dumps(told))
    (krita.plugins / "lineart/docker.py").write_text("")
    assert "its files are of another version of lineart; run lineart krita install" in plugin_files.faults(krita)
    plugin_files.install(krita, plugin_files.command())
    assert not stale.exists()
    assert plugin_files.faults(krita) == []
    assert {each.name for each in krita.plugins.iterdir()} == {"other", "lineart", "lineart.desktop"}


def test_status_tells_each_fault(krita: Krita) -> None:
    plugin_files.install(krita, ["/nowhere/lineart"])
    (krita.plugins / "lineart.desktop").unlink()
    kritarc.put(krita.config, "python", "enable_lineart", "false")
    faults = " | ".join(plugin_files.faults(krita))
    assert "lineart.desktop is missing" in faults
    assert "switched off" in faults
    assert "/nowhere/lineart, which is gone" in faults
    told = {"command": [sys.executable], "lineart": "0.0.1"}
    (krita.plugins / "lineart/command.json").write_text(json.dumps(told))
    assert any(f"calls lineart 0.0.1, and this is {__version__}" in each for each in plugin_files.faults(krita))
    (krita.plugins / "lineart/command.json").write_text("[]")
    assert any("does not know which lineart" in each for each in plugin_files.faults(krita))


def test_remove_takes_away_what_install_made(tmp_path: Path) -> None:
    krita = Krita("test", tmp_path / "krita", tmp_path / "config/kritarc")
    krita.resources.mkdir()
    plugin_files.install(krita, plugin_files.command())
    (krita.plugins / "lineart/__pycache__").mkdir()
    assert plugin_files.remove(krita)
    assert not krita.config.exists()
    assert not list(krita.resources.iterdir())
    assert not plugin_files.remove(krita)


def test_files_of_others_in_the_plugin_s_folder_stay(krita: Krita) -> None:
    plugin_files.install(krita, ["old"])
    (krita.plugins / "lineart/notes.txt").write_text("mine")
    (krita.plugins / "lineart/more").mkdir()
    (krita.plugins / "lineart/more/a").write_text("mine too")
    plugin_files.install(krita, plugin_files.command())
    assert plugin_files.faults(krita) == []
    assert plugin_files.remove(krita)
    assert plugin_files.foreign(krita) == ["more", "notes.txt"]
    assert set(content(krita.plugins)) == {"lineart/notes.txt", "lineart/more/a"}
    assert plugin_files.faults(krita) == ["not installed; run lineart krita install"]
    assert not plugin_files.remove(krita)


@pytest.mark.parametrize("name", ["lineart/docker.py", "lineart/command.json", "lineart.desktop", "lineart"])
def test_a_file_of_the_user_s_that_is_named_like_one_of_ours_is_never_touched(krita: Krita, name: str) -> None:
    path = krita.plugins / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = content(krita.resources)
    with pytest.raises(LineartError, match=rf"{name}: is in the place of a file of lineart's; move it away"):
        plugin_files.install(krita, plugin_files.command())
    assert not plugin_files.remove(krita)
    assert content(krita.resources) == before


def test_a_file_of_the_user_s_is_in_the_way_of_a_newer_plugin_that_has_one_of_its_name(krita: Krita) -> None:
    plugin_files.install(krita, plugin_files.command())
    command = krita.plugins / "lineart/command.json"
    told = json.loads(command.read_text())
    told["files"].remove("job.py")  # as a version that had none
    command.write_text(json.dumps(told))
    (krita.plugins / "lineart/job.py").write_text("mine")
    with pytest.raises(LineartError, match=r"job\.py: is in the place"):
        plugin_files.install(krita, plugin_files.command())
    plugin_files.remove(krita)
    assert content(krita.plugins) == {"lineart/job.py": b"mine"}


def test_a_plugin_that_has_lost_its_list_is_told_by_its_content(krita: Krita) -> None:
    plugin_files.install(krita, plugin_files.command())
    (krita.plugins / "lineart/command.json").write_text("{")
    plugin_files.install(krita, plugin_files.command())
    assert plugin_files.faults(krita) == []


def test_a_link_to_the_plugin_is_removed_and_not_what_it_leads_to(krita: Krita, tmp_path: Path) -> None:
    plugin_files.install(krita, ["x"])
    (krita.plugins / "lineart").rename(tmp_path / "elsewhere")
    (krita.plugins / "lineart").symlink_to(tmp_path / "elsewhere")
    assert plugin_files.remove(krita)
    assert not (krita.plugins / "lineart").is_symlink()
    assert (tmp_path / "elsewhere/docker.py").is_file()


def test_another_folder_with_the_same_settings_leaves_the_plugin_on(krita: Krita, tmp_path: Path) -> None:
    folder = Krita("folder", tmp_path / "mine", krita.config)
    for each in (krita, folder):
        plugin_files.install(each, plugin_files.command())
    assert plugin_files.remove(folder, [krita])
    assert plugin_files.faults(krita) == []
    assert not plugin_files.remove(folder, [krita])
    assert plugin_files.remove(krita, [folder])
    assert kritarc.value(krita.config, "python", "enable_lineart") is None


def test_a_folder_that_cannot_be_written_is_one_line(krita: Krita) -> None:
    krita.plugins.joinpath("lineart").mkdir()
    blocked = Krita("test", krita.config, krita.config)  # a file in place of the folder
    with pytest.raises(LineartError, match="cannot be changed"):
        plugin_files.install(blocked, ["x"])


@pytest.mark.parametrize(
    "text", ["", "a=1\n", KRITARC, "a=1\n[b]\nc=2\n", "[python]\nx=1\n\n[z]\ny=2\n", "a=1\r\n", "é=\udce9\n"]
)
def test_settings_come_and_go_without_a_trace(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kritarc"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    for wanted in ("true", "false"):
        kritarc.put(path, "python", "enable_lineart", wanted)
        assert kritarc.value(path, "python", "enable_lineart") == wanted
        assert kritarc.value(path, "", "enable_lineart") is None
    kritarc.put(path, "python", "enable_lineart", None)
    assert (path.read_bytes() if path.exists() else b"") == text.encode("utf-8", "surrogateescape")
    assert path.exists() == bool(text)


def test_folders_of_every_system(tmp_path: Path) -> None:
    linux = folders._known("linux", {}, tmp_path)
    assert [each.resources for each in linux] == [
        tmp_path / ".local/share/krita",
        tmp_path / ".var/app/org.kde.krita/data/krita",
    ]
    moved = folders._known("linux", {"XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/c"}, tmp_path)[0]
    assert (moved.resources, moved.config) == (Path("/d/krita"), Path("/c/kritarc"))
    (mac,) = folders._known("darwin", {}, tmp_path)
    assert mac.config == tmp_path / "Library/Preferences/kritarc"
    windows = folders._known("win32", {"APPDATA": str(tmp_path / "r"), "LOCALAPPDATA": str(tmp_path / "l")}, tmp_path)
    assert windows[0].plugins == tmp_path / "r/krita/pykrita"
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config/kritarc").write_text("ResourceDirectory=/elsewhere\n[python]\n")
    assert folders._known("linux", {}, tmp_path)[0].resources == Path("/elsewhere")


def test_krita_is_found_where_it_was_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(LineartError, match=r"^Krita was not found in .* with --resources"):
        folders.find(None)
    (tmp_path / ".var/app/org.kde.krita/data/krita").mkdir(parents=True)
    assert [each.kind for each in folders.find(None)] == ["Flatpak"]
    with pytest.raises(ArgumentError, match="no such folder"):
        folders.find(str(tmp_path / "no"))
    (tmp_path / "file").touch()
    with pytest.raises(ArgumentError, match="file: is a file, and no folder"):
        folders.find(str(tmp_path / "file"))
    (tmp_path / "mine/pykrita").mkdir(parents=True)
    assert folders.find(str(tmp_path / "mine/pykrita"))[0].resources == tmp_path / "mine"
    (tmp_path / "mine/kritarc").write_text("")
    assert folders.find(str(tmp_path / "mine"))[0].config == tmp_path / "mine/kritarc"


def test_the_commands(krita: Krita, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(krita.config.parent))
    monkeypatch.setattr(sys, "platform", "linux")
    resources = str(krita.resources)
    for words, code, said in (
        (["status"], 1, "not installed; run lineart krita install"),
        (["install"], 0, "switched on in"),
        (["status"], 0, f"calls lineart {__version__}"),
        (["remove"], 0, "removed from"),
        (["remove"], 0, "was not in"),
    ):
        monkeypatch.setattr(sys, "argv", ["lineart", "krita", *words, "--resources", resources])
        with pytest.raises(SystemExit) as ended:
            app.main()
        printed = capsys.readouterr()
        assert ended.value.code == code
        assert said in printed.out + printed.err


def test_the_zip_unpacks_as_krita_unpacks_it(tmp_path: Path, krita: Krita) -> None:
    path = tmp_path / "lineart.zip"
    plugin_files.pack(path, plugin_files.command())
    if IMPORTER.is_file():  # Krita's own
        spec = importlib.util.spec_from_file_location("plugin_importer", IMPORTER)
        assert spec
        assert spec.loader
        importer = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(importer)
        imported = importer.PluginImporter(str(path), str(krita.resources), lambda _: True).import_all()
        assert [each["name"] for each in imported] == ["lineart"]
    else:
        zipfile.ZipFile(path).extractall(krita.plugins)
    kritarc.put(krita.config, "python", "enable_lineart", "true")
    assert plugin_files.faults(krita) == []


def test_a_zip_takes_the_place_of_such_a_zip_and_of_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "lineart.zip"
    pack(path)
    pack(path)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("lineart/sketch.png", b"")
    (tmp_path / "letter.zip").write_bytes(b"a letter")
    for name in ("other.zip", "letter.zip"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(ArgumentError, match=r"is there already, and is no zip of lineart's docker; give another"):
            pack(tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


def test_a_zip_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LineartError, match="cannot be written"):
        plugin_files.pack(tmp_path / "no/lineart.zip", ["x"])


@pytest.mark.parametrize("path", sorted((PLUGIN / "lineart").glob("*.py")), ids=lambda path: path.name)
def test_the_plugin_is_for_the_python_of_old_kritas_and_needs_nothing_else(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    qt = {"PyQt5", "PyQt6"} if path.name == "qt.py" else set()
    assert imported <= {*sys.stdlib_module_names, "krita", *qt}


@pytest.mark.parametrize("path", sorted((PLUGIN / "lineart").glob("*.py")), ids=lambda path: path.name)
def test_every_text_of_the_plugin_goes_through_krita_s_translations(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    translated = [each for each in calls if isinstance(each.func, ast.Name) and each.func.id == "i18n"]
    assert all(isinstance(each.args[0], ast.Constant) for each in translated)  # what is composed is in no catalogue
    known = {id(each.args[0]) for each in translated}
    for node in ast.walk(tree):  # docstrings
        if isinstance(node, ast.Expr):
            known.add(id(node.value))
    texts = [each for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    plain = [each.value for each in texts if id(each) not in known and re.search(r"[A-Za-z]{2,} \w", each.value)]
    assert plain == ([STROKE_FILE] if path.name == "files.py" else [])


def test_the_plugin_names_its_file_of_a_stroke_as_lineart_knows_it() -> None:
    assert STROKE_FILE == store.OWN_STROKE


def test_the_plugin_speaks_the_protocol_of_serve() -> None:
    tree = ast.parse((PLUGIN / "lineart/helper.py").read_text("utf-8"))
    assigned = {each.targets[0].id: each.value for each in tree.body if isinstance(each, ast.Assign)}  # type: ignore[attr-defined]
    assert ast.literal_eval(assigned["VERSION"]) == VERSION


@pytest.mark.parametrize("version", [5, 6])
def test_qt_is_that_of_krita_even_where_both_are_installed(monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    for name in ("PyQt5", "PyQt6"):
        package = types.ModuleType(name)
        for part in ("QtCore", "QtGui", "QtWidgets"):
            module = types.ModuleType(f"{name}.{part}")
            for needed in ("Qt", "QByteArray", "QObject", "QProcess", "QTimer"):
                setattr(module, needed, name)
            setattr(package, part, module)
            if name == f"PyQt{version}" or part != "QtCore":
                monkeypatch.setitem(sys.modules, f"{name}.{part}", module)
        monkeypatch.setitem(sys.modules, name, package)
    assert runpy.run_path(str(PLUGIN / "lineart/qt.py"))["Qt"] == f"PyQt{version}"


INK = {"node": "a", "source": None, "space": [1], "fill": {}, "scale": 1.5, "prints": ""}
EXPOSURE = {"level": 1.0, "toe": 0.1, "gain": 2}


@pytest.mark.parametrize(
    ("settings", "inks"),
    [
        ([], {}),
        ({"thickness": "wide", "faint": None, "brush": 7, "unit": ["px"], "other": 1}, [7, {"node": "a"}]),
        ({"thickness": float("nan")}, [INK, {**INK, "exposure": {"level": "1"}}]),
        (
            {"thickness": True},
            [{**INK, "exposure": EXPOSURE, "node": ["a"]}, {**INK, "exposure": EXPOSURE, "scale": "1"}],
        ),
    ],
)
def test_what_a_document_remembers_that_cannot_be_used_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, settings: object, inks: object
) -> None:
    kept = {"lineart": {"settings": settings}, "lineart-inks": {"inks": inks}}
    document = types.SimpleNamespace(annotation=lambda name: json.dumps(kept[name]).encode())
    known = _settings(monkeypatch)
    assert known["load"](document) == known["DEFAULTS"]
    assert known["inks"](document) == []
    kept.update(
        {
            "lineart": {"settings": {"thickness": 7, "brush": "x"}},
            "lineart-inks": {"inks": [{**INK, "exposure": EXPOSURE}]},
        }
    )
    assert known["load"](document) == {**known["DEFAULTS"], "thickness": 7, "brush": "x"}
    assert len(known["inks"](document)) == 1


def _settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The plugin's module of that name, in a Krita that has kept nothing."""
    krita, package, qt = (types.ModuleType(name) for name in ("krita", "plugin", "plugin.qt"))
    krita.Krita = types.SimpleNamespace(instance=lambda: types.SimpleNamespace(readSetting=lambda *_: "{}"))  # type: ignore[attr-defined]
    qt.QByteArray = bytes  # type: ignore[attr-defined]
    package.__path__ = [str(PLUGIN / "lineart")]
    for module in (krita, package, qt):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delitem(sys.modules, "plugin.settings", raising=False)
    return vars(importlib.import_module("plugin.settings"))
