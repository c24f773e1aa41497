"""lineart inside Krita: the plugin, which is data here and runs in Krita's Python, and what puts it there."""
