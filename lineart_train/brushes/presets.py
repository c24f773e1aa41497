"""The ten brushes that lineart ships, as the engine draws them."""

from __future__ import annotations

from lineart_train.brushes.engine import Brush

PRESETS: dict[str, tuple[str, Brush]] = {
    "technical_pen": ("even from end to end", Brush()),
    "fineliner": (
        "nearly even, a little thinner where the hand is light",
        Brush(width=((0.0, 0.72), (0.5, 0.9), (1.0, 1.0)), taper=1.0),
    ),
    "ink_pen": (
        "a flexible nib: tapered ends, swells with pressure",
        Brush(width=((0.0, 0.08), (0.3, 0.45), (0.7, 0.78), (1.0, 1.0)), taper=7.0),
    ),
    "brush_pen": (
        "strong thick and thin, long points",
        Brush(width=((0.0, 0.03), (0.3, 0.22), (0.6, 0.55), (1.0, 1.0)), taper=12.0),
    ),
    "marker": (
        "broad and blunt, not quite black",
        Brush(width=((0.0, 0.88), (1.0, 1.0)), opacity=((0.0, 0.72), (1.0, 0.88)), hardness=0.9),
    ),
    "calligraphy": (
        "a broad edge held at 45 degrees: thick and thin by direction",
        Brush(width=((0.0, 0.8), (1.0, 1.0)), roundness=0.2, angle=135.0),
    ),
    "pencil": (
        "graphite on paper: grey where light, grainy",
        Brush(
            width=((0.0, 0.45), (1.0, 1.0)),
            opacity=((0.0, 0.12), (0.5, 0.55), (1.0, 0.88)),
            hardness=0.45,
            taper=2.0,
            grain=0.5,
            grain_size=2.5,
        ),
    ),
    "soft_pencil": (
        "a soft lead: broad, velvety, coarse grain",
        Brush(
            width=((0.0, 0.55), (1.0, 1.0)),
            opacity=((0.0, 0.15), (0.5, 0.6), (1.0, 0.92)),
            hardness=0.2,
            taper=3.0,
            grain=0.65,
            grain_size=3.5,
        ),
    ),
    "charcoal": (
        "dry and coarse, breaks up on the paper's tooth",
        Brush(
            width=((0.0, 0.6), (1.0, 1.0)),
            opacity=((0.0, 0.15), (0.5, 0.55), (1.0, 0.85)),
            hardness=0.35,
            taper=1.5,
            jitter=0.06,
            grain=0.9,
            grain_size=4.5,
        ),
    ),
    "dry_brush": (
        "a brush running dry: streaks along the stroke",
        Brush(
            width=((0.0, 0.35), (0.5, 0.8), (1.0, 1.0)),
            opacity=((0.0, 0.3), (0.5, 0.65), (1.0, 0.9)),
            hardness=0.85,
            taper=3.0,
            bristles=0.95,
        ),
    ),
}
"""What each brush is like in a few words, and its parameters, by name."""
