"""A council's own return and census of its children, made into rounded rates on this machine; no row is kept."""
