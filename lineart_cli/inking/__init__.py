"""The ink of one page, arrays in and out."""
