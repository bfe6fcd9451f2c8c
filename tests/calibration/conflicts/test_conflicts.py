"""Contradictions by arithmetic, on statements as published; contradictions of a model whose limits are known."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.conflicts.arithmetic import Conflict, arithmetic_conflicts
from calibration.conflicts.model import model_conflicts
from calibration.methods.emulator import build
from calibration.problem import CalibrationProblem, Definition, Target
from calibration.space import from_box, latin_hypercube
from sim.arrays import FloatArray
from tests.calibration.published import ALL, CLAIMS, COST, FALL, SAVING, said
from tests.calibration.toys import problem

BY_NAME = {claim.name: claim for claim in CLAIMS}


def found(*names: str) -> tuple[Conflict, ...]:
    """Give the conflicts among some of the claims."""
    return arithmetic_conflicts([BY_NAME[name] for name in names], (SAVING,))


@pytest.mark.parametrize(
    ("names", "kind", "over"),
    [
        (("average_saving", "average_cost"), "fact", ""),
        (("average_cost", "measured_cost"), "definition", "ledger: wide or narrow"),
        (("measured_fall", "no_net_impact"), "definition", "net: gross or net"),
        (("episode_claimed", "episode_measured"), "fact", ""),
    ],
)
def test_published_contradictions_are_found(names: tuple[str, str], kind: str, over: str) -> None:
    (one,) = found(*names)
    assert set(one.names) == set(names)
    assert one.kind == kind
    assert over in "; ".join(one.differs)
    assert one.distance > 3


def test_a_month_and_twelve_of_them_agree() -> None:
    """£1,300 to 1,900 a month is £15,600 to 22,800 for twelve; £15,500 to 23,000 was published."""
    assert found("month_of_help", "year_of_help") == ()
    dear = replace(BY_NAME["year_of_help"], value=60_000.0)
    assert len(arithmetic_conflicts([BY_NAME["month_of_help"], dear], ())) == 1


def test_all_claims_together_give_these_pairs_and_no_others() -> None:
    pairs = {frozenset(one.names) for one in arithmetic_conflicts(CLAIMS, (SAVING,))}
    falls, costs = ("average_saving", "measured_fall", "no_net_impact"), ("average_cost", "measured_cost")
    assert pairs == {
        *(frozenset(pair) for pair in zip(falls, falls[1:] + falls[:1], strict=True)), frozenset(costs),
        frozenset(("average_saving", "average_cost")), frozenset(("average_saving", "measured_cost")),
        frozenset(("episode_claimed", "episode_measured")),
    }  # fmt: skip


def test_conflicts_of_fact_come_first() -> None:
    kinds = [one.kind for one in arithmetic_conflicts(CLAIMS, (SAVING,))]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {"fact", "definition"}


def test_a_national_total_is_brought_to_one_family() -> None:
    """£9 billion for 120,000 families is £75,000: no conflict; £4 billion for as many is one."""
    total = Definition(COST, ledger="wide", population=ALL, statistic="mean", months=12, count=120_000)
    nine, four = said("nine", 9e9, 2.5e8, total, "C2"), said("four", 4e9, 2.5e8, total, "C3")
    assert arithmetic_conflicts([BY_NAME["average_cost"], nine], ()) == ()
    (one,) = arithmetic_conflicts([BY_NAME["average_cost"], four], ())
    assert one.kind == "fact"


def test_the_stated_discrepancy_reconciles_and_a_little_less_does_not() -> None:
    for one in arithmetic_conflicts(CLAIMS, (SAVING,)):
        dropped = BY_NAME[one.drop]
        others = [BY_NAME[name] for name in one.names if name != one.drop]
        for factor, left in ((1.001, 0), (0.98, 1)):
            error = float(np.hypot(dropped.standard_error, factor * one.discrepancy))
            both = [replace(dropped, standard_error=error), *others]
            assert len(arithmetic_conflicts(both, (SAVING,))) == left, one.names


def test_a_claim_gives_way_to_a_figure_that_is_fitted() -> None:
    fitted = replace(BY_NAME["episode_measured"], kind="fit")
    (one,) = arithmetic_conflicts([BY_NAME["episode_claimed"], fitted], ())
    assert one.drop == "episode_claimed"


def test_an_evaluation_stands_against_a_claim_that_is_more_precise() -> None:
    """No net impact, against similar families, and a fall of £70,000 announced to the pound."""
    evaluation = replace(BY_NAME["no_net_impact"], quality="compared", standard_error=2000.0)
    claim = replace(BY_NAME["average_saving"], standard_error=1.0)
    (one,) = arithmetic_conflicts([evaluation, claim], ())
    assert (one.drop, one.rule) == ("average_saving", "quality of evidence: it is announced, the other compared")
    for quality, dropped in (("randomised", "no_net_impact"), ("measured", "average_saving")):
        (one,) = arithmetic_conflicts([evaluation, replace(claim, quality=quality)], ())  # type: ignore[arg-type]
        assert one.drop == dropped


def test_of_equal_evidence_the_less_precise_goes_and_advice_says_so() -> None:
    first, second = said("first", 10.0, 1.0, Definition(COST), "C1"), said("second", 20.0, 2.0, Definition(COST), "C2")
    (one,) = arithmetic_conflicts([first, second], ())
    assert (one.drop, one.rule) == ("second", "precision: it has the larger error")
    (one,) = arithmetic_conflicts([first, replace(second, standard_error=1.0)], ())
    assert one.rule == "none: nothing tells them apart"
    third = said("third", 30.0, 0.1, Definition(COST), "C3")
    fit = [replace(target, kind="fit", quality="measured") for target in (first, second)]
    drops = {one.names: (one.drop, one.rule) for one in arithmetic_conflicts([*fit, third], ())}
    assert drops["first", "third"] == ("third", "quality of evidence: it is announced, the other measured")
    (one,) = arithmetic_conflicts([fit[0], replace(third, quality="measured")], ())
    assert (one.drop, one.rule) == ("third", "kind: a claim goes before what is fitted")


def test_many_weak_figures_go_before_one_strong_one() -> None:
    """A trial against three announcements that agree: without quality the odd one out goes, with it the three."""
    one = problem(lambda x: x[:, [0, 0, 0, 0]], [0.0, 0.1, -0.1, 4.0], 1)
    *weak, trial = one.targets
    targets = (*(replace(target, quality="announced") for target in weak), replace(trial, quality="randomised"))
    sets = told(replace(one, targets=targets))
    assert {found.names: found.drop for found in sets} == {(f"t{i}", "t3"): f"t{i}" for i in range(3)}
    assert {found.rule for found in sets} == {"quality of evidence: it is announced, the other randomised"}


def test_another_caseload_makes_it_a_conflict_of_definition() -> None:
    measured = BY_NAME["episode_measured"]
    light = replace(measured, definition=replace(measured.definition, given=(("caseload", "15"),)))
    (one,) = arithmetic_conflicts([BY_NAME["episode_claimed"], light], ())
    assert (one.kind, one.differs) == ("definition", ("caseload: 6 or 15",))


def test_what_says_no_time_is_not_held_against_what_does() -> None:
    timeless = said("timeless", 1.0, 0.1, Definition(COST), "none")
    assert arithmetic_conflicts([BY_NAME["average_cost"], timeless], ()) == ()


def test_a_price_year_explains_a_tenth_and_no_more() -> None:
    base = Definition("q", price_year=2010)
    for value, kind in ((105.0, "definition"), (150.0, "fact")):
        pair = [said("a", 100.0, 0.5, base, ""), said("b", value, 0.5, replace(base, price_year=2013), "")]
        assert arithmetic_conflicts(pair, ())[0].kind == kind


def test_a_saving_within_its_share_is_no_conflict() -> None:
    small = said("small", 40_000, 2_000, Definition(FALL, ledger="wide", months=12), "")
    assert arithmetic_conflicts([small, BY_NAME["average_cost"]], (SAVING,)) == ()


def told(one: CalibrationProblem, kinds: tuple[str, ...] = ("fit",)) -> tuple[Conflict, ...]:
    """Give the model's conflicts, by an emulator over the whole box."""
    box = latin_hypercube(4, "runs", 60, len(one.parameters))
    points = from_box(one.parameters, box)
    return model_conflicts(one, build(one, points, one.predict(points)), 1, kinds)


def test_two_figures_of_one_parameter_conflict_and_the_third_does_not() -> None:
    (one,) = told(problem(lambda x: x[:, [0, 0, 1]], [-2.0, 2.0, 1.0], 2))
    assert one.names == ("t0", "t1")
    assert one.found_by == "model"
    assert one.kind == "fact"


def test_figures_that_some_point_satisfies_give_no_conflict() -> None:
    assert told(problem(lambda x: x[:, [0, 0, 1]], [-0.5, 0.5, 1.0], 2)) == ()


def test_three_that_hold_two_by_two_are_found_as_three() -> None:
    """Figures a = 0, b = 0 and a + b = 4 with errors of 0.3: any two can hold; a + b is at most 1.8 when a and b do."""
    (one,) = told(problem(lambda x: np.stack([x[:, 0], x[:, 1], x.sum(axis=1)], axis=1), [0.0, 0.0, 4.0], 2))
    assert one.names == ("t0", "t1", "t2")
    # With the others at three standard deviations, 1.3, 2.2 or so is left to be bridged: d^2 = (gap / 3)^2 - 0.3^2.
    gap = 4.0 - 2 * 0.9
    assert one.discrepancy == pytest.approx(np.sqrt((gap / 3) ** 2 - 0.3**2), rel=0.05)


def test_a_set_larger_than_three_is_whittled_down() -> None:
    def summed(x: FloatArray) -> FloatArray:
        return np.concatenate([x, x.sum(axis=1, keepdims=True)], axis=1)

    sets = told(problem(summed, [0.0, 0.0, 0.0, 0.0, 6.0], 4))
    assert [one.names for one in sets] == [("t0", "t1", "t2", "t3", "t4")]


def test_a_figure_out_of_reach_is_a_set_of_its_own() -> None:
    (one,) = told(problem(lambda x: x[:, [0, 1]] ** 2, [-5.0, 1.0], 2))
    assert one.names == ("t0",)
    assert one.drop == "t0"
    assert one.discrepancy == pytest.approx(np.sqrt((5.0 / 3) ** 2 - 0.3**2), rel=0.05)


def test_one_figure_that_contradicts_many_is_the_one_to_drop() -> None:
    sets = told(problem(lambda x: x[:, [0, 0, 0, 0]], [0.0, 0.1, -0.1, 4.0], 1))
    assert {one.names for one in sets} == {("t0", "t3"), ("t1", "t3"), ("t2", "t3")}
    assert {one.drop for one in sets} == {"t3"}


def test_claims_join_when_asked_and_go_first() -> None:
    one = problem(lambda x: x[:, [0, 0]], [0.0, 4.0], 1)
    first, second = one.targets
    for claim, other in ((0, 1), (1, 0)):
        targets: list[Target] = [first, second]
        targets[claim] = replace(targets[claim], kind="claim")
        mixed = replace(one, targets=tuple(targets))
        assert told(mixed) == ()
        (conflict,) = told(mixed, ("fit", "claim"))
        assert conflict.drop == targets[claim].name != targets[other].name


def test_a_model_conflict_over_one_quantity_is_one_of_definition() -> None:
    one = problem(lambda x: x[:, [0, 0]], [0.0, 4.0], 1)
    pair = tuple(
        replace(target, definition=Definition("cost", ledger=ledger))
        for target, ledger in zip(one.targets, ("wide", "narrow"), strict=True)
    )
    (conflict,) = told(replace(one, targets=pair))
    assert (conflict.kind, conflict.differs) == ("definition", ("ledger: wide or narrow",))


def test_what_the_emulator_alone_forbids_is_put_to_the_model_and_let_go() -> None:
    """The figures hold together at every point above 1, by the model; the emulator stays at 3.3 and above there."""

    def step(x: FloatArray) -> FloatArray:
        return np.where(x[:, :1] > 1.0, [[0.0, 4.0]], [[4.0, 0.0]]) + 0.0 * x

    one = problem(step, [0.0, 4.0], 2)
    points = from_box(one.parameters, latin_hypercube(4, "runs", 60, 2))
    wrong = build(one, points, np.stack([4.0 - 0.1 * points[:, 0], np.full(60, 4.0)], axis=1))
    assert model_conflicts(replace(one, predict=lambda x: np.full((len(x), 2), 4.0)), wrong, 1) != ()
    assert model_conflicts(one, wrong, 1) == ()
