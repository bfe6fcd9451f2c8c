"""Lists of states in moves: what they count, multiply and fire, in both solvers, and what is refused.

Theory: a cohort worked by hand, and the published life-years of Chancellor et al. (PharmacoEconomics 1997;12:54-66, as
exercise 2.5 of Briggs, Claxton and Sculpher 2006) with the relative risk as an effect on moves from a list of states.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sim
from sim.errors import ModelError
from sim.model.spec import Model
from tests.places import ROOT, language


def example(folder: Path) -> Path:
    blocks = re.findall(r"```yaml\n(.*?)```", language(), re.DOTALL)
    path = folder / "moves.yaml"
    path.write_text(next(block for block in blocks if "Moves from several states" in block), encoding="utf-8")
    return path


def model_of(folder: Path, *sets: str) -> Model:
    return sim.load(example(folder), list(sets)).worlds[0].model


def test_the_example_by_hand(tmp_path: Path) -> None:
    """Helped chances are 0.15 and 0.1. Each who turns acute calls once, and loses the home with one half."""
    ds = sim.expect(sim.load(example(tmp_path)))
    strained, crisis, acute, lost = 500.0, 500.0, [], 0.0
    for _ in range(3):
        acute.append(0.1 * (strained + crisis))
        strained, crisis = 0.75 * strained, 0.9 * crisis + 0.15 * strained
        lost += 0.5 * acute[-1]
    states = ds["occupancy"].squeeze()
    turned = [0.0, acute[0], sum(acute[:2]), sum(acute)]
    assert states.sel(state="crisis=acute").values.tolist() == pytest.approx(turned, rel=1e-12)
    assert float(states.sel(state="home=lost")[-1]) == pytest.approx(lost, rel=1e-12)
    assert ds["meters"].squeeze().values.tolist() == pytest.approx([0.0, *acute], rel=1e-12)


def test_published_life_years_with_the_relative_risk_as_an_effect(tmp_path: Path) -> None:
    moves = "hiv: [cd4_200_to_500, cd4_below_200, aids] -> [cd4_below_200, aids, dead]"
    effect = f'{{name: two drugs, on: "{moves}", when: cycle < 2, times: relief, scale: probability}}'
    path = tmp_path / "hiv_effect.yaml"
    path.write_text(
        f"extends: {ROOT / 'configs' / 'textbook' / 'hiv.yaml'}\nparameters: {{relief: 1}}\neffects:\n"
        f"  - {effect}\nregimes: {{two_drugs: {{set: {{parameters.relative_risk: 1, parameters.relief: 0.509}}}}}}\n",
        encoding="utf-8",
    )
    years = sim.expect(sim.load(path))["outcomes"].sel(regime="two_drugs", outcome="life_years")
    assert float(years.squeeze()) == pytest.approx(8.9373889, abs=5e-8)


def test_a_list_is_each_of_its_states(tmp_path: Path) -> None:
    """What is counted on a list is what is counted on its members; each has the amount that the list is given."""
    model = model_of(tmp_path)
    moves = {(t.source, t.target): t.expression.text for t in model.chain("crisis").transitions if t.expression}
    assert moves == {("strained", "acute"): "0.2", ("crisis", "acute"): "0.2", ("strained", "crisis"): "0.3"}
    assert model.effects[0].on == {"crisis": (("strained", "crisis"), ("strained", "acute"), ("crisis", "acute"))}
    assert [(meter.name, meter.moves) for meter in model.meters] == [
        ("crisis: [strained, crisis] -> acute", (("strained", "acute"), ("crisis", "acute")))
    ]
    (fire,) = model.chain("crisis").fires
    assert (fire.moves, fire.sources) == ((("strained", "acute"), ("crisis", "acute")), ("settled", "arrears"))


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ('costs.call-out.on="crisis: [stable, crisis] -> acute"', r"no move 'stable -> acute'; it has .*crisis"),
        ('costs.call-out.on="crisis: [strained, crsis] -> acute"', r"no state 'crsis'.*did you mean 'crisis'"),
        ('costs.call-out.on="crisis: strained -> [stable, acute]"', r"no move 'strained -> stable'"),
        ('effects.help.on="crisis: [strained, strained] -> acute"', "list of different states"),
        ('effects.help.on="crisis: [strained, any] -> acute"', "'any' stands alone"),
        ('chains.crisis.probabilities={"[strained, crisis] -> acute": 0.2, strained -> acute: 0.1}', "is given twice"),
        ('chains.crisis.probabilities={"strained -> [crisis, acute]": 0.2}', "leads to several states; give each"),
        ('chains.crisis.probabilities={"[strained, acute] -> acute": 0.2}', "goes nowhere"),
        ('chains.crisis.fires={"[strained, crisis] -> acute": ["home: [settled, gone] -> lost"]}', "no state 'gone'"),
    ],
)  # fmt: skip
def test_what_is_refused(setting: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=says):
        model_of(tmp_path, setting)
