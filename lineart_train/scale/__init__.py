"""The scale of a drawing: a small network that tells how large a page is drawn, and its training."""
