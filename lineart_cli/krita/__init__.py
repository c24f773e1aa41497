"""Krita: the plugin, and what puts it there."""
