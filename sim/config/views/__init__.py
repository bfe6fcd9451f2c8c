"""A config for people: register of assumptions, catalogue, loops and flows drawn, starter."""
