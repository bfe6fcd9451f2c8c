"""Families case by case: one SimPy process a family, in continuous time, for areas of up to a few thousand families.

It is the reference for waits: nobody waits for a meeting and a wait is known to the day. Hazards, first states, births,
departures, posts and what is recorded are the engine's own; time alone is new.
"""
