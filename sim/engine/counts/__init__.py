"""What is written down: the axes of a record and the recorders that fill it; no money."""
