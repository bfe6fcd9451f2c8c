"""The figures of a run by topic; each ``plot_*`` draws on one pair of axes."""
