"""``families uncertainty``: what doubt about the inputs makes of the results."""
