"""Benchmarks: ratios to a frozen textbook loop."""
