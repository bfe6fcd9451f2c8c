"""One step of two chains that affect each other, against exact probabilities worked by hand from their rates.

Theory: given how many rows stand in i before a chain's pass (and what they read), the counts n_ij are exactly
Multinomial(n_i, p_ij), with p_ij = (h_ij / h_i)(1 - exp(-h_i)). The likelihood-ratio statistic
G = 2 sum n_ij ln(n_ij / (n_i p_ij)), pooled over steps and cells, is then chi-square: one test at 1e-6 for each chain.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.engine.solvers.families import Line
from sim.model.spec import Model
from tests.strategies import make_chain, make_effect, make_model, make_scenario, watch

FALSE_ALARM = 1e-6
ROWS, STEPS, DT = 20_000, 24, 1 / 12
NEED = {("absent", "present"): 0.6, ("present", "absent"): 1.2}
MOOD = {(0, 1): 0.9, (1, 0): 1.5, (1, 2): 0.8, (2, 1): 2.0, (0, 2): 0.3}
WORSE_WITH_NEED, NEED_WITH_CRISIS = 2.5, 3.0


def model(kind: str = "rates", worse: float = WORSE_WITH_NEED) -> Model:
    """Need moves first and reads functioning of the step before; functioning reads what need has become."""
    scale = 1.0 if kind == "rates" else DT  # as probabilities: rate x step
    names = ("stable", "strained", "crisis")
    need = make_chain(
        "need",
        "absent present",
        {f"{a} -> {b}": rate * scale for (a, b), rate in NEED.items()},
        {"present": 0.3},
        kind=kind,
    )
    mood = make_chain(
        "mood",
        " ".join(names),
        {f"{names[a]} -> {names[b]}": rate * scale for (a, b), rate in MOOD.items()},
        {"strained": 0.2, "crisis": 0.1},
        kind=kind,
    )
    worsen = [f"{names[a]} -> {names[b]}" for a, b in MOOD if b > a]
    scale_of = "rate" if kind == "rates" else "probability"
    effects = (
        make_effect("need hurts", {"mood": worsen}, "need == present", worse, scale_of),
        make_effect(
            "crisis breeds need", {"need": ["absent -> present"]}, "mood == crisis", NEED_WITH_CRISIS, scale_of
        ),
    )
    return make_model([need, mood], ROWS, STEPS, DT, effects=effects)


def row(hazards: np.ndarray, kind: str) -> np.ndarray:
    """Turn one row of hazards (0 for staying) a step into probabilities, staying put in place of the zero."""
    if kind == "probabilities":
        return hazards
    total = hazards.sum()
    return hazards / total * -np.expm1(-total)


def exact(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Give P(need') by (mood, need, need') and P(mood') by (need', mood, mood')."""
    need, mood = np.zeros((3, 2, 2)), np.zeros((2, 3, 3))
    for m in range(3):
        up = NEED["absent", "present"] * (NEED_WITH_CRISIS if m == 2 else 1.0)
        need[m, 0] = row(np.array([0.0, up * DT]), kind)
        need[m, 1] = row(np.array([NEED["present", "absent"] * DT, 0.0]), kind)
        for n in range(2):
            need[m, n, n] = 1 - need[m, n].sum()
    for n in range(2):
        for a in range(3):
            hazards = np.zeros(3)
            for (source, target), rate in MOOD.items():
                if source == a:
                    hazards[target] = rate * DT * (WORSE_WITH_NEED if n and target > source else 1.0)
            mood[n, a] = row(hazards, kind)
            mood[n, a, a] = 1 - mood[n, a].sum()
    return need, mood


def counts(simulated: Model, scheme: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Count moves of both chains over all steps, by what each read."""
    before: list[np.ndarray] = []
    need, mood = np.zeros((3, 2, 2), np.int64), np.zeros((2, 3, 3), np.int64)

    def look(step: int, line: Line) -> None:
        active = line.world.root.active
        now = [line.world.state[name][active].astype(np.int64) for name in ("need", "mood")]
        if before:
            np.add.at(need, (before[1], before[0], now[0]), 1)
            np.add.at(mood, (now[0], before[1], now[1]), 1)
        before[:] = now

    watch(make_scenario(simulated, seed=seed), look, scheme=scheme)
    return need, mood


def g_tail(found: np.ndarray, p: np.ndarray) -> float:
    """Give the tail of the likelihood-ratio statistic; the last axis is where rows went."""
    expected = found.sum(axis=-1, keepdims=True) * p
    assert found[p == 0].sum() == 0
    seen = found > 0
    statistic = 2 * (found[seen] * np.log(found[seen] / expected[seen])).sum()
    freedom = (p > 0).sum() - (p > 0).any(axis=-1).sum()
    return float(stats.chi2.sf(statistic, freedom))


@pytest.mark.parametrize(("kind", "scheme"), [("rates", "bytes"), ("rates", "plain"), ("probabilities", "bytes")])
def test_moves_are_multinomial(kind: str, scheme: str):
    found = counts(model(kind), scheme, seed=17)
    for counted, p in zip(found, exact(kind), strict=True):
        assert counted.sum() == ROWS * (STEPS - 1)
        assert FALSE_ALARM < g_tail(counted, p) < 1 - FALSE_ALARM


def test_an_effect_six_percent_off_is_caught():
    """A negative control: 2.65 in place of 2.5 over 460,000 family-months."""
    found = counts(model(worse=WORSE_WITH_NEED * 1.06), "bytes", seed=17)
    assert g_tail(found[1], exact("rates")[1]) < FALSE_ALARM


def test_months_are_independent():
    """Two steps running: leaving in both of two months is the product of the shares (a 2 x 2 table, one at 1e-6)."""
    flip = make_chain("flip", "a b", {"a -> b": 3.0, "b -> a": 3.0}, {"b": 0.5})
    seen = watch(
        make_scenario(make_model([flip], 100_000, 3, DT), seed=23),
        lambda step, line: line.world.state["flip"][line.world.root.active].copy(),
    )
    first, second = seen[0] != seen[1], seen[1] != seen[2]
    table = np.bincount(first * 2 + second, minlength=4).reshape(2, 2)
    p = -np.expm1(-3.0 * DT)
    exact_table = np.array([[(1 - p) ** 2, (1 - p) * p], [p * (1 - p), p * p]])
    statistic = ((table - 100_000 * exact_table) ** 2 / (100_000 * exact_table)).sum()
    assert statistic < stats.chi2.isf(FALSE_ALARM, 3)
