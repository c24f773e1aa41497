"""The brushes there are, each with a drawn sample; and a new one from a picture of a stroke."""

from __future__ import annotations

import base64
import io
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from lineart_cli.brushes import sample, store
from lineart_cli.brushes.fitting.measure import measure
from lineart_cli.brushes.style import Style, load, save
from lineart_cli.errors import ArgumentError, BrushError, PageError, remedy

SIZE = (150, 30)
"""Width and height of a sample, px."""
_LEAST, _MOST = 8, 600
_ABOUT = f"from {store.OWN_STROKE}"


def brushes(size: tuple[int, int] = SIZE) -> list[dict[str, Any]]:
    """All brushes that can be used: `name`, `about`, `own`, and `sample`, a PNG of black on nothing, in base 64.

    Raises:
        ArgumentError: nothing can be drawn at that size.
    """
    if not all(_LEAST <= side <= _MOST for side in size):
        raise ArgumentError("width, height", f"{size[0]} x {size[1]}", f"give {_LEAST} to {_MOST} px")
    own = store.names().keys() - store.shipped().keys()
    styles: dict[str, Style] = {}
    for name, path in store.names().items():
        with suppress(BrushError):  # `lineart brushes` tells what is wrong with it
            styles[name] = load(path)
    drawn = {name: _sample(style, size) for name, style in styles.items()}
    return [
        {"name": name, "about": style.about, "own": name in own, "sample": drawn[name]}
        for name, style in styles.items()
    ]


@lru_cache(maxsize=256)
def _sample(style: Style, size: tuple[int, int]) -> str:
    (ink,) = sample.greys({"": style}, *size).values()
    picture = Image.new("LA", size)
    picture.putalpha(Image.fromarray(ink))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def learn(picture: str, name: str) -> dict[str, Any]:
    """Make a brush of a picture of one stroke, light to heavy from left to right.

    Returns:
        `name`, `note` of what had to be guessed, empty where nothing had, and `replaced`.

    Raises:
        ArgumentError: the name cannot be used, the picture holds no such stroke, or the brush cannot be kept.
    """
    target = store.new(name, "name")
    is_there = target.exists()
    if is_there and not _is_ours(target):
        raise ArgumentError("name", name, f"is a brush that was made otherwise; give another name, or delete {target}")
    try:
        strip, note = store.stroke(Path(picture))
        style = measure(strip, _ABOUT)
        target.parent.mkdir(parents=True, exist_ok=True)
        save(target, style)
    except (BrushError, PageError) as error:
        raise ArgumentError("stroke", name, str(error).removeprefix(f"{picture}: ")) from error
    except OSError as error:
        raise ArgumentError("name", name, f"{target} cannot be written ({error.strerror}); {remedy(error)}") from error
    return {"name": name, "note": note, "replaced": is_there}


def _is_ours(path: Path) -> bool:
    with suppress(BrushError):
        return load(path).about.endswith(_ABOUT)  # measured, or fitted since
    return True  # damaged, or of another version: it is made again
