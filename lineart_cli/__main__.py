"""`python -m lineart_cli` is `lineart`."""

from __future__ import annotations

from lineart_cli.app import main

if __name__ == "__main__":
    main()
