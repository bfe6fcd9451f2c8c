"""The reference job and a queue as the users of other programs would write them, each in an environment of its own."""
