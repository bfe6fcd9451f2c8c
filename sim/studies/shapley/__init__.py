"""``families shapley``: who brought about how much of a joint saving."""
