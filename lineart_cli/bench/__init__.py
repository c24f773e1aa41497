"""`lineart bench`: times this machine."""
