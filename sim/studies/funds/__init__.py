"""``families funds``: a fund that lends and is paid back, and a budget that agencies pool."""
