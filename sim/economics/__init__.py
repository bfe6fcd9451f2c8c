"""Pure functions on money and time; reads the Dataset, never the engine."""
