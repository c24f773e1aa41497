"""A brush measured from pictures of its strokes."""
