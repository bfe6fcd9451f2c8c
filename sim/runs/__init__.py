"""Many replications: in one process, several or a cluster, kept as they come, gone on with later."""
