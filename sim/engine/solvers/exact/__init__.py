"""Exact expectations of small models: cells with weights in place of rows."""
