"""What a terminal and a log file are told."""
