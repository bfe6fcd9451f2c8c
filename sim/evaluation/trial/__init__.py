"""A simulated evaluation: who is compared with whom, what it finds, and what is true."""
