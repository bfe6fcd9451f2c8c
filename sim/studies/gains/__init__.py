"""``families gains``: which families gain, lose and wait longer."""
