"""Files by which pixels go to lineart and come back."""

import glob
import os
import shutil
import tempfile

from .helper import shared_folder
from .qt import QtCore

_PREFIX, _SUFFIX = "lineart-krita-", ".lock"
_NAMES = {name: name for name in ("pixels", "mask", "ink", "prints", "layer", "old_prints")}
_NAMES["stroke"] = "a stroke of yours"  # lineart tells by its name what a brush was made from


class Files:
    """Names for files, in a folder of their own that `clear` takes away; a lock beside it tells that it is in use.

    `pixels` and `mask` are of the sketch, `ink` and `prints` of its new ink, `layer` and `old_prints` of the last one;
    `stroke` is for a brush.
    """

    def __init__(self):
        folder = shared_folder()
        os.makedirs(folder, exist_ok=True)
        self._folder = tempfile.mkdtemp(prefix=_PREFIX, dir=folder)
        self._lock = _lock_of(self._folder)
        self._lock.tryLock()
        for attribute, name in _NAMES.items():
            setattr(self, attribute, os.path.join(self._folder, name))

    def renew(self, is_other):
        """Let the sketch in `pixels` be the one beside it, whose name ends in "-new", if that is another one."""
        if is_other:
            os.replace(self.pixels + "-new", self.pixels)

    def clear(self):
        """Take the files away."""
        shutil.rmtree(self._folder, ignore_errors=True)  # on Windows a file that lineart reads stays until it is read
        self._lock.unlock()


def clear_left_behind():
    """Take away the files of Kritas that have ended without doing so."""
    for path in glob.glob(os.path.join(glob.escape(shared_folder()), f"{_PREFIX}*{_SUFFIX}")):
        folder = path[: -len(_SUFFIX)]
        lock = _lock_of(folder)
        if lock.tryLock():
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlock()


def _lock_of(folder):
    """A lock that is free once the process that held it has ended, however old it is."""
    lock = QtCore.QLockFile(folder + _SUFFIX)
    lock.setStaleLockTime(0)
    return lock
