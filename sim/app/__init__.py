"""The application ``families app``: move a lever and see families' lives change, on the real engine, at this machine.

Pages and their words are here; what is simulated, priced and drawn comes from the rooms below, as a report's is.
"""
