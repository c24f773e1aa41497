"""Commands of other packages: a broken one is no trouble for the rest."""

from __future__ import annotations

import importlib.metadata
from importlib.metadata import EntryPoint

import pytest
import typer
from typer.testing import CliRunner

from lineart_cli import extensions
from lineart_cli.errors import LineartError


def app_with(monkeypatch: pytest.MonkeyPatch, *arguments: str, **entries: str) -> typer.Typer:
    """An app with a command `ink` of its own, and those that other packages add."""
    app = typer.Typer()

    @app.callback()
    def lineart() -> None: ...

    @app.command()
    def ink() -> None:
        print("our own")

    found = [EntryPoint(name, value, extensions.GROUP) for name, value in entries.items()]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: found)
    extensions.add_to(app, arguments)
    return app


@pytest.mark.parametrize("value", ["no.such.module:run", "os:no_such_function"])
def test_a_broken_command_says_so_only_when_it_is_called(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    app = app_with(monkeypatch, broken=value)
    assert CliRunner().invoke(app, ["ink"]).output == "our own\n"
    assert "Cannot be loaded" in CliRunner().invoke(app, ["--help"]).output
    result = CliRunner().invoke(app, ["broken", "page.png", "--fast"])
    assert isinstance(result.exception, LineartError)
    assert str(result.exception).startswith("lineart broken: cannot be loaded (")
    assert "update or remove" in str(result.exception)


def test_a_command_of_another_package_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_with(monkeypatch, where="os:getcwd")
    assert CliRunner().invoke(app, ["where"]).exit_code == 0


def test_no_other_package_takes_the_place_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_with(monkeypatch, ink="os:getcwd")
    assert CliRunner().invoke(app, ["ink"]).output == "our own\n"


def test_nothing_is_looked_for_where_a_command_of_our_own_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_with(monkeypatch, "--quiet", "ink", "where", where="os:getcwd")
    assert CliRunner().invoke(app, ["where"]).exit_code == 2
