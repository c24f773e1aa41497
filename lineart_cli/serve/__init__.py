"""`lineart serve`: ink for other programs, over stdin and stdout; see `PROTOCOL.md` beside this file."""

from lineart_cli.serve.server import Server
from lineart_cli.serve.studio import Studio

__all__ = ["Server", "Studio"]
