"""Public drawings become the file of clean drawings that training reads."""
