"""``families evaluate``: what each evaluation design would report, how far off, and why."""
