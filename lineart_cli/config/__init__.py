"""Options that are kept in a TOML file: read and checked, and joined with those on the command line."""

from lineart_cli.config.chosen import Chosen, choose
from lineart_cli.config.file import NAME, ConfigFile, Value, find, load
from lineart_cli.config.sources import chosen_for

__all__ = ["NAME", "Chosen", "ConfigFile", "Value", "choose", "chosen_for", "find", "load"]
