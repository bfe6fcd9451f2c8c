"""A council's own return on looked-after children, made into rounded rates on this machine; no row is kept."""
