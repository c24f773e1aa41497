"""How files of ink are named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter

from lineart_cli.errors import ArgumentError
from lineart_cli.options.spec import Spec

FIELDS = ("stem", "suffix", "folder", "n", "tool")
_WIDTH = re.compile(r"(0[1-9])?")


@dataclass(frozen=True)
class Template:
    """A name with fields in braces, without the suffix of its format.

    `{stem}` is the input's name without its suffix, `{suffix}` that suffix without its dot, `{folder}` the name of the
    folder that it is in, `{n}` the number of the page in its file from 1 (`{n:03}` with three digits), and `{tool}` the
    thickness or brush, where several are asked for. An archive is one input: the pages in it keep their names.
    """

    text: str

    def __str__(self) -> str:
        return self.text

    def name(self, **values: str | int) -> str:
        """The name for the values of all FIELDS."""
        return self.text.format(**values)

    def has(self, field: str) -> bool:
        """Whether a field is in it."""
        return field in {name for name, _ in _fields(self.text)}


def read_template(spec: Spec, text: str) -> Template:
    template = text.strip()
    try:
        fields = list(_fields(template))
    except ValueError as error:
        raise spec.error(text, f"{error}; write for example {{stem}}_ink{{n:03}}") from error
    for name, width in fields:
        if name not in FIELDS or not _WIDTH.fullmatch(width) or (width and name != "n"):
            raise _unknown(spec, text, name, width)
    plain = re.sub(r"\{[^{}]*\}", "", template)
    if not template or template.startswith(".") or re.search(r'[/\\:*?"<>|\0-\x1f]', plain):
        raise spec.error(text, "not a file's name; leave out folders, a dot at its beginning, and : * ? \" < > |")
    return Template(template)


def _unknown(spec: Spec, text: str, name: str, width: str) -> ArgumentError:
    shown = f"{{{name}{':' * bool(width)}{width}}}"
    there = ", ".join(f"{{{each}}}" for each in FIELDS)
    return spec.error(text, f"{shown} is no field; there is {there}, and {{n:03}} for three digits")


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """The name and the format of each field; raises ValueError where braces do not match."""
    for _, name, width, conversion in Formatter().parse(text):
        if name is not None:
            yield name, f"!{conversion}" if conversion else width or ""
