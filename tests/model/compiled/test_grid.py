"""Factors and axes: values that nothing tells apart share a class, and tables say what the expression says of a row.

Theory: a table is the expression evaluated at one raw value of each class; it is right if, for every combination of raw
values, looking up the classes gives what evaluating the expression gives. Random expressions are checked cell by cell.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ModelError
from sim.language.evaluate import parse
from sim.model.compiled.factors import Factor, raw_size
from sim.model.compiled.grid import fold, reduced
from sim.model.compiled.model import compile_model
from sim.model.compiled.program import compile_chain
from sim.model.compiled.scope import Moment, Reader, Source, moment
from sim.model.spec import LookupTable, Memory, Model, Trait, Unit
from tests.strategies import FIXED, make_chain, make_effect, make_model, make_service

CARE = make_chain("care", "home plan away", {"home -> plan": 0.1}, unit="child")
MOOD = make_chain("mood", "well low bad", {"well -> low": 0.2, "low -> bad": 0.3, "bad -> well": 0.1})


def model(**rest) -> Model:
    options = {
        "units": (Unit("family", 100), Unit("child", of="family", number="children", age_steps=(0, 30))),
        "traits": (
            Trait("children", (1.0, 2.0, 3.0), (0.5, 0.3, 0.2)),
            Trait("frailty", (0.5, 1.0, 1.5), (0.3, 0.4, 0.3)),
        ),
        "tables": {"by_age": LookupTable("by_age", "age", "bands", (0.0, 1.0, 2.0), (1.0, 2.0, 1.0))},
        "memories": (Memory("bad_months", parse("mood >= low"), 5),),
        **rest,
    }
    return make_model([MOOD, CARE], 100, 12, 1 / 12, **options)


def lookup(factor: Factor, now: Moment) -> tuple[np.ndarray, np.ndarray]:
    """Give the value at every combination of raw values, evaluated and looked up."""
    sources = factor.sources
    sizes = [raw_size(s, factor.reader, 12) for s in sources]
    direct = factor.values({s: np.arange(n, dtype=float) for s, n in zip(sources, sizes, strict=True)}, now)
    axes = fold([factor], factor.reader)
    table = np.broadcast_to(reduced(factor, axes, now), [axis.size for axis in axes])
    by_source = {axis.source: (i, axis.classes) for i, axis in enumerate(axes)}
    found = np.empty(direct.shape)
    for raw in itertools.product(*(range(n) for n in sizes)):
        index = [0] * len(axes)
        for source, value in zip(sources, raw, strict=True):
            if source in by_source:
                index[by_source[source][0]] = by_source[source][1][value]
        found[raw] = table[tuple(index)]
    return direct, found


ATOMS = [
    "mood >= low",
    "frailty",
    "children - 1",
    "bad_months >= 3",
    "any(care == away)",
    "count(care >= plan)",
    "month / 6",
    "k < 3",
]


@given(parts=st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3), step=st.integers(0, 11), more=st.booleans())
@FIXED
def test_tables_say_what_expressions_say(parts: list[str], step: int, more: bool):
    text = (" + " if more else " * ").join(f"({part})" for part in parts)
    factor = Factor(Reader(model(), "family", "mood"), parse(text))
    direct, found = lookup(factor, moment(model(), step))
    assert np.array_equal(direct, found), text


@pytest.mark.parametrize(
    ("text", "unit", "sizes"),
    [
        ("mood >= low", "family", {Source("chain", "mood"): 2}),
        ("frailty > 0", "family", {}),
        ("bad_months >= 3", "family", {Source("memory", "bad_months"): 2}),
        ("any(care == away)", "family", {Source("count", "==(care,away)"): 2}),
        ("count(care == away)", "family", {Source("count", "==(care,away)"): 4}),
        ("table(by_age, age)", "child", {Source("age"): 2}),
        ("exp(-k / 3)", "child", {Source("k", "care"): 13}),
        ("0.9 * (k < 6) + 0.3 * (k >= 6)", "child", {Source("k", "care"): 2}),
        ("frailty * (month > 6)", "family", {Source("trait", "frailty"): 3}),
        ("mood == bad and frailty > 1", "family", {Source("chain", "mood"): 2, Source("trait", "frailty"): 2}),
    ],
)
def test_values_that_never_differ_share_a_class(text: str, unit: str, sizes: dict[Source, int]):
    factor = Factor(Reader(model(), unit, "care" if unit == "child" else "mood"), parse(text))
    assert {axis.source: axis.size for axis in fold([factor], factor.reader)} == sizes


def test_classes_are_numbered_in_raw_order():
    factor = Factor(Reader(model(), "child", "care"), parse("table(by_age, age)"))
    (axis,) = fold([factor], factor.reader)
    assert axis.first.tolist() == [0.0, 12.0]
    assert axis.classes[[0, 11, 12, 23, 24, 30]].tolist() == [0, 0, 1, 1, 0, 0]


def test_hazards_are_products_of_rate_step_and_effects():
    """By hand: 0.2 a year x 1/12 x 1.8 for need; improving is untouched; two effects multiply."""
    chain = make_chain("mood", "well low", {"well -> low": "0.2 * frailty", "low -> well": 0.6})
    need = make_chain("need", "no yes", {"no -> yes": 0.1})
    effects = (
        make_effect("a", {"mood": ["well -> low"]}, "need == yes", 1.8),
        make_effect("b", {"mood": ["well -> low"]}, "frailty > 1", 0.25),
    )
    traits = (Trait("frailty", (1.0, 2.0), (0.5, 0.5)),)
    built = make_model([need, chain], 10, 3, 1 / 12, effects=effects, traits=traits)
    program = compile_chain(built, chain)
    (group,) = program.groups
    assert group.shape == (2, 2, 2)
    hazards = {round(12 * float(h), 9) for h in np.concatenate([t.ravel() for t in _all_slots(program, built)])}
    assert hazards == {0.0, 0.2, 0.36, 0.1, 0.18, 0.6}


def _all_slots(program, built: Model) -> list[np.ndarray]:
    tables = program.tables(moment(built, 0))
    found = tables.by_slot
    return [np.asarray(part) for side in found for part in (side if isinstance(side, list) else [side])]


def test_inert_services_touch_nobody_but_services():
    """Effects of a service on others vanish; on another service, and of needs on services, they stay."""
    services = [
        make_service("help", engaged_steps=6.0),
        make_service("other", engaged_steps=6.0, dropout_rate=parse(0.4)),
    ]
    effects = (
        make_effect("help works", {"mood": ["low -> bad"]}, "help == engaged", 0.5),
        make_effect("crowded", {"other": ["engaged -> dropped_out"]}, "agencies >= 1", 2.0),
    )
    built = make_model([MOOD, *services], 10, 3, 1 / 12, effects=effects)
    for inert, reads in ((False, True), (True, False)):
        compiled = compile_model(Model(**{**built.__dict__, "services_inert": inert}))
        axes = [axis.source for group in compiled.programs["mood"].groups for axis in group.axes]
        assert (Source("chain", "help") in axes) == reads
        others = [axis.source for group in compiled.programs["other"].groups for axis in group.axes]
        assert Source("agencies") in others


@pytest.mark.parametrize(
    ("moves", "kind", "message"),
    [
        ({"well -> low": "0.1 - frailty"}, "rates", "'well -> low' of 'mood' comes to -"),
        ({"well -> low": "1 / (frailty - 1)"}, "rates", "must be at least 0 and finite"),
        ({"well -> low": "0.6 * frailty", "well -> bad": 0.3}, "probabilities", "add up to 1.2"),
        ({"well -> low": "0.3 * (cycle + 1)"}, "probabilities", ""),
    ],
)
def test_what_is_no_rate_is_refused(moves: dict[str, str], kind: str, message: str):
    chain = make_chain("mood", "well low bad", moves, kind=kind)
    built = make_model([chain], 10, 6, traits=(Trait("frailty", (0.5, 1.0, 1.5), (0.3, 0.4, 0.3)),))
    if message:
        with pytest.raises(ModelError, match=message):
            compile_chain(built, chain)
    else:
        program = compile_chain(built, chain)
        program.tables(moment(built, 2))
        with pytest.raises(ModelError, match=r"comes to 1.2 \(cycle 3\); .*at most 1"):
            program.tables(moment(built, 3))
