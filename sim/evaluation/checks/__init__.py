"""``families sanity``: a national study against what it must respect."""
