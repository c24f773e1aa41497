"""Styles: how near they come to their brushes, and how they are made from pictures and pages."""
