"""Turns scanned pencil sketches into clean ink. Importing this package loads nothing else."""

__version__ = "0.1.0"
