"""Choosing under doubt: frontiers, sensitivity, value of information, and shares of a joint gain."""
