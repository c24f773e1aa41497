"""What a page of a PDF (ISO 32000-2) says beside its contents, which PDFium does not tell."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from pypdf import PdfReader

_UNDRAWN = {"/Link", "/Popup"}  # kinds of annotations without a look of their own
_HIDDEN, _NO_VIEW = 2, 32  # bits of an annotation's /F
_MASKS = {"/SMask", "/Mask", "/SMaskInData", "/OC"}
_MOST_UNIT = 75_000.0


@dataclass(frozen=True)
class PageFacts:
    """What is said of a page.

    Attributes:
        unit: 1 / 72 inch in one of its lengths.
        has_more: whether something may be seen there that is not in the page's contents: an annotation.
        has_less: whether some of its contents may not be seen, or only in part: masked images and optional contents.
    """

    unit: float = 1.0
    has_more: bool = True
    has_less: bool = True


def page_facts(file: BinaryIO, number: int) -> PageFacts:
    """Looks at a page, from 0; of one that is not understood, everything is taken to be possible."""
    with contextlib.suppress(Exception):  # damaged files raise whatever they like
        page = PdfReader(file).pages[number]
        unit = float(page.get("/UserUnit", 1))
        return PageFacts(
            unit if math.isfinite(unit) and 0 < unit <= _MOST_UNIT else 1.0,
            any(map(_is_seen, _values(page.get("/Annots")))),
            _is_optional(_mapping(page.get("/Resources"))),
        )
    return PageFacts()


def _is_seen(annotation: Mapping[str, Any]) -> bool:
    is_hidden = int(annotation.get("/F", 0)) & (_HIDDEN | _NO_VIEW)
    return annotation.get("/Subtype") not in _UNDRAWN and not is_hidden


def _is_optional(resources: Mapping[str, Any]) -> bool:
    """Whether some of what the page may draw is masked, or seen in certain states of the document only."""
    things = [*_values(resources.get("/XObject")), *_values(resources.get("/Properties"))]
    return any(_MASKS & set(each) or each.get("/Type") in {"/OCG", "/OCMD"} for each in things)


def _values(held: Any) -> Iterator[Mapping[str, Any]]:
    """The dictionaries in an array or dictionary, or in what stands for one."""
    held = held.get_object() if held is not None else ()
    for each in held.values() if isinstance(held, Mapping) else held:
        yield _mapping(each)


def _mapping(value: Any) -> Mapping[str, Any]:
    value = value.get_object() if value is not None else {}
    return value if isinstance(value, Mapping) else {}
