"""What is done inside Krita, by subject; each scene returns facts for the tests, which judge them."""
