"""Figures of waiting, places and giving up."""
