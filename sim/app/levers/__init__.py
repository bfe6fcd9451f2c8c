"""The levers of a study: which figure each one moves, where they stand, to an address and to a config."""
