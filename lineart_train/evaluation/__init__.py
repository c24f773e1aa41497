"""How good ink is, and what artists' strokes are like."""
