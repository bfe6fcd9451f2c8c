"""Replications until a figure of the answer is known closely enough: what is wanted, when to stop, and running on."""
