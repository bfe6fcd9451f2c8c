"""Figures of what it costs, who pays and what comes back."""
