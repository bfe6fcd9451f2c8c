"""What the config of the answer's accounts may say: wrong names and times are refused where they stand."""

from __future__ import annotations

import pytest

import sim
from sim.errors import ModelError
from sim.model.appraisal import AnswerSpec
from tests.places import TOY

CARD = "appraisal.card={care_months: {title: in care, averted: [{while: care == looked_after}]}}"
NONE_AT_FIRST = "services.keyworker.team.workers={north: 0, south: 0, synthetic_1: 0}"
SOME = 'regimes.integrated.set."services.keyworker.team.workers"={north: 8, south: 5, synthetic_1: 2}'


def load(answer: str, *sets: str) -> AnswerSpec | None:
    return sim.load(TOY, [CARD, NONE_AT_FIRST, SOME, *sets, f"appraisal.answer={answer}"]).appraisal.answer


def test_everything_has_a_default() -> None:
    assert load("{}") == AnswerSpec()
    given = load("{services: [keyworker], after: 3, entry: 6, follow_up: 36, looked_after: care_months, at: 12}")
    assert given == AnswerSpec(("keyworker",), 3.0, 6.0, 36.0, "care_months", 12.0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("{services: [keywroker]}", r"answer.services.0.*'keywroker' is no service.*keyworker"),
        ("{services: [need_service]}", r"answer.services.0.*'need_service' is no key worker.*'siloed'"),
        ("{follow_up: 6}", r"answer.follow_up.*must be 12 to 60 months"),
        ("{entry: 0}", r"answer.entry.*must be 1 to 200 steps"),
        ("{at: 61}", r"answer.at.*must be a month of the 60"),
        ("{looked_after: care}", r"answer.looked_after.*'care' is no number of the card.*care_months"),
        ("{after: -1}", r"answer.after.*at least 0"),
        ("{folow_up: 12}", r"folow_up"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(answer: str, message: str) -> None:
    with pytest.raises(ModelError, match=f"(?s){message}"):
        load(answer)


def test_key_workers_of_the_baseline_too_are_none() -> None:
    with pytest.raises(ModelError, match="none may be taken on in 'siloed'"):
        sim.load(TOY, [CARD, "appraisal.answer={services: [keyworker]}"])
