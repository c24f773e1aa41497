"""What is done to pixels before and after the network."""
