"""Before and after, a matched comparison and the truth: on panels written by hand, and where nothing helps.

Theory: whoever is chosen at a bad moment gets better whatever is done (regression to the mean, Galton 1886), so that
before and after finds an effect where there is none, while the twin under the same draws finds none: exactly 1.
"""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.errors import ModelError
from sim.evaluation.trial.evaluation import QUESTIONS, Question
from sim.evaluation.trial.naive import ASKED, before_after, three_ways
from sim.evaluation.trial.trial import MONTHS, admissions, twin
from sim.results.folder.beside import Answer, Contrast
from tests.evaluation.trial.small_panels import ENGAGED, LOOKED_AFTER, panel

ENTRY = MONTHS + 1
LONG = ENTRY + MONTHS + 1
LATE = Question("looked after, months 19-24", "looked_after", (19, 24))
ANY = Question("custody within 24 months", "adult_custody", (1, 24))


def test_the_same_families_are_counted_before_and_after() -> None:
    """Two served families with a child each: one in care for 3 of the 6 months before entry and for all 6 after.

    Before: 3 of 12 child-months; after, months 19 to 24: 6 of 12. The third family is not served and counts in neither.
    """
    p = panel(3, LONG)
    p.programme[ENTRY, :2] = ENGAGED
    p.care[ENTRY - 3 : ENTRY, 0] = LOOKED_AFTER
    p.care[ENTRY + 19 : ENTRY + 25, 0] = LOOKED_AFTER
    p.care[:, 2] = LOOKED_AFTER
    p.care[ENTRY, 2] = 0  # at home in the month of entry, so that it is a comparison for them
    assert before_after(p, admissions(p, [ENTRY]), LATE) == (0.5, 0.25)


def test_of_custody_the_first_event_counts() -> None:
    """Two families: both in custody for months before, twice; after it one of them once: risks 1 and 1/2."""
    p = panel(3, LONG)
    p.programme[ENTRY, :2] = ENGAGED
    for month in (ENTRY - 20, ENTRY - 4):
        p.custody[month, :2] = True
    p.custody[ENTRY + 10 : ENTRY + 14, 0] = True
    after, before = before_after(p, admissions(p, [ENTRY]), ANY)
    assert (after, before) == pytest.approx((0.5, 1.0))


def test_whoever_took_the_place_of_a_family_is_not_that_family() -> None:
    """A family that came 10 months before entry is looked at for those months alone; custody was another's."""
    p = panel(2, LONG)
    p.programme[ENTRY, 0] = ENGAGED
    p.custody[: ENTRY - 10, 0] = True
    p.generation[ENTRY - 10 :, 0] = 1
    p.generation[ENTRY - 10 :, 1] = 1
    assert before_after(p, admissions(p, [ENTRY]), ANY) == (0.0, 0.0)


def test_nobody_served_has_no_level() -> None:
    p = panel(2, LONG)
    assert all(math.isnan(level) for level in before_after(p, admissions(p, [ENTRY]), LATE))


@pytest.mark.parametrize("question", ASKED, ids=lambda q: q.name)
def test_after_is_what_the_twin_counts_of_the_served(question: Question) -> None:
    """Both look at the same families in the same months, so that their level after entry is one number."""
    rng = np.random.default_rng(3)
    p = panel(60, LONG, children_each=2)
    p.programme[ENTRY, :40] = ENGAGED
    p.custody[:] = rng.random(p.custody.shape) < 0.02
    p.care[:] = rng.integers(0, 5, p.care.shape)
    p.school[:] = rng.integers(0, 3, p.school.shape)
    p.offending[:] = 2 * (rng.random(p.offending.shape) < 0.03)
    p.well[:] = rng.random(p.well.shape) < 0.5
    p.care[ENTRY] = p.school[ENTRY] = p.offending[ENTRY] = 0  # all alike at entry, so that each has a comparison
    p.well[ENTRY] = True
    trials = admissions(p, [ENTRY])
    assert len(trials[0].served) == 40
    after, _ = before_after(p, trials, question)
    served, other = question.levels(twin(p, p, trials, [question.outcome]))
    assert served == other == pytest.approx(after, rel=1e-12)


def test_windows_within_others_are_left_out() -> None:
    assert len(ASKED) == len(QUESTIONS) - 2
    assert {question.outcome for question in ASKED} == {question.outcome for question in QUESTIONS}


def answer(ratio: float) -> Answer:
    one = Contrast(0.1, 0.1 / ratio if ratio else 0.0, ratio, ratio * 0.9, ratio * 1.1, 0.0, None, None)
    return Answer("custody", "measured", one, replace(one, ratio=math.nan, ratio_low=None), one)


def test_answers_survive_being_written() -> None:
    """JSON has no NaN: what cannot be said is null, and NaN again when read."""
    text = json.dumps(answer(0.8).to_dict(), allow_nan=False)
    back = Answer.from_dict(json.loads(text))
    assert back.naive == answer(0.8).naive
    assert math.isnan(back.evaluated.ratio)
    assert back.evaluated.ratio_low is None


def test_there_must_be_a_before() -> None:
    scenario = sim.load("demo", ["clock.steps=50", "units.family.warm_up=6", "units.family.size=100"])
    with pytest.raises(ModelError, match=r"starts 18 steps after .* needs 24: give units\.family\.warm_up more"):
        three_ways(scenario, "measured")
    with pytest.raises(ModelError, match="no regime 'integrated' under the evidence set 'hearsay'"):
        three_ways(scenario, "hearsay")


@pytest.mark.slow
def test_where_nothing_helps_the_truth_is_nothing_and_before_and_after_is_not() -> None:
    """4,000 families, two replications.

    Adults' mental health is the commonest outcome: over 1,000 families are helped, so that its ratio before and after
    has a standard error of some 0.02; on the nation it is 1.06.
    """
    scenario = sim.load("demo", ["clock.steps=50", "effect_set=[no_effect]", "units.family.size=4000"])
    found = {one.question: one for one in three_ways(scenario, "no_effect", replications=2)}
    assert len(found) == len(ASKED)
    for one in found.values():
        assert one.true.served == one.true.other
    assert found["good mental health of adults, months 19-24"].naive.ratio > 1.0


@pytest.mark.parametrize("question", [ANY, LATE], ids=["first event", "share"])
def test_what_happens_in_a_single_month_counts_on_its_side_of_entry_alone(question: Question) -> None:
    """Impulses: before are as many months as the window has, up to the month before entry; after is the window."""
    low, high = question.months
    length, entry = high - low + 1, ENTRY + 1
    for offset in range(-MONTHS - 1, MONTHS + 1):
        p = panel(2, LONG + 1)
        p.programme[entry, 0] = ENGAGED
        if question is ANY:
            p.custody[entry + offset, 0] = True
        else:
            p.care[entry + offset, :] = LOOKED_AFTER  # both, so that they are alike in the month of entry
        once = 1.0 if question is ANY else 1.0 / length
        after, before = before_after(p, admissions(p, [entry]), question)
        assert after == pytest.approx(once * (low <= offset <= high)), offset
        assert before == pytest.approx(once * (-length <= offset <= -1)), offset
