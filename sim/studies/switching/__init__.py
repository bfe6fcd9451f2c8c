"""``families switching``: the value at which a regime would just be worth it."""
