"""``families agree``: whether solvers agree on one config."""
