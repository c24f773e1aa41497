"""Sketches with known lines: scenes, and the hand that sketches them."""
