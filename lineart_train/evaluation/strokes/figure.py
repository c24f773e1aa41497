"""A picture and a table of two sets of samples side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.table import Table

from lineart_train.evaluation.strokes.measure import FIGURES, Samples

SHARES = (10, 25, 50, 75, 90)
"""Percentiles of the table."""
COLUMNS = 5


def table(first: Samples, second: Samples, names: tuple[str, str]) -> Table:
    """Percentiles of every figure, the two sets one under the other."""
    shown = Table("figure", "of", *(f"{share} %" for share in SHARES), box=None, pad_edge=False)
    for figure, unit in FIGURES.items():
        for label, name, samples in ((f"{figure}, {unit}", names[0], first), ("", names[1], second)):
            values = np.percentile(samples[figure], SHARES) if len(samples[figure]) else np.full(len(SHARES), np.nan)
            shown.add_row(label, name, *(f"{value:.1f}" for value in values))
    return shown


def draw(path: Path, first: Samples, second: Samples, names: tuple[str, str]) -> None:
    """Write the cumulative distributions of every figure as a PNG (or what else the name's suffix says)."""
    from matplotlib.figure import Figure

    rows = -(-len(FIGURES) // COLUMNS)
    sheet = Figure(figsize=(3.2 * COLUMNS, 2.6 * rows), layout="constrained")
    for axes, (figure, unit) in zip(sheet.subplots(rows, COLUMNS).flat, FIGURES.items(), strict=False):
        for samples, name, style in ((first, names[0], "black"), (second, names[1], "tab:red")):
            ordered = np.sort(samples[figure])
            axes.plot(ordered, np.linspace(0, 100, len(ordered)), color=style, label=name)
        both = np.concatenate([first[figure], second[figure]])
        axes.set(
            xlabel=f"{figure}, {unit}", xlim=(0, float(np.percentile(both, 97)) if len(both) else 1), ylim=(0, 100)
        )
        axes.grid(alpha=0.3)
    sheet.axes[0].set_ylabel("% of the samples")
    sheet.axes[0].legend()
    sheet.savefig(path, dpi=80)
