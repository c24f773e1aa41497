"""Requests and answers as lines of JSON, see `PROTOCOL.md`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from lineart_cli.errors import ArgumentError, LineartError
from lineart_cli.imaging.tone import Exposure
from lineart_cli.options import OF_FILES, Crop, InkOptions, specs
from lineart_cli.serve import fields
from lineart_cli.serve.fields import Edited, Fill, shown

VERSION = 2
"""Counts up when a field is added that an older lineart must not pass over."""
OLDEST = 1
"""The oldest version whose callers are understood."""
LONGEST = 1_000_000
"""Characters of a line."""
_MADE = {"ink": ("out", "prints"), "preview": ("out",)}
"""Fields that name files which are made, by what is done."""

_T = TypeVar("_T")


class RequestError(LineartError):
    """A line is no request, or one that cannot be understood; `id` is the request's, if it could be read."""

    def __init__(self, message: str, number: int | None = None) -> None:
        """Keeps the id beside the message."""
        super().__init__(message)
        self.id = number


@dataclass(frozen=True)
class Request:
    """A line from the caller.

    Attributes:
        id: by which answers name it.
        do: what is asked for.
        fields: all others.
    """

    id: int
    do: str
    fields: Mapping[str, Any]

    @classmethod
    def parse(cls, line: str) -> Request:
        """Read a line; raises RequestError."""
        try:
            told = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RequestError("a line is not JSON, or nested too deeply; write one object a line") from error
        if not isinstance(told, dict):
            raise RequestError("a line is no JSON object; write one object a line")
        number, do = told.pop("id", None), told.pop("do", None)
        if not isinstance(number, int) or isinstance(number, bool):
            raise RequestError(f"id {shown(number)}: not a whole number; give each request one of its own")
        if not isinstance(do, str):
            raise RequestError(f"do {shown(do)}: not a word; see the protocol for what can be asked", number)
        return cls(number, do, told)

    def get(self, name: str, read: Callable[[Any], _T], *, default: _T | None = None) -> _T:
        """A field as one of `fields` reads it; raises RequestError where it is wrong, or missing without a default."""
        if name not in self.fields:
            if default is None:
                raise RequestError(f"{name}: missing in {self.do!r}", self.id)
            return default
        value = self.fields[name]
        try:
            return read(value)
        except ValueError as error:
            raise RequestError(f"{name} {shown(value)}: {error}", self.id) from error

    def maybe(self, name: str, read: Callable[[Any], _T]) -> _T | None:
        """A field as of `get`, or None where it is missing."""
        return self.get(name, read) if name in self.fields else None


@dataclass(frozen=True)
class Order:
    """Ink to be made.

    Attributes:
        pixels: the file of the sketch, any that lineart reads.
        out: the file for the ink.
        options: of `lineart ink`.
        crop: the part of the page to ink; None is the whole.
        mask: a file of as many bytes as the part has px: how much of the ink there is to be.
        fill: what a px of ink is made of; None writes its coverage alone.
        last_scale: of the page's last ink.
        last_exposure: of that as well; kept where the scale is.
        prints: a file for the fingerprints of the ink; None takes none.
        edited: the page's last ink as somebody has left it, whose edits stay; None is plain ink.
        zoom: px of the screen for a px of the page, of a preview.
    """

    pixels: Path
    out: Path
    options: InkOptions
    crop: Crop | None = None
    mask: Path | None = None
    fill: Fill | None = None
    last_scale: float | None = None
    last_exposure: Exposure | None = None
    prints: Path | None = None
    edited: Edited | None = None
    zoom: float = 1.0

    @property
    def results(self) -> list[Path]:
        """The files that are made."""
        return [self.out] + ([self.prints] if self.prints else [])

    def at(self, scale: float) -> Order:
        """The same for a page at that scale: the last exposure counts where the scale is the last one."""
        return self if scale == self.last_scale else replace(self, last_exposure=None)

    @classmethod
    def of(cls, request: Request) -> Order:
        """Read an `ink` or a `preview`.

        Raises:
            RequestError: a field is missing, or cannot be understood.
            ArgumentError: an option has a wrong value.
        """
        fill, is_ink = request.maybe("fill", fields.fill), request.do == "ink"
        _check_files(request)
        return cls(
            pixels=request.get("pixels", fields.path),
            out=request.get("out", fields.path),
            options=_options(request, 8 if fill is None or fill.sample == "u8" else 16),
            crop=request.maybe("crop", fields.crop),
            mask=request.maybe("mask", fields.path),
            fill=fill,
            last_scale=request.maybe("last_scale", fields.positive),
            last_exposure=request.maybe("last_exposure", fields.exposure),
            prints=request.maybe("prints", fields.path) if is_ink else None,
            edited=_edited(request, fill) if is_ink else None,
            zoom=request.get("zoom", fields.positive, default=1.0),
        )


def results(request: Request) -> list[Path]:
    """The files that a request makes, as far as it names any but those that it reads."""
    read = _places(_read_by(request))
    return [path for path in _named(request, *_MADE.get(request.do, ())) if os.path.realpath(path) not in read]


def _check_files(request: Request) -> None:
    """Raises RequestError where a file is to be both read and written, or written twice."""
    taken = _places(_read_by(request))
    for path in _named(request, *_MADE[request.do]):
        if os.path.realpath(path) in taken:
            raise RequestError(f"{path}: is named for two files; name another one for the ink", request.id)
        taken |= _places([path])


def _places(paths: Iterable[Path]) -> set[str]:
    return {os.path.realpath(path) for path in paths}


def _named(request: Request, *names: str) -> list[Path]:
    """Files that are in these fields, as far as they can be understood."""
    found = []
    for name in names:
        with suppress(RequestError):
            found.append(request.maybe(name, fields.path))
    return [each for each in found if each is not None]


def _read_by(request: Request) -> list[Path]:
    read = _named(request, "pixels", "mask")
    with suppress(RequestError):
        edited = request.maybe("edited", fields.edited)
        read += [edited.pixels, edited.prints] if edited else []
    return read


def _edited(request: Request, fill: Fill | None) -> Edited | None:
    """The edited ink; in a request that leaves out how it was filled, it was as the new one is."""
    edited = request.maybe("edited", fields.edited)
    if edited is None:
        return None
    if "fill" not in request.fields["edited"]:
        return replace(edited, fill=fill)
    if _kind(edited.fill) != _kind(fill):
        raise RequestError("edited: its fill has other samples than fill; give ink of the same kind", request.id)
    return edited


def _kind(fill: Fill | None) -> tuple[int, str] | None:
    return None if fill is None else (len(fill.colour), fill.sample)


def _options(request: Request, bits: int) -> InkOptions:
    told: dict[str, str] = request.get("options", fields.options, default={})
    known = {name for name, spec in specs(InkOptions).items() if not {name, spec.panel} & OF_FILES}
    for name, value in told.items():
        if name not in known:
            raise ArgumentError(f"options.{name}", value, f"unknown; there are {', '.join(sorted(known))}")
    options = InkOptions.parse({**told, "bits": str(bits)})
    if len(options.thickness) * len(options.brush) > 1:
        raise ArgumentError("--thickness, --brush", "several", "give one of each in a request")
    return options


def answer(event: str, number: int | None = None, **fields: Any) -> str:
    """A line for the caller."""
    told = {"event": event} if number is None else {"event": event, "id": number}
    return json.dumps(told | fields)
