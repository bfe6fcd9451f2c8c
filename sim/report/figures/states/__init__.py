"""Figures of how families fare."""
