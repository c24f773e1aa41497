"""`lineart finetune-style`, which lineart finds by its entry point; everything heavy is imported when it is called."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineart_cli.errors import ArgumentError, BrushError, ExitCode, LineartError, require

if TYPE_CHECKING:
    from rich.console import Console

    from lineart_cli.brushes.fitting.measure import Strip
    from lineart_cli.brushes.style import Style
    from lineart_train.finetune.pages import Hand

_EXTRA = "pip install 'lineart[brush]'"
_PREVIEW = 1600  # px of a stroke that are shown


def finetune_style(
    picture: Annotated[
        Path | None,
        typer.Argument(
            metavar="PICTURE", help="Picture of one stroke, black on white, its pressure rising from left to right."
        ),
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
    source = _source(picture, from_lineart)
    about = f"trained from {source.resolve().name}"
    target = _target(name or re.sub(r"\W+", "_", source.resolve().stem)[:60], about)
    preview = target.with_suffix(".png")
    if preview.resolve() == source.resolve():
        raise ArgumentError("PICTURE", source, "is where the brush's preview goes; move it, or give another --name")
    try:
        from lineart_train.finetune import sources
        from lineart_train.finetune.finetune import is_done, is_of_another
    except ImportError as error:
        raise LineartError(f"finetune-style needs the extra brush ({error.name} is missing); run {_EXTRA}") from error
    from rich.console import Console

    from lineart_cli.pages import libraries

    libraries.quieten()
    console = Console(stderr=True)

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    hand = sources.from_picture(source, say) if picture else sources.from_lineart(source, say)
    state, place = target.with_name(f".{target.stem}.progress"), str(source.resolve())
    if target.exists() and is_of_another(state, hand.strip, place):
        another = f"is {about.replace('trained from', 'trained from another')}; give another name, or delete {target}"
        raise ArgumentError("--name", target.stem, another)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        ended = _fitted(hand, about, place, minutes, target, state, console)
        if target.exists():
            _preview(hand.strip, target, preview)
    except OSError as error:
        reason = f"cannot be written ({error.strerror}); free some space, or check its permissions"
        raise LineartError(f"{target.parent}: {reason}") from error
    if target.exists():
        say(f"Wrote {target} and a preview beside it; draw with --brush {shlex.quote(target.stem)}.")
    if not is_done(state):
        say("There may be more to find; called again, it goes on.")
    if not ended:
        raise typer.Exit(ExitCode.INTERRUPTED)


def _source(picture: Path | None, from_lineart: Path | None) -> Path:
    """The one of both that is given and exists."""
    if picture is not None and from_lineart is None:
        option, source = "PICTURE", picture
    elif from_lineart is not None and picture is None:
        option, source = "--from-lineart", from_lineart
    else:
        raise ArgumentError("PICTURE", "or --from-lineart", "give one of both: a stroke, or pages that you inked")
    require(option, source)
    if picture and source.is_dir():
        advice = f"is a folder; to learn from inked pages in it, write --from-lineart {shlex.quote(str(source))}"
        raise ArgumentError(option, source, advice)
    return source


def _target(name: str, about: str) -> Path:
    """Where a brush of that name goes; one that was made from something else is not replaced."""
    from lineart_cli.brushes import store
    from lineart_cli.brushes.style import load

    target = store.new(name, "--name")
    if target.exists():
        with suppress(BrushError):  # of another version, or damaged: it is made again
            there = load(target).about
            if there not in {about, about.replace("trained from", "from")}:  # that was measured, and not yet fitted
                raise ArgumentError("--name", name, f"is {there}; give another name, or delete {target}")
    return target


def _fitted(hand: Hand, about: str, place: str, minutes: float, target: Path, state: Path, console: Console) -> bool:
    """Fits a style and shows how far it is; False where Ctrl-C ended it."""
    from lineart_cli.brushes.style import save
    from lineart_train.finetune.finetune import finetune
    from lineart_train.progress import bar

    with bar("fitting", console) as show:

        def keep(style: Style) -> None:
            save(target, replace(style, angle_width=hand.angle_width, taper=hand.taper))

        def tell(done: float, loss: float) -> None:
            show(done, f"difference {loss:.3f}")

        try:
            finetune(hand.strip, about, minutes, state, keep, tell, place)
        except KeyboardInterrupt:
            return False
    return True


def _preview(strip: Strip, style: Path, path: Path) -> None:
    """The stroke that was given, and below it the one that the style draws."""
    import numpy as np
    from PIL import Image

    from lineart_cli.brushes.fitting.measure import draw, half_width
    from lineart_cli.brushes.style import load

    drawn = draw(strip, load(style), 2 * half_width(strip))
    both = np.concatenate([strip.whole, drawn])[:, :_PREVIEW]
    Image.fromarray((255 * (1 - both)).astype(np.uint8)).save(path)
