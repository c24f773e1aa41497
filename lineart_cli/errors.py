"""Everything that lineart reports as an error, and the exit codes it ends with.

Each message is one line: what is wrong (the file or option and its value), then what to do about it.
"""

from __future__ import annotations

import difflib
import errno
import os
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the shell sees when `lineart` ends."""

    OK = 0
    SOME_FAILED = 1
    BAD_ARGUMENTS = 2
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One short phrase for the help text."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "every page is inked",
    ExitCode.SOME_FAILED: "a page failed, and all others are inked; or the model did, or results could not be written",
    ExitCode.BAD_ARGUMENTS: "an argument is wrong; nothing was done",
    ExitCode.INTERRUPTED: "stopped with Ctrl-C; finished pages are kept",
}

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # Unicode's categories: controls, formats, surrogates, line ends
_JOINERS = "\u200c\u200d"  # formats that several scripts spell with


def one_line(text: str) -> str:
    """`text`, such as a file name, with an escape for each character that would end the line or steer a terminal."""
    return "".join(repr(each)[1:-1] if _is_unseen(each) else each for each in text)


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN and character not in _JOINERS


class LineartError(Exception):
    """The family of errors that are shown to the user as one line, without a traceback."""

    exit_code = ExitCode.SOME_FAILED

    def __init__(self, message: str) -> None:
        """Keeps `message` as a single line, whatever a file name or a library put into it."""
        super().__init__(one_line(" ".join(message.splitlines())))


class ArgumentError(LineartError):
    """An option or path on the command line cannot be used; found before any page is touched."""

    exit_code = ExitCode.BAD_ARGUMENTS

    def __init__(self, option: str, value: object, advice: str) -> None:
        """
        Args:
            option: the option or argument as the user writes it, such as `--thickness`.
            value: what was given.
            advice: what is wrong with it and what to write instead.
        """
        super().__init__(f"{option} {one_line(str(value))}: {advice}")
        self.option = option
        self.value = str(value)
        self.advice = advice


def require(argument: str, path: Path) -> None:
    """Raises ArgumentError if there is no such file or folder as was given for an argument."""
    if not path.exists():
        raise ArgumentError(argument, path, "no such file or folder; check the spelling and the folder that you are in")


class PageError(LineartError):
    """One page cannot be read, inked or written; the other pages go on."""

    def __init__(self, path: str | os.PathLike[str], reason: str, advice: str) -> None:
        """
        Args:
            path: the file at fault.
            reason: what is wrong with it.
            advice: the next step.
        """
        super().__init__(f"{one_line(os.fspath(path))}: {reason}; {advice}")
        self.path = os.fspath(path)
        self.reason = reason
        self.advice = advice


class Unreadable(Exception):  # noqa: N818 - named after what it says of a file
    """A file, or what is in it, cannot be read for a known reason."""

    def __init__(self, reason: str, advice: str) -> None:
        """
        Args:
            reason: what is wrong with it.
            advice: the next step.
        """
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


@contextmanager
def reading(subject: str, make_room: str, save_again: str) -> Iterator[None]:
    """Whatever goes wrong inside becomes a PageError.

    Args:
        subject: the file that is read, or a page of it.
        make_room: the next step where it does not fit in memory.
        save_again: the next step where it is damaged.
    """
    try:
        yield
    except PageError:
        raise
    except Unreadable as error:
        raise PageError(subject, error.reason, error.advice) from error
    except FileNotFoundError as error:
        raise PageError(subject, "is not there (any more)", "check whether it was moved or renamed") from error
    except PermissionError as error:
        raise PageError(subject, "may not be read", "check its permissions") from error
    except MemoryError as error:
        raise PageError(subject, "does not fit in memory", make_room) from error
    except Exception as error:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
        if isinstance(error, OSError) and error.filename:  # it could not even be opened
            raise PageError(subject, f"cannot be opened ({error.strerror})", "check its name and its links") from error
        raise PageError(subject, f"is cut off or damaged ({error})", save_again) from error


_PERMISSIONS, _IN_THE_WAY = "check the permissions of its folder", "take away the file that is in place of its folder"
_REMEDIES = {
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.EROFS: _PERMISSIONS,
    errno.ENOENT: "make its folder first",
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.EISDIR: "name a file, and no folder",
    errno.ENAMETOOLONG: "give it a shorter name",
}


def remedy(error: OSError) -> str:
    """The next step where a file cannot be written, by what the system says of it."""
    return _REMEDIES.get(error.errno or 0, "free some space")


class ResultsError(LineartError):
    """Standard output does not take the results.

    Attributes:
        has_reader: whether there is still somebody who reads them.
        advice: the next step.
    """

    def __init__(self, error: OSError) -> None:
        """`error`: what the system says."""
        is_closed = error.errno == errno.EBADF
        why = ", which is closed" if is_closed else f" ({error.strerror})"
        super().__init__(f"results cannot be written to standard output{why}")
        self.has_reader = not isinstance(error, BrokenPipeError)
        self.advice = "run again with it open, or into a file" if is_closed else "make room and run again"


class BrushError(LineartError):
    """The file of a brush, or the picture of one, cannot be used."""

    exit_code = ExitCode.BAD_ARGUMENTS

    def __init__(self, path: str | os.PathLike[str], advice: str) -> None:
        """
        Args:
            path: the file at fault.
            advice: what is wrong with it and what to do about it.
        """
        super().__init__(f"{one_line(os.fspath(path))}: {advice}")


class ModelError(LineartError):
    """A model folder is missing, damaged, or not what its card says."""


class EngineError(LineartError):
    """A runtime is missing, refuses the device or precision, or gave an unusable result."""


def nearest_first(word: str, words: Iterable[str]) -> list[str]:
    """Words, those that are most like a wrong one first, whatever their case."""
    wrong = word.casefold()
    return sorted(words, key=lambda each: (-difflib.SequenceMatcher(None, wrong, each.casefold()).ratio(), each))
