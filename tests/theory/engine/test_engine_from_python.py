"""Everything that a config can say can be said from Python: chains, services, regimes and priority rules, no YAML.

Theory: the dataclasses of ``sim.model.spec`` are the one door; the package is not edited. Results are hand-worked or
exact equalities, so nothing here alarms by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.engine.counts.record import QUEUE_COUNTS
from sim.engine.solvers.families import layout, replicate
from sim.errors import ModelError
from sim.language.evaluate import parse
from sim.model.spec import CostLine, Meter, Model, Quantity, Scenario, Team, Trait, World
from tests.places import TOY
from tests.strategies import make_chain, make_effect, make_model, make_scenario, make_service, watch


def large_families_first(carried: Mapping[str, np.ndarray]) -> np.ndarray:
    """A rule of one's own: the class is 0 for families with three children or more (trait class 2)."""
    return np.where(carried["children"] >= 2, 0, 1)


def written_here(workers: float = 3.0, helped: float = 0.5) -> Model:
    """A need, a crisis, a key worker who halves worsening, a cost line and a meter."""
    need = make_chain("need", "absent present", {"absent -> present": 0.4, "present -> absent": 0.6}, {"present": 0.4})
    crisis = make_chain(
        "crisis", "stable strained acute",
        {"stable -> strained": 0.6, "strained -> stable": 0.9, "strained -> acute": 0.5, "acute -> strained": 1.2},
        {"strained": 0.3, "acute": 0.1},
    )  # fmt: skip
    help_ = make_service(
        "help", when="crisis >= strained", refer_rate=parse(6), engaged_steps=6.0, stages=2,
        team=Team({"all": workers}, 10.0), priority=(("crisis", True), ("wait", True)),
    )  # fmt: skip
    effects = (
        make_effect("need hurts", {"crisis": ["stable -> strained", "strained -> acute"]}, "need == present", 1.8),
        make_effect("help", {"crisis": ["stable -> strained", "strained -> acute"]}, "help == engaged", helped),
    )
    meter = Meter("acute months", "while", "family", when=parse("crisis == acute"))
    price = Quantity(1200.0, "gbp/year")
    line = CostLine(
        "acute", meter.name, parse(1200.0), 1 / 12, price, {"council": 1.0}, "reactive", ("wide",), "resource", "DEL"
    )
    traits = (Trait("children", (1.0, 2.0, 3.0), (0.5, 0.3, 0.2)),)
    return make_model(
        [need, crisis, help_], 800, 24, 1 / 12, effects=effects, meters=(meter,), costs=(line,), traits=traits
    )


def test_a_study_from_scratch_gives_the_headline_figures():
    base, more = written_here(), World("more", "more", "as_written", written_here(workers=20.0), start=6)
    scenario = replace(make_scenario(base, seed=3, more=more), replications=3)
    ds = sim.simulate(scenario)
    found = sim.summarise(ds)
    assert set(found["regimes"]) == {"base", "more"}
    assert found["differences"]["more"]["cost_per_family_year"]["wide"]["mean"] < 0
    assert (
        found["regimes"]["more"]["wait_months"]["help"]["mean"]
        < found["regimes"]["base"]["wait_months"]["help"]["mean"]
    )
    acute = ds["cost"].sum().item()
    counted = sum(replicate(scenario, r).meters.sum() for r in range(3))
    assert acute == pytest.approx(counted * 100.0, rel=1e-12)


def test_a_rule_of_ones_own_puts_large_families_first():
    """Under the rule nobody of a small family is let in while a large one waits."""
    base = written_here(workers=1.0)

    def ruled(model: Model) -> Model:
        chain = model.chain("help")
        assert chain.service is not None
        changed = replace(chain, service=replace(chain.service, priority=large_families_first))
        return replace(model, chains=(*model.chains[:2], changed))

    seen = {"small": 0, "waiting": 0}
    before: dict[str, np.ndarray] = {}

    def look(step: int, line) -> None:
        world = line.world
        if line.regime != "ruled":
            return
        states = world.chains["help"].states
        now, large = world.state["help"].copy(), world.root.traits["children"] >= 2
        first = states.index("engaged_1")
        let_in = (now == first) & (before.get("state", now) != first)
        left_waiting = (now == states.index("waiting")) & large & world.root.active
        if left_waiting.any():
            assert not (let_in & ~large).any()
            seen["waiting"] += 1
        seen["small"] += int((let_in & ~large).sum())
        before["state"] = now

    watch(make_scenario(base, seed=3, ruled=ruled(base)), look)
    assert seen["waiting"] > 5


def test_a_rule_of_ones_own_runs_on_two_workers():
    base = written_here(workers=1.0)
    chain = base.chain("help")
    assert chain.service is not None
    ruled = replace(
        base, chains=(*base.chains[:2], replace(chain, service=replace(chain.service, priority=large_families_first)))
    )
    scenario = replace(make_scenario(ruled, seed=3), replications=2)
    one, two = (sim.simulate(scenario, workers=n)["occupancy"].values for n in (1, 2))
    assert np.array_equal(one, two)


def no_effect() -> Scenario:
    return sim.load(TOY, ["effect_set=[no_effect]"])


def test_a_service_and_a_regime_are_added_to_a_loaded_study():
    """A parenting course with a team, and a regime that doubles it: services alone differ, as no service works."""
    loaded = no_effect()
    areas = loaded.worlds[0].model.areas.names

    def course(places: float) -> object:
        team = Team(dict.fromkeys(areas, places), 10.0)
        return make_service("course", when="crisis >= strained", refer_rate=parse(2), engaged_steps=3.0, team=team)

    def more(model: Model, places: float) -> Model:
        return replace(model, chains=(*model.chains, course(places)), order=(*model.order, "course"))

    worlds = [replace(w, model=more(w.model, 1.0)) for w in loaded.worlds]
    siloed = worlds[0]
    worlds.append(World("doubled/no_effect", "doubled", "no_effect", more(loaded.worlds[0].model, 2.0), start=3))
    wider = replace(loaded, worlds=tuple(worlds))
    found, plain = replicate(wider, 0), replicate(loaded, 0)
    axes = layout(wider)
    mine = [i for i, (_, name, _) in enumerate(axes.states) if siloed.model.chain(name).service is None]
    before = [i for i, (_, name, _) in enumerate(layout(loaded).states) if siloed.model.chain(name).service is None]
    assert found.stocks[:3][:, :, mine].tobytes() == plain.stocks[:, :, before].tobytes()
    assert found.stocks[3][:, mine].tobytes() == found.stocks[0][:, mine].tobytes()
    course_at = axes.services.index("course")
    admitted = found.queue[:, course_at, QUEUE_COUNTS.index("admitted")]
    assert admitted[3] > 1.3 * admitted[0] > 0


def test_an_effect_is_added_and_switched_off():
    """An effect of 1 is no effect: the same to the last bit; of 0.5 it is felt."""
    base = written_here()

    def with_effect(times: float) -> bytes:
        effect = make_effect("luck", {"need": ["absent -> present"]}, "crisis == acute", times)
        return replicate(make_scenario(replace(base, effects=(*base.effects, effect)), seed=2), 0).stocks.tobytes()

    plain = replicate(make_scenario(base, seed=2), 0).stocks.tobytes()
    assert with_effect(1.0) == plain
    assert with_effect(3.0) != plain


@pytest.mark.parametrize("what", ["states", "meters"])
def test_regimes_of_different_structure_are_refused(what: str):
    base = written_here()
    other = replace(base, meters=())
    if what == "states":
        other = replace(base, chains=base.chains[:2], order=base.order[:2], effects=base.effects[:1])
    with pytest.raises(ModelError, match=r"regimes\.other: regimes share"):
        replicate(make_scenario(base, other=other), 0)


def test_a_name_that_nobody_has_is_said():
    base = written_here()
    with pytest.raises(
        ModelError, match="'help' is read by rows of 'family' and is not theirs; there are children, cris"
    ):
        sim.build(replace(base, chains=base.chains[:2], order=base.order[:2]))
