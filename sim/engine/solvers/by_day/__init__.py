"""Families case by case in continuous time, for areas of up to a few thousand families, and queues of cases.

It is the reference for waits: nobody waits for a meeting and waits are times. Hazards, first states, births,
departures, posts and what is recorded are the engine's own; time alone is new.
"""
