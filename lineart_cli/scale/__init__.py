"""How large a drawing is drawn, and so how many pixels the network is given of it."""
