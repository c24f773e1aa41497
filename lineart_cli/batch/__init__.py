"""Many pages: which are there, what becomes of each, and the folder that the ink goes to."""
