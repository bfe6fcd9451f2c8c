"""Who helps, and how many: posts and the workforce, allocation meetings, and who is admitted."""
