"""NumPy as in textbooks: the frozen loop."""

from benchmarks.textbook import textbook as run

__all__ = ["run"]
