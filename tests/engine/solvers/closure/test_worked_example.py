"""The worked example of the package, and sums to margins, by hand."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from sim.engine.solvers import closure
from sim.engine.solvers.closure.axes import Margins, Variable, make_histories, make_mix
from sim.engine.solvers.closure.conditional import scaled


def test_the_example_of_the_package_is_true():
    results = doctest.testmod(closure)
    assert results.attempted == 10
    assert results.failed == 0


def test_a_tilt_keeps_the_owners_mean_over_each_value_of_the_margin():
    crisis, drink = Variable("chain", "crisis", 2), Variable("chain", "drink", 2)
    cells = np.array([[60.0, 20.0], [5.0, 15.0]])  # (crisis, drink)
    owner, tilt = np.array([[0.1, 0.3]]), np.array([[1.0, 2.0]])
    p, margin = scaled(Margins(), (owner, (crisis,)), (tilt, (drink,)), cells, (crisis, drink))
    assert margin == (crisis, drink)
    np.testing.assert_allclose((p[0] * cells).sum(axis=1), owner[0] * cells.sum(axis=1), rtol=1e-14)
    assert np.all(p[0, :, 1] > p[0, :, 0])


def test_a_finer_variable_is_summed_within_classes_and_a_coarser_one_spread_over_it():
    stage, helped, other = Variable("chain", "help", 3), Variable("classes", "help", 2), Variable("trait", "area", 2)
    stage.decides(helped, np.array([0, 0, 1]))
    margins = Margins()
    table = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # (other, stage)
    small = margins.onto(table, (other, stage), (helped, other))
    np.testing.assert_array_equal(small, [[3.0, 9.0], [3.0, 6.0]])
    np.testing.assert_array_equal(
        margins.over(small, (helped, other), (other, stage)), [[3.0, 3.0, 3.0], [9.0, 9.0, 6.0]]
    )
    assert margins.shared((other, stage), (helped,)) == (helped,)
    with pytest.raises(KeyError, match="chain help is not decided by classes help"):
        margins.onto(np.ones(2), (helped,), (stage,))


def test_a_mix_lists_the_ways_to_put_children_into_classes():
    mix = make_mix("school", [1, 2], {"out": np.array([False, True])}, apart=False)
    assert mix.members.tolist() == [[1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    assert mix.number.tolist() == [0, 0, 1, 1, 1]
    assert mix.counted("out").tolist() == [0, 1, 0, 1, 2]
    source, target = mix.shifts[0, 1]
    assert list(zip(source.tolist(), target.tolist(), strict=True)) == [(0, 1), (2, 3), (3, 4)]


def test_two_of_three_steps_need_seven_histories_and_forget_what_leaves_the_window():
    histories = make_histories("ill", window=3, bounds=[2], most_histories=100)
    assert histories.count.tolist() == [0, 1, 1, 1, 2, 2, 2]  # never; 0, 1, 2 steps ago; 0 and 1, 0 and 2, 1 and 2
    well, ill = histories.following
    assert well.tolist() == [0, 2, 3, 0, 6, 2, 3]
    assert ill.tolist() == [1, 4, 5, 1, 4, 4, 5]
