"""How the lines are drawn: brushes, and the ink they make."""
