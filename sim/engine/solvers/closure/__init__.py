"""The moment closure: expected counts of models too large for exact cells, by small joint tables.

No table holds all that a family carries. Each holds some *variables* (a chain, a trait, the mix of its children's
states) jointly, as expected rows per family in each cell; together they close the equations for the means.

owner : the one table in which a chain moves first, by its hazards, averaged over what the table does not hold.
margin : variables that two tables share; their sums over a margin agree, which is all that one knows of the other.
conditional distribution : what a table holds given a margin; services are independent given theirs.
tilt : within a margin, cells with higher hazards of their own move more; the mean over the margin stays the owner's.

Files, each importing those before it: `axes` (variables, sums to margins), `hazards`, `plan` (which tables), `tables`
(what one knows of another), `conditional` (owner's flows, tilt), `children` (ages, mixes), `moves`, `people` (newcomers
and leavers), `services` (queues), `solve` (a step), `run` (all worlds). How large its errors are: docs/solvers.md.

Examples
--------
Of 80 calm families 60 do not drink and 20 do; crisis begins at 0.1 a month, for those who drink at twice that. The
core holds crisis alone and owns it: its chance is the mean of 1 - exp(-hazard) given what it holds, and 9.3 move.

>>> import numpy as np
>>> from sim.engine.solvers.closure.axes import Margins, Variable
>>> from sim.engine.solvers.closure.conditional import scaled
>>> calm = np.array([60.0, 20.0])  # (drink,)
>>> chance = calm @ -np.expm1([-0.1, -0.2]) / calm.sum()
>>> round(float(chance), 4), round(float(80 * chance), 2)
(0.1167, 9.34)

The table of drink follows. Both share the margin "calm", so the same 9.34 must move there; who drinks has twice the
hazard, which tilts the chance that is true of all to one for each. The exact chances are 0.0952 and 0.1813.

>>> drink = Variable("chain", "drink", 2)
>>> owner, tilt = (np.array([chance]), ()), (np.array([[1.0, 2.0]]), (drink,))  # (move, *margin)
>>> tilted, margin = scaled(Margins(), owner, tilt, calm, (drink,))
>>> tilted.round(4), round(float(tilted[0] @ calm), 2)
(array([[0.0951, 0.1813]]), 9.34)
"""
