"""`lineart try`: one sheet of a page under several options."""
