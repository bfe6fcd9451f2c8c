"""A model compiled to arrays: chains as tables over codes, conditions as truth tables."""
