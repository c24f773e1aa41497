"""Runs: settings, canvases, steps, checkpoints."""
