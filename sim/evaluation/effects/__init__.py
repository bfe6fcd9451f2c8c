"""``families fit-effects``: effects at which a simulated evaluation finds what was measured."""
