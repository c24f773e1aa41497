"""The report as HTML. All text that comes from outside is escaped here; styles and script lie beside this file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources

from lineart_cli.errors import one_line
from lineart_cli.report.rows import Row, Settings
from lineart_cli.report.view import Picture, View

TITLE = "sketches and ink"
"""What every report's title ends with: it is known by that."""


def head(name: str, known: Sequence[Row], settings: Settings) -> str:
    """Everything before the first page: the summary, and the settings that all pages share.

    Args:
        name: of the output folder.
        known: all rows.
        settings: what all pages of ink were inked with.
    """
    inked, failed = sum(row.entry is not None for row in known), sum(bool(row.error) for row in known)
    style, script = _asset("report.css"), _asset("report.js")
    allowed = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{allowed}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(name)}: {TITLE}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{_text(name)}</h1>
<p>{_count(inked, "page")} inked, {failed} failed.</p>
<noscript><p>Sketch and ink can only be compared at full size where scripts are allowed.</p></noscript>
{_shared(settings)}</header>
{_failures(known)}<main>
"""


def page(number: int, row: Row, view: View, common: Settings) -> str:
    """One page of the report: thumbnails, what is to be said of it, and the pictures at full size, not shown yet."""
    name = _text(row.output)
    settings = {name: value for name, value in row.settings.items() if common.get(name) != value}
    return f"""<article id="page-{number}" aria-labelledby="name-{number}">
<h2 id="name-{number}">{name}</h2>
{_pair(row, view)}
{_edited(row, view)}{_notes(row, view)}{_facts(row)}{_table(settings)}</article>
"""


def foot() -> str:
    """Everything after the last page: the dialog that compares sketch and ink, and the script."""
    return f"""</main>
{_asset("dialog.html")}<script>{_asset("report.js")}</script>
</body>
</html>
"""


def _shared(settings: Settings) -> str:
    table = _table(settings)
    return table and f"<details><summary>Settings of all pages</summary>{table}</details>\n"


def _failures(known: Sequence[Row]) -> str:
    failed = [(number, row) for number, row in enumerate(known) if row.error]
    if not failed:
        return ""
    lines = "\n".join(
        f'<li><a href="#page-{number}">{_text(row.output)}</a>: {_text(row.error)}</li>' for number, row in failed
    )
    return f"""<section class="failures" aria-labelledby="failures">
<h2 id="failures">Failed</h2>
<ul>
{lines}
</ul>
</section>
"""


def _pair(row: Row, view: View) -> str:
    figures = _figure("Sketch", row, view.sketch) + _figure("Ink", row, view.ink)
    if view.sketch is None or view.ink is None:
        return f'<div class="pair">{figures}</div>'
    name, whole = _text(row.output), _whole("sketch", row, view.sketch) + _whole("ink", row, view.ink)
    return f"""<button type="button" class="pair" aria-label="Compare sketch and ink of {name}" aria-haspopup="dialog">
{figures}</button>
<template>{whole}</template>"""


def _whole(what: str, row: Row, picture: Picture) -> str:
    kind = f"{what} for-black" if picture.is_for_black else what
    size = f'width="{picture.width}" height="{picture.height}"'
    alt = f"{what.capitalize()} of {_text(row.output)}"
    return f'<img class="{kind}" src="{picture.whole}" {size} alt="{alt}" decoding="async">'


def _figure(what: str, row: Row, picture: Picture | None) -> str:
    if picture is None:
        return f'<span class="figure missing"><span>no {what.lower()}</span></span>\n'
    return _thumbnail(what, row, picture.thumbnail, picture.is_for_black)


def _edited(row: Row, view: View) -> str:
    """Ink with edits three times: without them, as edited, and as it is now."""
    if view.edited is None:
        return ""
    pictures = {
        "Ink alone": view.edited.alone,
        "As edited before": view.edited.edited,
        "Now, with what both have changed": view.edited.now,
    }
    figures = "".join(_thumbnail(what, row, address) for what, address in pictures.items())
    return f'<div class="pair edits">{figures}</div>\n'


def _thumbnail(what: str, row: Row, address: str, is_for_black: bool = False) -> str:
    alt = f"{what} of {_text(row.output)}"
    ground = ' class="for-black"' if is_for_black else ""
    image = f'<img{ground} src="{address}" alt="{alt}" loading="lazy" decoding="async">'
    return f'<span class="figure">{image}<span>{what}</span></span>\n'


def _notes(row: Row, view: View) -> str:
    lines = [f'<p class="error">Failed: {_text(row.error)}</p>'] if row.error else []
    if row.error and row.entry:
        lines.append("<p>The ink is of an earlier run.</p>")
    lines += [f"<p>{_text(note)}</p>" for note in view.notes]
    return "".join(f"{line}\n" for line in lines)


def _facts(row: Row) -> str:
    source = f"{row.input}, page {row.page + 1}" if row.page else row.input
    facts = {"sketch": source}
    if row.entry:
        entry = row.entry
        facts["size"] = f"{entry.width} x {entry.height} px at {entry.dpi:g} dpi"
        facts["lines"] = f"{entry.thickness:g} px"
    return _table(facts)


def _table(facts: Mapping[str, str]) -> str:
    rows = "".join(f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in facts.items())
    return f"<dl>{rows}</dl>\n" if rows else ""


def _text(text: str) -> str:
    """`text`, such as a file name, as it can stand anywhere in HTML; what would not be seen, as an escape."""
    return escape(one_line(text))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """How a page's Content-Security-Policy names the one style or script that may be used."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
