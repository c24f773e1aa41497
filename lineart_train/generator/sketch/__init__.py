"""How it is sketched: a hand that searches for each line, the marks it leaves, and the paper they lie on."""
