"""``families fees``: payment by results, and who would have been paid for anyway."""
