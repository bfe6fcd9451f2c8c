"""Fitting the model to published figures; uses the public names of ``sim``, which never imports it."""
