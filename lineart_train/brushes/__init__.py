"""How brushes draw: an engine, ten brushes, and how near lineart's ink comes to them."""
