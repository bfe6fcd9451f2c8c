"""Who there is: rows in blocks by stratum, what is fixed about them, and who comes and goes."""
