"""Whether a calibration may be believed, and what each figure and parameter did to it."""
