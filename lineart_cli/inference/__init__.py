"""The network at work: runtimes, tiles of a page, and the passes over it."""
