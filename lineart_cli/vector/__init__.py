"""Lines as lines: from the network's distances to centre lines, their curves, and the outlines that a brush gives."""
