"""Files by which pixels go to lineart and come back."""

import os
import shutil
import tempfile

from .helper import shared_folder

_NAMES = {name: name for name in ("pixels", "mask", "ink", "prints", "layer", "old_prints")}
_NAMES["stroke"] = "a stroke of yours"  # lineart tells by its name what a brush was made from


class Files:
    """Names for files, in a folder of their own that `clear` takes away.

    `pixels` and `mask` are of the sketch, `ink` and `prints` of its new ink, `layer` and `old_prints` of the last one;
    `stroke` is for a brush.
    """

    def __init__(self):
        folder = shared_folder()
        os.makedirs(folder, exist_ok=True)
        self._folder = tempfile.mkdtemp(prefix="lineart-krita-", dir=folder)
        for attribute, name in _NAMES.items():
            setattr(self, attribute, os.path.join(self._folder, name))

    def renew(self, is_other):
        """Let the sketch in `pixels` be the one beside it, whose name ends in "-new", if that is another one."""
        if is_other:
            os.replace(self.pixels + "-new", self.pixels)

    def clear(self):
        """Take the files away."""
        shutil.rmtree(self._folder, ignore_errors=True)  # on Windows a file that lineart reads stays until it is read
