"""Families followed one by one through a run: their states, their bills, how much they differ."""
