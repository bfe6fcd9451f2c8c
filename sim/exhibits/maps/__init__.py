"""Maps of places: squares of one size, not shapes."""
