"""Prices and pounds: what a count costs, in pounds that know their price year."""
