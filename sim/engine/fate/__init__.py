"""Fate: keyed random numbers, the same for every regime, so that nothing that is added moves another draw."""
