"""`lineart finetune-style`, which lineart finds by its entry point; everything heavy is imported when it is called."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineart_cli.errors import ArgumentError, ExitCode, LineartError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lineart_cli.brushes.measure import Strip
    from lineart_cli.brushes.style import Style

_EXTRA = "pip install 'lineart[train]'"


def finetune_style(
    picture: Annotated[
        Path | None,
        typer.Argument(help="Picture of one stroke, black on white, its pressure rising from left to right."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the brush; else that of the picture or folder.", metavar="NAME")
    ] = None,
    from_lineart: Annotated[
        Path | None,
        typer.Option(help="Learn from pages that you inked yourself, in this folder, instead.", metavar="FOLDER"),
    ] = None,
    minutes: Annotated[float, typer.Option(help="Most that it may take.", min=0.05, max=60)] = 4.5,
) -> None:
    """Fits a brush of your own; --brush NAME then finds it, and its file works wherever lineart does.

    Ctrl-C keeps the best so far; called again, it goes on.
    """
    if (picture is None) == (from_lineart is None):
        raise ArgumentError("finetune-style", "", "give either a picture of a stroke, or --from-lineart FOLDER")
    source = picture or from_lineart
    if source is None or not source.exists():
        raise ArgumentError("finetune-style", source, "no such file or folder; check the spelling")
    _train(source, _name(name or source.stem), minutes)


def _name(name: str) -> str:
    if not re.fullmatch(r"\w[\w .-]*", name) or "," in name:
        raise ArgumentError("--name", name, "write letters, digits, spaces, dots, - and _")
    return name


def _train(source: Path, name: str, minutes: float) -> None:
    try:
        from lineart_train.style.finetune import finetune
    except ImportError as error:
        raise LineartError(
            f"finetune-style needs the training extra ({error.name} is missing); run {_EXTRA}"
        ) from error
    from dataclasses import replace

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from lineart_cli.brushes import store
    from lineart_cli.brushes.style import SUFFIX, save

    console = Console(stderr=True)
    strip, turn, taper, note = _seen(source)
    if note:
        console.print(f"{source}: {note}", markup=False, highlight=False)
    if name in store.shipped():
        raise ArgumentError("--name", name, "is one of lineart's own brushes; give it another name")
    folder = store.folder()
    target = folder / f"{name}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentError("finetune-style", folder, f"cannot be made ({error.strerror})") from error
    columns = (TextColumn("fitting"), BarColumn(), TextColumn("{task.fields[said]}"), TimeRemainingColumn())
    stopped = False
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=1.0, said="")

        def keep(style: Style) -> None:
            save(target, replace(style, turn=turn, taper=taper))

        def tell(done: float, loss: float) -> None:
            bar.update(task, completed=done, said=f"difference {loss:.3f}")

        try:
            finetune(strip, f"trained from {source.name}", minutes, folder / f".{name}.progress", keep, tell)
        except KeyboardInterrupt:
            stopped = True
    _preview(strip, target, folder / f"{name}.png")
    console.print(f"Wrote {target} and a preview beside it; draw with --brush {name}.", markup=False, soft_wrap=True)
    if stopped:
        raise typer.Exit(ExitCode.INTERRUPTED)


def _seen(source: Path) -> tuple[Strip, tuple[float, ...], float, str]:
    """The stroke to learn, what a straight stroke does not show, and what had to be guessed."""
    from lineart_cli.brushes.picture import strip_of
    from lineart_cli.brushes.style import EVEN
    from lineart_cli.errors import PageError
    from lineart_cli.files import IMAGE_SUFFIXES
    from lineart_train.style.pages import learn

    try:
        if source.is_file():
            strip, note = strip_of(source, _ink(source))
            return strip, EVEN.turn, EVEN.taper, note
        found = sorted(each for each in source.iterdir() if each.suffix.lower() in IMAGE_SUFFIXES)
        hand = learn(map(_ink, found))
    except PageError as error:
        raise ArgumentError("finetune-style", error.path, str(error).removeprefix(f"{error.path}: ")) from error
    except ValueError as error:
        raise ArgumentError("--from-lineart", source, str(error)) from error
    return hand.strip, hand.turn, hand.taper, f"thickness by {len(found)} pages, taper {hand.taper:.1f} times as long"


def _ink(path: Path) -> NDArray[np.float32]:
    """(H, W) darkness of a picture."""
    import numpy as np

    from lineart_cli import pages
    from lineart_cli.options import InkOptions

    return np.subtract(1, pages.read_grey(path, InkOptions()), dtype=np.float32)


def _preview(strip: Strip, style: Path, path: Path) -> None:
    """The stroke that was given, and below it the one that the style draws."""
    import numpy as np
    from PIL import Image

    from lineart_cli.brushes.measure import draw, half_width
    from lineart_cli.brushes.style import load

    drawn = draw(strip, load(style), 2 * half_width(strip))
    Image.fromarray((255 * (1 - np.concatenate([strip.whole, drawn]))).astype(np.uint8)).save(path)
