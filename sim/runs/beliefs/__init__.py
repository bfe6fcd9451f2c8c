"""What is believed about uncertain figures: distributions, what is drawn together, draws of a calibration."""
