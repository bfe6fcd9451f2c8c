"""Panels written out by hand, small enough to work out every answer on paper."""

import numpy as np

from sim.evaluation.trial.panel import Panel

NONE, WAITING, ENGAGED, AFTERCARE = range(4)
HOME, IN_NEED, RETURNED, PLAN, LOOKED_AFTER = range(5)


def panel(n_families: int, n_steps: int, children_each: int = 1) -> Panel:
    """Make families who all stay, are stable, await a place and are never helped, with children aged 12 at home."""
    n_children = n_families * children_each
    families, children = (n_steps, n_families), (n_steps, n_children)

    def zeros(shape: tuple[int, int]) -> np.ndarray:
        return np.zeros(shape, np.uint8)

    return Panel(
        first=0,
        parent=np.repeat(np.arange(n_families), children_each),
        programme=zeros(families),
        hub=zeros(families),
        needs=zeros(families),
        history=zeros(families),
        custody=np.zeros(families, np.bool_),
        well=np.ones(families, np.bool_),
        care=zeros(children),
        school=zeros(children),
        offending=zeros(children),
        generation=zeros(families),
        child_generation=zeros(children),
        here=np.ones(children, np.bool_),
        age=np.full(children, 12, np.uint8),
        engaged=np.array([False, False, True, False]),
        listed=np.array([True, True, False, False]),
        care_states=("home", "in_need", "returned", "plan", "looked_after"),
    )
