"""Ways to find which parameters agree with the figures; every file has ``fit(problem, seed, runs, start) -> Fit``."""
