"""What an expression says: text to a tree, what its names and functions are, and its value; never ``eval``."""
