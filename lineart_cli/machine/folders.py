"""Where lineart keeps what belongs to a user of this machine."""

from __future__ import annotations

from pathlib import Path


def compiled_networks() -> Path:
    """Networks as they were compiled for this machine; may be deleted at any time."""
    import platformdirs

    return platformdirs.user_cache_path("lineart", appauthor=False) / "compiled"
