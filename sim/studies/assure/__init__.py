"""Writes the assurance pack of a finished run: what a reviewer needs before anyone may rely on it."""
