"""Rates of England up to 2019, held against what came until 2025."""
