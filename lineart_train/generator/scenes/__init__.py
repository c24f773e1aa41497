"""What is drawn: clean curves, as lists of (N, 2) float32 points in px at 300 dpi (x right, y down)."""
