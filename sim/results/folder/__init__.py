"""A results folder on disk: whole or absent, locked while a run is under way, with kept batches to go on from."""
