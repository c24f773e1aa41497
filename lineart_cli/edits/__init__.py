"""Old ink, a picture that somebody edited, and new ink become one picture: arrays in, arrays out."""
