"""Leads the answer of a study to a published one, one change a step."""
