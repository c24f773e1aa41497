"""The network, what it is given at each pass, and its losses."""
