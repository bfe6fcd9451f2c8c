"""Figures of areas that are real: a square for each local authority of England."""
