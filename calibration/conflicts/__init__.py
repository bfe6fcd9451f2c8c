"""Figures that contradict each other: by arithmetic, or in the model."""
