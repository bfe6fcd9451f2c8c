"""``families compare``: two finished runs side by side."""
