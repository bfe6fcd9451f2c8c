"""``families best-use``: a regime's money spent on today's services in the best way that can be found."""
