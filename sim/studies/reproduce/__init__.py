"""Makes the results of a finished run again, here or in an environment of the versions that made them."""
