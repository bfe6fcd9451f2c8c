"""No function that takes results hides a number that is none: NaN or infinity in any array argument is an error.

Comparisons, sorting, maxima and shares take NaN as false, last or least, so that an answer would come out that looks
like one. The table has every public function of economics, of beliefs about inputs and of the methods of calibration
with an array, sequence or function among its arguments; a new one has to be added here.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import numpy as np
import pytest

from calibration.conflicts.arithmetic import first_to_go
from calibration.diagnosis.diagnostics import predictive, simulated
from calibration.diagnosis.identifiability import card as card_of
from calibration.likelihood import log_likelihood, residuals, run, scaled, unscaled, with_values
from calibration.methods.convergence import convergence
from calibration.methods.emulator import build, features
from calibration.methods.history import implausibility, second_largest
from calibration.methods.narrowing import narrow
from calibration.methods.posterior import effective_share
from calibration.methods.sampling import sample
from calibration.problem import CalibrationProblem
from calibration.space import from_box, from_scores, latin_hypercube, to_box, to_scores
from sim.arrays import finite
from sim.economics import voi
from sim.economics.boxes import find_box
from sim.economics.cash.budget import deepest
from sim.economics.cash.ledger import pennies
from sim.economics.cash.pooling import contributions, losers, smallest_transfers
from sim.economics.frontier import acceptability, icer_table, net_benefit, probability_above
from sim.economics.sensitivity import sobol, tornado
from sim.economics.shapley import shapley
from sim.economics.surface import break_even_surface, first_crossing
from sim.economics.value.appraisal import payback_step
from sim.economics.value.cashability import cashable_reduction
from sim.economics.value.ratios import ratio
from sim.language.evaluate import number
from sim.model.spec import Parameter, SetFit
from sim.money.discounting import factors
from sim.runs.beliefs.distributions import Belief, dirichlet
from sim.runs.beliefs.draws import chosen_set
from sim.runs.beliefs.effects import at_ratio, parameters_at
from sim.runs.beliefs.joint_draws import SharedRow, copula, triangle
from sim.runs.replications import with_parameters
from tests.calibration.toys import linear
from tests.strategies import make_chain, make_model, make_scenario

Call = Callable[[float], Any]
"""A call of a function with sound arguments, in one of which one number is replaced by the given one."""

ROW, TABLE = np.linspace(0.1, 0.9, 40), np.linspace(0.1, 0.9, 80).reshape(40, 2)
WIDER = latin_hypercube(2, "wider", 80, 2)
BOX = np.array([[0.0] * 3, [1.0] * 3])
BELIEF = Belief(1.0, 0.5, 1.5, "normal")
LINEAR = linear()
POINTS = latin_hypercube(1, "points", 40, 3) * 2 - 1
OUTPUTS = LINEAR.predict(POINTS)
EMULATOR = build(LINEAR, POINTS, OUTPUTS)
PARAMETRIC = make_scenario(
    make_model([make_chain("c", "x y", {"x -> y": 0.1})], 10, 2, parameters={"a": Parameter("a", number(1.0))})
)


def one(values: Any, bad: float) -> np.ndarray:
    """Put a number in place of the fourth of the values, or of the last where there are fewer."""
    spoilt = np.array(values, dtype=np.float64)
    spoilt.flat[min(3, spoilt.size - 1)] = bad
    return spoilt


def named(bad: float) -> dict[str, float]:
    """Give three amounts by name, of which one is replaced."""
    return {"council": -1.0, "police": bad, "nhs": 3.0}


FUNCTIONS: dict[tuple[Callable[..., Any], str], Call] = {
    (deepest, "running"): lambda x: deepest(one(TABLE, x)),
    (pennies, "shares"): lambda x: pennies(1.0, one(ROW, x)),
    (losers, "gains"): lambda x: losers(named(x)),
    (smallest_transfers, "gains"): lambda x: smallest_transfers(named(x)),
    (contributions, "by"): lambda x: contributions(1.0, named(x)),
    (icer_table, "costs"): lambda x: icer_table([1.0, x], [1.0, 2.0]),
    (icer_table, "effects"): lambda x: icer_table([1.0, 2.0], [1.0, x]),
    (net_benefit, "costs"): lambda x: net_benefit(one(TABLE, x), TABLE, 1.0),
    (net_benefit, "effects"): lambda x: net_benefit(TABLE, one(TABLE, x), 1.0),
    (acceptability, "costs"): lambda x: acceptability(one(TABLE, x), TABLE, [1.0]),
    (acceptability, "effects"): lambda x: acceptability(TABLE, one(TABLE, x), [1.0]),
    (acceptability, "pounds_per_effect"): lambda x: acceptability(TABLE, TABLE, [1.0, x]),
    (probability_above, "draws"): lambda x: probability_above(one(ROW, x), 0.5),
    (sobol, "function"): lambda x: sobol(lambda at: one(at.sum(axis=0), x), {"a": (0.0, 1.0), "b": (0.0, 1.0)}, 16),
    (sobol, "bounds"): lambda x: sobol(lambda at: at.sum(axis=0), {"a": (0.0, x), "b": (0.0, 1.0)}, 16),
    (tornado, "function"): lambda x: tornado(lambda at: x, {"a": 1.0}, {"a": (0.0, 2.0)}),
    (tornado, "best"): lambda x: tornado(lambda at: at["a"], {"a": 1.0, "b": x}, {"a": (0.0, 2.0)}),
    (tornado, "ranges"): lambda x: tornado(lambda at: at["a"], {"a": 1.0}, {"a": (0.0, x)}),
    (shapley, "value"): lambda x: shapley(lambda some: x if len(some) == 2 else 1.0 * len(some) ** 2, "abc"),
    (payback_step, "running"): lambda x: payback_step(one(ROW, x)),
    (cashable_reduction, "reduction"): lambda x: cashable_reduction(one(TABLE, x), 1.0, 1),
    (cashable_reduction, "shares"): lambda x: cashable_reduction(TABLE, 0.1, 1, [0.5, x]),
    (factors, "schedule"): lambda x: factors([(0.0, 0.035), (30.0, x)], ROW),
    (factors, "years"): lambda x: factors([(0.0, 0.035)], one(ROW, x)),
    (ratio, "numerator"): lambda x: ratio(one(ROW, x), ROW),
    (ratio, "denominator"): lambda x: ratio(ROW, one(ROW, x)),
    (voi.expected_loss, "samples"): lambda x: voi.expected_loss(one(TABLE, x)),
    (voi.evpi, "samples"): lambda x: voi.evpi(one(TABLE, x)),
    (voi.evppi, "samples"): lambda x: voi.evppi(one(np.tile(TABLE, (3, 1)), x), np.tile(ROW, 3)),
    (voi.evppi, "inputs"): lambda x: voi.evppi(np.tile(TABLE, (3, 1)), one(np.tile(ROW, 3), x)),
    (voi.evppi_table, "samples"): lambda x: voi.evppi_table(one(np.tile(TABLE, (3, 1)), x), {"a": np.tile(ROW, 3)}),
    (voi.evppi_table, "inputs"): lambda x: voi.evppi_table(np.tile(TABLE, (3, 1)), {"a": one(np.tile(ROW, 3), x)}),
    (voi.evsi, "samples"): lambda x: voi.evsi(one(np.tile(TABLE, (3, 1)), x), np.tile(ROW, 3), 9, 9.0),
    (voi.evsi, "inputs"): lambda x: voi.evsi(np.tile(TABLE, (3, 1)), one(np.tile(ROW, 3), x), 9, 9.0),
    (voi.fitted, "samples"): lambda x: voi.fitted(one(np.tile(TABLE, (3, 1)), x), np.tile(ROW, 3)[:, None]),
    (voi.fitted, "inputs"): lambda x: voi.fitted(np.tile(TABLE, (3, 1)), one(np.tile(ROW, 3), x)[:, None]),
    (find_box, "inputs"): lambda x: find_box({"a": one(ROW, x), "b": ROW}, ROW > 0.5),
    (find_box, "holds"): lambda x: find_box({"a": one(ROW, x)}, ROW > 0.5),  # truths alone: nothing else can be none
    (break_even_surface, "inputs"): lambda x: break_even_surface(("a", "b"), one(WIDER, x), WIDER[:, 0]),
    (break_even_surface, "result"): lambda x: break_even_surface(("a", "b"), WIDER, one(WIDER[:, 0], x)),
    (break_even_surface, "ends"): lambda x: break_even_surface(("a", "b"), WIDER, WIDER[:, 0], {"a": (-1.0, x)}),
    (first_crossing, "at"): lambda x: first_crossing(one(ROW, x), ROW - 0.5),
    (first_crossing, "values"): lambda x: first_crossing(ROW, one(ROW - 0.5, x)),
    (dirichlet, "shares"): lambda x: dirichlet(one([0.5, 0.5], x), 20.0, TABLE),
    (dirichlet, "u"): lambda x: dirichlet(np.array([0.5, 0.5]), 20.0, one(TABLE, x)),
    (chosen_set, "weights"): lambda x: chosen_set(named(x) | {"council": 1.0}, 1, 1),
    (at_ratio, "curve"): lambda x: at_ratio([(0.5, -1.0), (1.0, x)], 0.7),
    (parameters_at, "ratios"): lambda x: parameters_at(SetFit("", "", ()), named(x)),
    (parameters_at, "inputs"): lambda x: parameters_at(SetFit("", "", ()), {}, named(x)),
    (with_parameters, "values"): lambda x: with_parameters(PARAMETRIC, {"a": x}),
    (copula, "ranks"): lambda x: copula(["a", "b"], {("a", "b"): x}),
    (triangle, "matrix"): lambda x: triangle(one(np.eye(3), x)),
    (first_to_go, "errors"): lambda x: first_to_go(LINEAR.targets, Counter(), [0.1, 0.1, 0.1, x]),
    (predictive, "predicted"): lambda x: predictive(LINEAR, one(OUTPUTS, x), 1),
    (simulated, "output"): lambda x: simulated(LINEAR, one(OUTPUTS[0], x), 1),
    (card_of, "draws"): lambda x: card_of(LINEAR, one(POINTS, x)),
    (scaled, "values"): lambda x: scaled(LINEAR.targets, one(OUTPUTS, x)),
    (unscaled, "values"): lambda x: unscaled(LINEAR.targets, one(OUTPUTS, x)),
    (residuals, "predicted"): lambda x: residuals(LINEAR, one(OUTPUTS, x)),
    (log_likelihood, "predicted"): lambda x: log_likelihood(LINEAR, one(OUTPUTS, x)),
    (run, "points"): lambda x: run(LINEAR, one(POINTS, x)),
    (with_values, "values"): lambda x: with_values(LINEAR, one(OUTPUTS[0], x)),
    (convergence, "chains"): lambda x: convergence(one(POINTS[:32].reshape(2, 8, 2, 3), x)),
    (features, "x"): lambda x: features(one(POINTS, x)),
    (build, "points"): lambda x: build(LINEAR, one(POINTS, x), OUTPUTS),
    (build, "outputs"): lambda x: build(LINEAR, POINTS, one(OUTPUTS, x)),
    (implausibility, "box"): lambda x: implausibility(LINEAR, EMULATOR, one(POINTS, x)),
    (second_largest, "distances"): lambda x: second_largest(one(OUTPUTS, x)),
    (narrow, "far_from"): lambda x: narrow(lambda at: one(at.sum(axis=1), x), BOX, 1.0, 1),
    (narrow, "ends"): lambda x: narrow(lambda at: at.sum(axis=1), one(BOX, x), 1.0, 1),
    (effective_share, "log_weights"): lambda x: effective_share(one(ROW, x)),
    (sample, "region"): lambda x: sample(LINEAR, EMULATOR, one(BOX, x), 1),
    (to_box, "points"): lambda x: to_box(LINEAR.parameters, one(POINTS, x)),
    (from_box, "box"): lambda x: from_box(LINEAR.parameters, one(POINTS, x)),
    (to_scores, "points"): lambda x: to_scores(LINEAR.parameters, one(POINTS, x)),
    (from_scores, "scores"): lambda x: from_scores(LINEAR.parameters, one(POINTS, x)),
}  # fmt: skip
METHODS: dict[str, Call] = {
    "belief": lambda x: Belief(0.55, 0.5, x, "normal"),
    "belief.quantile": lambda x: BELIEF.quantile(one(ROW, x)),
    "belief.cumulative": lambda x: BELIEF.cumulative(one(ROW, x)),
    "correlated.values": lambda x: copula(["a", "b"], {("a", "b"): 0.5}).values(
        {"a": BELIEF, "b": BELIEF}, one(TABLE, x)
    ),
    "shared row": lambda x: SharedRow("row", ("a", "b"), (0.4, x), 20.0),
    "shared row.values": lambda x: SharedRow("row", ("a", "b"), (0.4, 0.6), 20.0).values({}, one(TABLE, x)),
    "emulator.scaled": lambda x: EMULATOR.scaled(one(POINTS, x)),
    "emulator.predict": lambda x: EMULATOR.predict(one(POINTS, x)),
    "noise": lambda x: CalibrationProblem(LINEAR.parameters, LINEAR.targets, LINEAR.predict, one(np.zeros(4), x)),
}
DATASETS = {"counted", "biased", "summed", "discounted", "to_agencies", "present_value_per_family", "among_starts"}
"""Those that read a Dataset too: see ``tests/economics/value/test_identities.py``."""
NO_RESULTS = {
    "over_replications": "takes a task", "shared_out": "takes numbers of replications",
    "store_of_solved": "takes a digest", "recovery": "takes levels to look at",
    "run_until": "takes what runs replications",
    "laid": "writes a config, which refuses it", "scenario_at": "writes a config, which refuses it",
}  # fmt: skip


def public() -> Iterator[tuple[Callable[..., Any], str]]:
    """List the public functions with an array, a sequence, a mapping of numbers or a function, and the argument."""
    for name in ("sim.economics", "sim.runs", "calibration"):
        package = import_module(name)
        for module in (import_module(one.name) for one in walk_packages(package.__path__, f"{name}.")):
            for function in vars(module).values():
                if not inspect.isfunction(function) or function.__module__ != module.__name__:
                    continue
                for argument, said in function.__annotations__.items():
                    if function.__name__[0] != "_" and argument != "return" and takes_numbers(str(said)):
                        yield function, argument


def takes_numbers(said: str) -> bool:
    """Whether an annotation is of many numbers, or of what gives them."""
    many = ("FloatArray", "Sequence[float]", "Mapping[str, float]", "Mapping[Pair, float]", "tuple[float", "Callable",
            "Distance")  # fmt: skip
    return any(word in said for word in many)


@pytest.mark.parametrize(
    "call", [*FUNCTIONS.values(), *METHODS.values()], ids=[*(f"{f.__name__}.{a}" for f, a in FUNCTIONS), *METHODS]
)
def test_what_is_no_number_is_an_error(call: Call) -> None:
    call(0.6)  # with a number the call is sound
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match=r"finite|number"):
            call(bad)


def test_every_public_function_is_in_the_table() -> None:
    missing = {
        f"{function.__module__}.{function.__name__}: {argument}"
        for function, argument in public()
        if (function, argument) not in FUNCTIONS and function.__name__ not in DATASETS | set(NO_RESULTS)
    }
    assert missing == set()


def test_an_error_says_of_what_and_how_many() -> None:
    with pytest.raises(ValueError, match="savings: 2 of 1,000 are not finite numbers"):
        finite("savings", [*np.zeros(998), np.nan, np.inf])
