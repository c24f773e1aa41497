"""The models that are installed, and what their cards say."""
