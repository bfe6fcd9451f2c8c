"""``families optimise``: the best setting of levers within a budget."""
