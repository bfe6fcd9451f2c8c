"""How rows move: the state of every row, codes that look hazards up, one step, and what a move sets off."""
