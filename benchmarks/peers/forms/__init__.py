"""One file a form: ``run(n, steps, seed)`` gives counts (point, state) and the total discounted cost."""
