"""Lines drawn with a brush that is not plain."""
