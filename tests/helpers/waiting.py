"""How long tests wait for what is sure to come: machines that run them may be busy with other things."""

LATE = 300.0
"""Seconds after which what should have happened has not."""
