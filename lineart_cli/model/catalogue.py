"""The models that came with lineart: from a name to a card whose network is the one that was shipped."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lineart_cli.errors import ModelError
from lineart_cli.model.card import CARD, ModelCard, load

_PACKAGE = Path(__file__).parents[1]
HOMES = (_PACKAGE / "models", _PACKAGE.parent / "models")
"""Where models are: inside the installed package, or at the top of a checkout."""


def find(name: str, homes: tuple[Path, ...] = HOMES) -> ModelCard:
    """Find a model by the name of its folder, and check its network against the card.

    Raises:
        ModelError: there is no such model (the message lists those that exist), its card is damaged, or its network is
            missing or another one.
    """
    folders = {card.parent.name: card.parent for home in reversed(homes) for card in home.glob(f"*/{CARD}")}
    if name not in folders:
        known = ", ".join(sorted(folders)) or "none; install lineart again"
        raise ModelError(f"model {name}: not found; there is {known}")
    card = load(folders[name])
    for network, sha256 in card.files.items():
        try:
            digest = hashlib.sha256(network.read_bytes()).hexdigest()
        except OSError as error:
            raise ModelError(f"{network}: cannot be read ({error.strerror}); install the model again") from error
        if digest != sha256:
            raise ModelError(f"{network}: is not the file that its card describes; install the model again")
    return card
