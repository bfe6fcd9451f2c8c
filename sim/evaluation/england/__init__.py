"""England's local authorities: what is published of each, what it says of rates, and how it is shown."""
