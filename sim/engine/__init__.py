"""How time passes: draws, rows, one step, two solvers, the workforce and the queues; NumPy, SciPy and SimPy alone."""
