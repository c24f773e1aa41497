"""Turns sketches into clean ink. Importing this package loads nothing else."""

__version__ = "0.6.0"
