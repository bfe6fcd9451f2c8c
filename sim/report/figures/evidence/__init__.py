"""Figures of what the reading of the evidence, and the way of looking, decide."""
