"""How hands overdraw: the same figures measured on artists' labelled strokes and on the generator's, side by side."""
