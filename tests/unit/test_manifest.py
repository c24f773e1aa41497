from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lineart_cli.batch import manifest
from lineart_cli.batch.manifest import Entry, Failure, Manifest, OutputStatus
from lineart_cli.options import InkOptions, Length, Several

FIVE = Several((Length(5),))
ENTRY = Entry(
    "../scans/a.png",
    0,
    "in",
    InkOptions().settings(),
    {"name": "tiny", "version": "1", "sha256": "net"},
    "0.1.0",
    "out",
    20,
    10,
    300.0,
    3.0,
)
WANTED = replace(ENTRY, output_sha256="")


def test_what_was_written_is_read() -> None:
    full = Manifest({"deep/ä.png": ENTRY}, {"b.png": Failure("../b.png", 2, "b.png: is empty; scan it again")})
    assert manifest.parse("".join(full.lines())) == full


def test_one_of_before_0_7_has_each_value_on_a_line() -> None:
    full = Manifest({"a.png": ENTRY}, {"b.png": Failure("b", 0, "x")})
    old = json.dumps(json.loads("".join(full.lines())), indent=1, sort_keys=True)
    assert len(old.splitlines()) > 30
    assert manifest.parse(old) == full


def test_the_text_does_not_depend_on_the_order_of_pages() -> None:
    one, other = Manifest(), Manifest()
    for name in ("a.png", "b.png"):
        one.record(name, ENTRY)
    for name in ("b.png", "a.png"):
        other.record(name, ENTRY)
    assert list(one.lines()) == list(other.lines())


def test_a_page_that_is_inked_has_failed_no_longer() -> None:
    full = Manifest(failures={"a.png": Failure("a", 0, "x"), "b.png": Failure("b", 0, "x")})
    full.record("a.png", ENTRY)
    full.record("b.png", None)
    assert full == Manifest({"a.png": ENTRY})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 2, "pages": {}, "failures": {}}',
        '{"format": 1, "pages": {}}',
        '{"format": 1, "pages": [], "failures": {}}',
        '{"format": 1, "pages": {"a.png": {}}, "failures": {}}',
        '{"format": 1, "pages": {"a.png": 3}, "failures": {}}',
        '{"format": 1, "pages": {}, "failures": {"a.png": {"input": "a", "page": "1", "error": "x"}}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        manifest.parse(text)


def test_a_value_of_another_type_is_refused() -> None:
    top = json.loads("".join(Manifest({"a.png": ENTRY}).lines()))
    top["pages"]["a.png"]["settings"] = "none"
    with pytest.raises(ValueError, match="settings"):
        manifest.parse(json.dumps(top))


@pytest.mark.parametrize(
    ("known", "wanted", "found", "status"),
    [
        (None, WANTED, None, OutputStatus.ABSENT),
        (ENTRY, WANTED, None, OutputStatus.ABSENT),
        (ENTRY, WANTED, "out", OutputStatus.FINISHED),
        (ENTRY, replace(WANTED, input_sha256="other"), "out", OutputStatus.OUTDATED),
        (ENTRY, replace(WANTED, page=1), "out", OutputStatus.OUTDATED),
        (
            ENTRY,
            replace(WANTED, settings=InkOptions(thickness=Several((Length(5),))).settings()),
            "out",
            OutputStatus.OUTDATED,
        ),
        (ENTRY, replace(WANTED, model={**ENTRY.model, "sha256": "other"}), "out", OutputStatus.OUTDATED),
        (ENTRY, replace(WANTED, lineart="9.9.9", input="elsewhere/a.png"), "out", OutputStatus.FINISHED),
        (ENTRY, WANTED, "edited", OutputStatus.EDITED),
        (ENTRY, replace(WANTED, input_sha256="other"), "edited", OutputStatus.EDITED),
        (None, WANTED, "out", OutputStatus.UNKNOWN),
        (None, ENTRY, "out", OutputStatus.FINISHED),
        (None, replace(ENTRY, output_sha256="new"), "out", OutputStatus.UNKNOWN),
    ],
)
def test_output_status(known: Entry | None, wanted: Entry, found: str | None, status: OutputStatus) -> None:
    assert manifest.output_status(known, wanted, found) is status


def test_a_journal_is_replayed_as_far_as_it_is_whole() -> None:
    lines = [
        manifest.journal_line("a.png", ENTRY),
        manifest.journal_line("b.png", Failure("b", 0, "x")),
        manifest.journal_line("c.png", Failure("c", 0, "x")),
        manifest.journal_line("c.png", None),
        manifest.journal_line("d.png", ENTRY)[:-9],
        manifest.journal_line("e.png", ENTRY),
        '["f.png", "other", {}]\n[1]\n',
    ]
    full = Manifest()
    manifest.replay(full, "".join(lines).splitlines(), lambda _: None)
    assert full == Manifest({"a.png": ENTRY, "e.png": ENTRY}, {"b.png": Failure("b", 0, "x")})


@pytest.mark.parametrize(("found", "kept"), [("new", "new"), ("out", "out"), ("edited", "out"), (None, "out")])
def test_of_a_page_that_was_to_be_replaced_the_journal_counts_only_if_it_was(found: str | None, kept: str) -> None:
    full = Manifest({"a.png": ENTRY})
    line = manifest.journal_line("a.png", replace(ENTRY, output_sha256="new"))
    manifest.replay(full, line.splitlines(), lambda _: found)
    assert full.pages["a.png"].output_sha256 == kept


def test_the_settings_are_the_options_that_change_the_ink() -> None:
    assert set(InkOptions().settings()) == {
        "thickness",
        "brush",
        "drawing",
        "pressure",
        "faint",
        "desaturate",
        "drop_colour",
        "invert",
        "page",
        "screentone",
        "dpi",
        "layer",
        "format",
        "bits",
        "ink_colour",
        "transparent",
        "keep_metadata",
        "precision",
        "passes",
    }
    json.dumps(InkOptions().settings())


def test_settings_of_an_older_lineart_are_read_by_their_new_names() -> None:
    now = manifest.parse("".join(Manifest({"a.png": replace(WANTED, settings={"passes": 2, "faint": 0.35})}).lines()))
    old = "".join(now.lines()).replace('"passes"', '"looks"')
    assert '"looks": 2' in old
    assert manifest.parse(old) == now
    line = manifest.journal_line("a.png", now.pages["a.png"]).replace('"passes"', '"looks"')
    replayed = Manifest()
    manifest.replay(replayed, [line], lambda _: None)
    assert replayed == now


def test_a_line_of_the_journal_that_is_nested_too_deeply_is_passed_over() -> None:
    known = manifest.Manifest({}, {})
    manifest.replay(known, ["[" * 100_000], lambda _: None)
    assert known == manifest.Manifest({}, {})


@pytest.mark.parametrize(
    "told", [{"level": 1.0}, {"level": 1, "toe": 0, "gain": 1, "more": 2}, {"level": [], "toe": 0, "gain": 1}]
)
def test_an_exposure_that_is_not_understood_is_measured_anew(told: dict[str, object]) -> None:
    made = Manifest()
    made.record("a.png", replace(ENTRY, exposure=told))  # type: ignore[arg-type]
    assert manifest.parse("".join(made.lines())).pages["a.png"].exposure == {}
    sound = {"level": 1.0, "toe": 0.01, "gain": 1.2}
    made.record("a.png", replace(ENTRY, exposure=sound))
    assert manifest.parse("".join(made.lines())).pages["a.png"].exposure == sound
